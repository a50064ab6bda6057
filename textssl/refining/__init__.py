"""Vectors trained, without labels, until the views of a text agree on its clusters."""
