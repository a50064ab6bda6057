"""Subjects, and the words of each, that tests make texts of."""

WORDS = {
    "soup": ["carrot", "onion", "salt", "spoon", "pot", "broth", "simmer", "taste", "pepper", "ladle"],
    "train": ["rail", "station", "ticket", "platform", "guard", "whistle", "carriage", "delay", "track", "tunnel"],
    "garden": ["rose", "hedge", "spade", "seed", "lawn", "bloom", "weed", "soil", "bee", "fence"],
    "piano": ["key", "chord", "pedal", "tune", "concert", "waltz", "finger", "score", "tempo", "stool"],
    "storm": ["wind", "thunder", "cloud", "rain", "hail", "flood", "gale", "roof", "lightning", "sky"],
}
