"""Output formats: one file per format, and the registry with `export`."""
