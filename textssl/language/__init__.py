"""What a token, a word and a language are, for every stage."""
