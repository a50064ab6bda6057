"""The forms a sentence encoder can have; a new one is a file here and a line in `registry`."""
