"""The forms of a sentence encoder; a new one is a file here and an entry in `registry`."""
