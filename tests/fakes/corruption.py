"""Texts written from right to left."""


def reverse_words(text, rate, random):
    return text[::-1] if random.random() < rate else text
