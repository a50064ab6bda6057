"""Clusters and encoder refined together, without labels."""
