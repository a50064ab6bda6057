"""The objectives a sentence vector can learn by; a new one is a file here and a line in `registry`."""
