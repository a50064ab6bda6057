"""Token vectors from a dictionary: words are similar if one defines the other, or if the same words define both."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize
from transformers import PreTrainedTokenizerFast

from textssl.errors import DataError, UsageError
from textssl.language.bag_of_words import by_text, word_bags
from textssl.language.lemmas import members
from textssl.language.tokens import tokenize

_MAX_LENGTH = 256
_SECOND_STEP = 0.5  # weight of the second step; the word itself and the first step have weight 1


class Definition(NamedTuple):
    """One meaning.

    Attributes:
        words: the words with this meaning.
        text: their definition.
    """

    words: list[str]
    text: str


def read_definitions(path: str | Path) -> list[Definition]:
    """Read a dictionary: one JSON object per line with ``words``, a list of str, and ``text``; other keys are ignored.

    Args:
        path: the file.

    Raises:
        UsageError: if the file does not exist.
        DataError: if a line is not such an object, or all lines are blank.
    """
    if not Path(path).is_file():
        raise UsageError(f"embedding.dictionary: there is no file {path}")
    with Path(path).open(encoding="utf-8", errors="replace") as lines:
        found = [_definition(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise DataError(f"{path} is empty: expected one JSON object per line, with words and text")
    return found


def definition_vectors(
    definitions: list[Definition],
    tokenizer: PreTrainedTokenizerFast,
    lemmas: np.ndarray,
    weights: np.ndarray,
    dimensions: int,
    seed: int,
) -> np.ndarray:
    """Return token vectors by a two-step random walk on the graph of which lemma defines which.

    FastRP (Chen et al. 2019): the random vectors of lemmas are averaged over their neighbours, so that cosines are
    about those of the rows of the graph and its square.

    Args:
        definitions: the dictionary; words of several tokens are skipped.
        tokenizer: the tokenizer, one vector for each of its tokens.
        lemmas: (vocabulary,) the number of each token's lemma; see `lemma_numbers`.
        weights: (vocabulary,) the weights of the tokens, equal for the tokens of one lemma.
        dimensions: of the vectors.
        seed: of the random vectors.

    Returns:
        float32 (vocabulary, dimensions), of unit length.
    """
    graph = _graph(definitions, tokenizer, lemmas, weights)
    rng = np.random.default_rng([seed, 1])
    own = normalize(rng.standard_normal((graph.shape[0], dimensions), dtype=np.float32))
    near = normalize(graph @ own)
    far = normalize(graph @ near)
    return normalize(own + near + np.float32(_SECOND_STEP) * far)[lemmas]


def _definition(line: str, place: str) -> Definition:
    try:
        entry = json.loads(line)
        words, text = entry["words"], entry["text"]
    except (ValueError, KeyError, TypeError):
        words = text = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words) or not isinstance(text, str):
        raise DataError(f'{place}: expected {{"words": ["hound", "dog"], "text": "what they mean"}}, got {line[:40]!r}')
    return Definition(words, text)


def _graph(
    definitions: list[Definition], tokenizer: PreTrainedTokenizerFast, lemmas: np.ndarray, weights: np.ndarray
) -> sparse.csr_array:
    """Return how much one lemma defines another, in either direction, float32 (lemmas, lemmas)."""
    of_lemma = members(lemmas)
    rarity = np.zeros(of_lemma.shape[1], np.float32)
    rarity[lemmas] = weights
    texts = tokenize(tokenizer, [definition.text for definition in definitions]).sequences(_MAX_LENGTH)
    held = by_text(word_bags(texts, tokenizer), texts.owners) @ of_lemma
    defines = _headwords(definitions, tokenizer) @ held
    defines = of_lemma.T @ defines
    defines.data[:] = 1
    weighted = normalize(sparse.csr_array(defines) @ sparse.diags_array(rarity))
    return sparse.csr_array(normalize(weighted + weighted.T), dtype=np.float32)


def _headwords(definitions: list[Definition], tokenizer: PreTrainedTokenizerFast) -> sparse.csr_array:
    """Return which tokens each definition defines: 1 or 0, float32 (vocabulary, definitions)."""
    words = tokenize(tokenizer, [word for definition in definitions for word in definition.words])
    entries = np.repeat(np.arange(len(definitions)), [len(definition.words) for definition in definitions])
    single = words.lengths == 1
    tokens, entries = words.ids[words.starts[:-1][single]], entries[single]
    ones = np.ones(len(tokens), np.float32)
    return sparse.csr_array((ones, (tokens, entries)), shape=(len(tokenizer), len(definitions)))
