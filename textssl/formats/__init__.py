"""Vectors and groups in the formats other tools read."""
