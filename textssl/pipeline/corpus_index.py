"""From the rows of the input to the distinct texts, and back."""

from collections.abc import Mapping

import numpy as np

from textssl.clustering.base import Assignment
from textssl.corpus.corpus import Corpus, Texts
from textssl.results import Column, Results


def all_texts(corpus: Corpus) -> Texts:
    """Return the text of each row, blank ones too."""
    return Texts(corpus, np.arange(len(corpus)))


def distinct_texts(corpus: Corpus) -> Texts:
    """Return each distinct text once; none is blank."""
    return Texts(corpus, corpus.unique_rows)


def sample_numbers(count: int, most: int, seed: int) -> np.ndarray:
    """Return a random sample of `most` of the numbers below `count`, ascending; all of them if there are no more."""
    return np.arange(count) if count <= most else np.sort(np.random.default_rng(seed).permutation(count)[:most])


def places_of(corpus: Corpus, rows: slice = slice(None)) -> np.ndarray:
    """Return the index of each row's text among the distinct texts, -1 for a blank row."""
    first = corpus.table["first"].to_numpy()[rows]
    return np.where(first < 0, -1, np.searchsorted(corpus.unique_rows, first))


def to_rows(corpus: Corpus, values: np.ndarray, blank: float | str) -> np.ndarray:
    """Return one value per row from one value per distinct text; a blank row gets `blank`."""
    return _spread(places_of(corpus), values, blank)


def results_of(corpus: Corpus, columns: Mapping[str, Column]) -> Results:
    """Return a table of the corpus: its row numbers, `columns` with one entry per row, texts and other columns."""
    return Results({"row": np.arange(len(corpus)), **columns, "text": all_texts(corpus)}, corpus.others)


def assigned(corpus: Corpus, found: Assignment) -> Results:
    """Return the rows of the input with the clusters of the distinct texts; a blank row is noise."""
    places = places_of(corpus)
    blank = {"cluster": -1, "probability": 0, "second_cluster": -1, "second_probability": 0}
    columns = {name: _spread(places, values, blank[name]) for name, values in cluster_columns(found).items()}
    return results_of(corpus, columns)


def cluster_columns(found: Assignment) -> dict[str, np.ndarray]:
    """Return an assignment as the columns of a table."""
    return {
        "cluster": found.labels,
        "probability": found.probabilities,
        "second_cluster": found.seconds,
        "second_probability": found.second_probabilities,
    }


def _spread(places: np.ndarray, values: np.ndarray, blank: float | str) -> np.ndarray:
    spread = np.full(len(places), blank, dtype=values.dtype)
    spread[places >= 0] = values[places[places >= 0]]
    return spread
