"""The whole way, and the only place where stages meet: text in, groups a person can read out."""
