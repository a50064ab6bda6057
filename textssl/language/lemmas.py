"""Which tokens are inflections of one word, by the lookup tables of spaCy."""

import numpy as np
from scipy import sparse
from transformers import PreTrainedTokenizerFast

from textssl.language.codes import language_code
from textssl.language.word_pieces import word_pieces


def lemma_numbers(tokenizer: PreTrainedTokenizerFast, lang: str) -> np.ndarray:
    """Return the number of each token's lemma, int64 (vocabulary,); a token that no table knows is its own."""
    from spacy.lookups import load_lookups

    tables = load_lookups(language_code(lang), ["lemma_lookup"], strict=False)
    lemmas = tables.get_table("lemma_lookup", {})
    tokens = [str(token) for token in tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))]
    spelled, continues, *_ = word_pieces(tokenizer.backend_tokenizer)
    of_all = zip(tokens, spelled, continues, strict=True)
    tokens = [token if inner else word for token, word, inner in of_all]  # a piece of a word has no lemma
    # German tables hold nouns with their capital; a token of bytes must keep its case.
    known = [lemmas.get(token) or lemmas.get(token.capitalize()) for token in tokens]
    found = [lemma.lower() if lemma else token for lemma, token in zip(known, tokens, strict=True)]
    numbers = {lemma: number for number, lemma in enumerate(dict.fromkeys(found))}
    return np.array([numbers[lemma] for lemma in found])


def members(lemmas: np.ndarray) -> sparse.csr_array:
    """Return which token belongs to which lemma: 1 or 0, float32 (vocabulary, lemmas)."""
    return sparse.csr_array((np.ones(len(lemmas), np.float32), lemmas, np.arange(len(lemmas) + 1)))
