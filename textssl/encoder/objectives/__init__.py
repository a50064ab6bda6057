"""Sentence objectives: what sentence vectors are trained for; a new one is a file here and an entry in `registry`."""
