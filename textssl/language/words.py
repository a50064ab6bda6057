"""Words that name a topic: lower-cased, without stop words, inflections joined, in any script."""

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from textssl.language.codes import language_code
from textssl.language.lemmas import lemma_of, lemma_table
from textssl.language.scripts import HAN, HIRAGANA, KATAKANA, SOUTH_EAST_ASIAN
from textssl.language.stop_words import stop_words
from textssl.language.unspaced import cut_words, discover_words
from textssl.run_folder import write_whole

if TYPE_CHECKING:
    from spacy.tokens import Doc

Keep: TypeAlias = Literal["topics", "words", "all"]

# The topic of a text shows long before its end; a book on one line must not take minutes.
_CHARACTERS = 100_000
_TOKEN_CHARACTERS = 40  # kept of a token that is shown as it is written

_RUNS = re.compile(f"([{HAN}]+|[{KATAKANA}]+|[{HIRAGANA}]+|[{SOUTH_EAST_ASIAN}]+)")
_TO_CUT = re.compile(f"[{HAN}{SOUTH_EAST_ASIAN}]+")
_HIRAGANA, _KATAKANA = re.compile(f"[{HIRAGANA}]+"), re.compile(f"[{KATAKANA}]+")


def split_words(texts: Iterable[str], lang: str = "en", keep: Keep = "topics") -> list[list[str]]:
    """Return the words of each text, lower-cased.

    Texts are split by spaCy's rules for `lang`, or its multi-language rules where it has none. Inflections of one
    lemma (spacy-lookups-data) are replaced by the one used most in `texts`. Scripts written without spaces are cut
    into the words that `texts` repeat, whatever `lang` is.

    Args:
        texts: the texts; only the first 100,000 characters of each are read.
        lang: language of the texts; see `language_code`. Default "en".
        keep: "topics" drops stop words and punctuation, "words" drops punctuation, "all" returns the tokens as they
            are written, each cut after 40 characters. Default "topics".

    Raises:
        UsageError: if the language is unknown.
    """
    return words_of(spacy_tokens(texts, lang), keep, stop_words(lang), lemma_table(lang))


def spacy_tokens(texts: Iterable[str], lang: str = "en") -> list[list[str]]:
    """Return the tokens of each text by spaCy's rules, without white space.

    Args:
        texts: the texts; only the first 100,000 characters of each are read.
        lang: language of the texts; see `language_code`. Default "en".
    """
    split = _splitter(language_code(lang))
    # Interned: a word that occurs a million times is stored once.
    return [[sys.intern(token.text) for token in split(_readable(text)) if not token.is_space] for text in texts]


def words_of(tokens: list[list[str]], keep: Keep, stops: Set[str], lemmas: Mapping[str, str]) -> list[list[str]]:
    """Return the words of each text as `split_words` does.

    Args:
        tokens: of each text; see `spacy_tokens`.
        keep: see `split_words`.
        stops: the stop words.
        lemmas: the lemma of each word that has one.
    """
    if keep == "all":
        return [[token[:_TOKEN_CHARACTERS] for token in some] for some in tokens]
    words = _words_of(Counter(token for some in tokens for token in some))
    if keep == "topics":
        words = {
            token: [] if token.lower() in stops else [word for word in parts if word not in stops]
            for token, parts in words.items()
        }
    found = [[word for token in some for word in words[token]] for some in tokens]
    common = _most_common_forms(found, lemmas)
    return [[common[word] for word in some] for some in found]


@dataclass(frozen=True)
class TokenizedTexts:
    """Texts split into tokens once, with what the language says of them: their words need no spaCy any more.

    Attributes:
        tokens: of each text; an Arrow array of lists.
        stops: the stop words of the language.
        lemmas: the lemma of each word of the texts that has one.
    """

    tokens: pa.ChunkedArray
    stops: Set[str]
    lemmas: Mapping[str, str]

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.tokens)

    def words(self, texts: np.ndarray, keep: Keep = "topics") -> list[list[str]]:
        """Return the words of texts as `split_words` does.

        Args:
            texts: the numbers of the texts.
            keep: see `split_words`. Default "topics".
        """
        return words_of(self.tokens.take(texts).to_pylist(), keep, self.stops, self.lemmas)

    @classmethod
    def of(cls, texts: Iterable[str], lang: str = "en") -> Self:
        """Split texts; see `spacy_tokens`.

        Args:
            texts: the texts.
            lang: their language; see `language_code`. Default "en".
        """
        tokens, stops, table = spacy_tokens(texts, lang), stop_words(lang), lemma_table(lang)
        words = {word for some in words_of(tokens, "words", stops, {}) for word in some}
        lemmas = {word: lemma for word in sorted(words) if (lemma := lemma_of(word, table))}
        return cls(pa.chunked_array([pa.array(tokens, pa.list_(pa.string()))]), stops, lemmas)

    def save(self, path: Path) -> None:
        """Write a Parquet file."""
        described = json.dumps({"stops": sorted(self.stops), "lemmas": self.lemmas})
        table = pa.table({"tokens": self.tokens}).replace_schema_metadata({"language": described})
        write_whole(path, lambda part: parquet.write_table(table, part))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        table = parquet.read_table(path)
        described = json.loads(table.schema.metadata[b"language"])
        return cls(table["tokens"], frozenset(described["stops"]), described["lemmas"])


def _readable(text: str) -> str:
    """Return the part of `text` that is read; a lone surrogate, which spaCy rejects, becomes a question mark."""
    return text[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _splitter(lang: str) -> "Callable[[str], Doc]":
    """Return spaCy's tokenizer; the multi-language one for languages that it lacks or needs another package for."""
    import spacy

    if lang == "zh":  # its rules split into single characters, which cannot be joined to words again
        lang = "xx"
    try:
        return spacy.blank(lang).tokenizer
    except ImportError:
        return spacy.blank("xx").tokenizer


def _words_of(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """Return the words in each token: none, one, or several where its script has no spaces; `counts` of each token."""
    runs = {token: _RUNS.split(unicodedata.normalize("NFC", token.lower())) for token in counts}
    unspaced: Counter[str] = Counter()
    for token, parts in runs.items():
        unspaced.update({run: counts[token] for run in parts if _TO_CUT.fullmatch(run)})
    discovered = discover_words(unspaced)
    return {token: [word for run in parts for word in _words(run, discovered)] for token, parts in runs.items()}


def _words(run: str, discovered: Mapping[str, float]) -> list[str]:
    """Return the words of a run of one script; if the script has spaces, the run is a word."""
    if _TO_CUT.fullmatch(run):
        return cut_words(run, discovered)
    if _HIRAGANA.fullmatch(run):  # Japanese grammar, not topics
        return []
    if _KATAKANA.fullmatch(run):  # a whole loan word
        return [run] if len(run) > 1 else []
    word = _bare(run)
    return [word] if any(map(str.isalnum, word)) else []


def _bare(word: str) -> str:
    """Return `word` without surrounding punctuation and symbols, except those of a name: c++, c#."""
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] in "PSZC":
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] in "PSZC" and word[end - 1] not in "+#":
        end -= 1
    return word[start:end]


def _most_common_forms(found: list[list[str]], lemmas: Mapping[str, str]) -> dict[str, str]:
    """Map every word to the most frequent word of its lemma: "data" stays "data", though its lemma is "datum"."""
    counts = Counter(word for words in found for word in words)
    best: dict[str, str] = {}
    lemma = {word: lemma_of(word, lemmas) or word.lower() for word in counts}
    for word in sorted(counts, key=lambda word: (-counts[word], word)):
        best.setdefault(lemma[word], word)
    return {word: best[lemma[word]] for word in counts}
