"""The sections of a report, one file each, and the registry that orders them."""
