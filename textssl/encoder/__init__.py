"""The embedding stage: sentence vectors from a language model and its corpus."""
