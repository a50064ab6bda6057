"""Corruptions of texts: what keyboards, scanners and careless writers do to words, one function each."""
