"""A tokenizer trained on the corpus itself, saved as a Hugging Face fast tokenizer.

Texts with spaces between words get WordPiece (Schuster & Nakajima 2012) with a token for every repeated word; texts
without spaces (Chinese, Thai, Japanese ...) get byte-level BPE (Sennrich et al. 2016), whose tokens may span several
characters.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from textssl.language.scripts import has_spaces
from textssl.language.tokens import split_stretches

SPECIAL = {
    "unk_token": "[UNK]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}

_SAMPLE = 200_000  # texts from which words and characters are counted
_STRETCHES_AT_ONCE = 200
_LEAST, _MOST = 1_000, 32_000  # tokens of a vocabulary of size "auto"
_FEW_WORDS = 1_000  # a corpus of at most so many distinct words keeps all of them, even those that occur once
_LONGEST_PIECE = 8  # characters
_ALPHABET = 2_000  # most frequent characters


def train_tokenizer(
    texts: Sequence[str], vocabulary: int | str = "auto", lowercase: bool = True, kind: str = "auto"
) -> PreTrainedTokenizerFast:
    """Train a tokenizer on `texts`.

    Args:
        texts: the corpus; it is only iterated over, so it may be larger than memory.
        vocabulary: number of tokens; "auto" makes room for every repeated word, between 1,000 and 32,000 tokens.
            Default "auto".
        lowercase: convert texts to lower case first. Default True.
        kind: "words" (WordPiece), "bytes" (byte-level BPE) or "auto", which depends on whether the texts have spaces.
            Default "auto".

    Returns:
        A tokenizer that adds ``[CLS]`` before and ``[SEP]`` after a text.
    """
    steps = [normalizers.NFC()] + ([normalizers.Lowercase()] if lowercase else [])
    normalizer = normalizers.Sequence(steps)
    if kind == "auto":
        kind = "words" if has_spaces(islice(texts, 2_000)) else "bytes"
    train = _wordpiece if kind == "words" else _byte_level_bpe
    tokenizer = train(texts, normalizer, None if vocabulary == "auto" else int(vocabulary))
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", first), ("[SEP]", last)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="[CLS]", eos_token="[SEP]", **SPECIAL)


def _wordpiece(texts: Iterable[str], normalizer: normalizers.Normalizer, size: int | None) -> Tokenizer:
    """Return WordPiece whose vocabulary is counted, not merged: characters, words, then beginnings and ends of words.

    The trainers of `tokenizers` break ties by the order of a hash map, so that two runs differ. They also prefer
    pieces to whole words, although sentence vectors cannot use a word that is split into pieces.
    """
    splitter = pre_tokenizers.BertPreTokenizer()
    words: Counter[str] = Counter()
    sample = (stretch for text in islice(texts, _SAMPLE) for stretch in split_stretches(text))
    while block := list(islice(sample, _STRETCHES_AT_ONCE)):
        joined = normalizer.normalize_str("\n".join(block))
        words.update(word for word, _ in splitter.pre_tokenize_str(joined))
    tokenizer = Tokenizer(models.WordPiece(_vocabulary(words, size), unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    tokenizer.add_special_tokens(list(SPECIAL.values()))
    return tokenizer


def _vocabulary(words: Counter[str], size: int | None) -> dict[str, int]:
    characters: Counter[str] = Counter()
    pieces: Counter[str] = Counter()
    for word, count in words.items():
        characters.update(dict.fromkeys(word, count))
        for length in range(2, min(len(word), _LONGEST_PIECE + 1)):
            pieces[word[:length]] += count
            pieces[f"##{word[-length:]}"] += count
    alphabet = _most_frequent(characters, min(_ALPHABET, ((size or _MOST) - len(SPECIAL)) // 2))
    least = 1 if len(words) <= _FEW_WORDS else 2
    whole = _most_frequent(Counter({word: count for word, count in words.items() if count >= least}), _MOST)
    size = size or min(max(_LEAST, round(1.2 * len(whole)) + 2 * len(alphabet)), _MOST)
    room = size - len(SPECIAL) - 2 * len(alphabet)
    tokens = [*SPECIAL.values(), *alphabet, *(f"##{character}" for character in alphabet)]
    tokens += whole[: max(0, round(room / 1.2))]
    tokens += _most_frequent(pieces, max(0, size - len(tokens)))
    return {token: number for number, token in enumerate(dict.fromkeys(tokens))}


def _most_frequent(counts: Counter[str], most: int) -> list[str]:
    """Return the most frequent keys, ties in alphabetical order."""
    return [key for key, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]]


def _byte_level_bpe(texts: Iterable[str], normalizer: normalizers.Normalizer, size: int | None) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size or _room_for_pairs(texts, normalizer),
        special_tokens=list(SPECIAL.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        max_token_length=4 * 3,  # four characters of three bytes: longer tokens are phrases, not words
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _room_for_pairs(texts: Iterable[str], normalizer: normalizers.Normalizer) -> int:
    """Return a vocabulary size with room for every repeated pair of characters."""
    pairs: Counter[str] = Counter()
    for text in islice(texts, _SAMPLE):
        pairs.update(map("".join, pairwise(normalizer.normalize_str(text))))
    return min(max(_LEAST, sum(count > 1 for count in pairs.values())), _MOST)
