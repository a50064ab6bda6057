"""From texts to vectors with a finished encoder: batches, long texts, unknown words, 8-bit integers."""
