"""Lemmas: which words are inflections of one word, by the lookup tables of spaCy (spacy-lookups-data)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from textssl.language.codes import language_code
from textssl.language.word_pieces import word_pieces

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


@lru_cache(maxsize=1)  # a run has one language, and the table of some takes much memory
def lemma_table(lang: str) -> Mapping[str, str]:
    """Return the lemma of each word form that spaCy's table of a language lists; empty if there is no table.

    Args:
        lang: a code, locale or name; see `language_code`.
    """
    from spacy.lookups import load_lookups

    tables = load_lookups(language_code(lang), ["lemma_lookup"], strict=False)
    return tables.get_table("lemma_lookup", {})


def lemma_of(word: str, table: Mapping[str, str]) -> str | None:
    """Return the lemma of a lower-case word, in lower case; None if the table does not list the word.

    Args:
        word: the word.
        table: see `lemma_table`.
    """
    lemma = table.get(word) or table.get(word.capitalize())  # German tables list nouns with their capital
    return lemma.lower() if lemma else None


def lemma_numbers(tokenizer: "PreTrainedTokenizerFast", lang: str) -> np.ndarray:
    """Return the number of each token's lemma, int64 (vocabulary,); a token that the table does not list is its own.

    Args:
        tokenizer: the tokenizer whose tokens are looked up.
        lang: the language of the tokens; see `language_code`.
    """
    table = lemma_table(lang)
    tokens = [str(token) for token in tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))]
    spelled, continues, *_ = word_pieces(tokenizer.backend_tokenizer)
    # A piece of a word has no lemma; it keeps its marks, so that it differs from a whole word.
    words = [token if inner else word for token, word, inner in zip(tokens, spelled, continues, strict=True)]
    lemmas = [lemma_of(word, table) or word for word in words]
    numbers = {lemma: number for number, lemma in enumerate(dict.fromkeys(lemmas))}
    return np.array([numbers[lemma] for lemma in lemmas])


def members(lemmas: np.ndarray) -> sparse.csr_array:
    """Return which token belongs to which lemma: 1 or 0, float32 (vocabulary, lemmas).

    Args:
        lemmas: (vocabulary,) the number of each token's lemma; see `lemma_numbers`.
    """
    return sparse.csr_array((np.ones(len(lemmas), np.float32), lemmas, np.arange(len(lemmas) + 1)))
