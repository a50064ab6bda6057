"""One reader per kind of file, and the registry that finds the reader of a file."""
