"""The embedding stage: from a language model and its corpus to sentence vectors."""
