"""Inference: from texts to vectors with a fitted encoder."""
