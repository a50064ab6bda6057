"""Corruptions that leave words as they are, but drop or move them."""

from random import Random

from textssl.evaluation.corruptions.splitting import change_words, split_parts


def drop_words(text: str, rate: float, random: Random) -> str:
    """Drop words; at least one remains."""
    dropped = change_words(text, rate, random, lambda word, _: "")
    return dropped if dropped.strip() else text


def shuffle_words(text: str, rate: float, random: Random) -> str:
    """Let words change places with a word anywhere in the text."""
    parts = split_parts(text)
    words = [place for place, part in enumerate(parts) if not part.isspace()]
    for place in words:
        if random.random() < rate:
            other = random.choice(words)
            parts[place], parts[other] = parts[other], parts[place]
    return "".join(parts)


def truncate(text: str, rate: float, random: Random) -> str:
    """Cut off the last words, a share of `rate` of them on average; at least one remains."""
    parts = split_parts(text)
    words = [place for place, part in enumerate(parts) if not part.isspace()]
    cut = min(int(rate * len(words) + random.random()), len(words) - 1)
    return "".join(parts[: words[-cut]]).rstrip() if cut > 0 else text
