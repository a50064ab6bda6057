"""Rows of the input and the distinct texts among them."""

import numpy as np

from textssl.clustering.base import Assignment
from textssl.corpus.corpus import Corpus, Texts
from textssl.results import Results


def all_texts(corpus: Corpus) -> Texts:
    """Return the text of each row, blank ones too."""
    return Texts(corpus, np.arange(len(corpus)))


def distinct_texts(corpus: Corpus) -> Texts:
    """Return each distinct text once; none is blank."""
    return Texts(corpus, corpus.unique_rows)


def sample_numbers(count: int, most: int, seed: int) -> np.ndarray:
    """Return `most` of the numbers below `count`, drawn with the seed, ascending; all, if they are no more."""
    return np.arange(count) if count <= most else np.sort(np.random.default_rng(seed).permutation(count)[:most])


def places_of(corpus: Corpus, rows: slice = slice(None)) -> np.ndarray:
    """Return the place of each row's text among the distinct texts, -1 for a blank row."""
    first = corpus.table["first"].to_numpy()[rows]
    return np.where(first < 0, -1, np.searchsorted(corpus.unique_rows, first))


def to_rows(corpus: Corpus, values: np.ndarray, blank: float) -> np.ndarray:
    """Spread one value a distinct text over the rows."""
    return _spread(places_of(corpus), values, blank)


def assigned(corpus: Corpus, found: Assignment) -> Results:
    """Return the rows of the input with the groups found for the distinct texts; a blank row is in none."""
    places = places_of(corpus)
    return Results(
        embeddings=None,
        rows=np.arange(len(corpus)),
        clusters=_spread(places, found.labels, -1),
        probabilities=_spread(places, found.probabilities, 0),
        second_clusters=_spread(places, found.seconds, -1),
        second_probabilities=_spread(places, found.second_probabilities, 0),
        texts=all_texts(corpus),
        others=corpus.others,
    )


def _spread(places: np.ndarray, values: np.ndarray, blank: float) -> np.ndarray:
    spread = np.full(len(places), blank, dtype=values.dtype)
    spread[places >= 0] = values[places[places >= 0]]
    return spread
