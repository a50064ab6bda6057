"""Vectors in, groups out: clusterers, how many clusters, and assigning new vectors."""
