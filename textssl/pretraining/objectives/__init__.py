"""The training objectives of a language model, one per file, and their registry."""
