"""Token vectors out of a dictionary: words are alike that define each other or that the same words define."""

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
_SECOND_STEP = 0.5  # of the weight of the word itself, and of what it is defined by


class Definition(NamedTuple):
    """One meaning: the words for it, and what it says of them."""

    words: list[str]
    text: str


def read_definitions(path: str | Path) -> list[Definition]:
    """Read a dictionary: a JSON object a line with ``words``, a list of texts, and ``text``; further keys are ignored.

    Raises:
        UsageError: there is no such file.
        DataError: a line is something else, or there is none.
    """
    if not Path(path).is_file():
        raise UsageError(f"embedding.dictionary: there is no file {path}")
    with Path(path).open(encoding="utf-8", errors="replace") as lines:
        found = [_definition(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise DataError(f"{path} is empty: a dictionary has a JSON object a line with words and text")
    return found


def definition_vectors(
    definitions: list[Definition],
    tokenizer: PreTrainedTokenizerFast,
    lemmas: np.ndarray,
    weights: np.ndarray,
    dimensions: int,
    seed: int,
) -> np.ndarray:
    """Walk two steps from each lemma in the graph of which lemma defines which, from random vectors.

    FastRP (Chen et al. 2019): the cosines are about those of the rows of the graph and its square.

    Args:
        definitions: words that are several tokens are not defined.
        tokenizer: its tokens get the vectors.
        lemmas: number of each token's lemma, (vocabulary,).
        weights: of the tokens, (vocabulary,), the same for all of one lemma.
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
    """Return how much one lemma defines the other, either way, float32 (lemmas, lemmas)."""
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
    """Return which token each definition is of: 1 or 0, float32 (vocabulary, definitions)."""
    words = tokenize(tokenizer, [word for definition in definitions for word in definition.words])
    entries = np.repeat(np.arange(len(definitions)), [len(definition.words) for definition in definitions])
    single = words.lengths == 1
    tokens, entries = words.ids[words.starts[:-1][single]], entries[single]
    ones = np.ones(len(tokens), np.float32)
    return sparse.csr_array((ones, (tokens, entries)), shape=(len(tokenizer), len(definitions)))
