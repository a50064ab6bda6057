"""A tokenizer trained on the corpus itself, saved as a Hugging Face fast tokenizer.

Texts whose words are set apart by spaces get WordPiece (Schuster & Nakajima 2012); texts without spaces (Chinese,
Thai, Japanese ...) get byte-level BPE (Sennrich et al. 2016), whose pieces may span several characters of a run.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = {
    "unk_token": "[UNK]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}

# Scripts written without spaces: Thai to Myanmar, Khmer, kana, CJK ideographs.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
_SAMPLE = 200_000  # texts the statistics are taken from
_LEAST, _MOST = 1_000, 32_000


def train_tokenizer(
    texts: Sequence[str], vocabulary: int | str = "auto", lowercase: bool = True
) -> PreTrainedTokenizerFast:
    """Train a tokenizer on `texts`.

    Args:
        texts: the corpus; only iterated, so it may be larger than memory.
        vocabulary: tokens in all; "auto" makes room for every word seen twice, within 1,000 and 32,000.
        lowercase: fold case first.

    Returns:
        A tokenizer that puts ``[CLS]`` before and ``[SEP]`` after a text.
    """
    steps = [normalizers.NFC()] + ([normalizers.Lowercase()] if lowercase else [])
    normalizer = normalizers.Sequence(steps)
    spaced = has_spaces(islice(texts, 2_000))
    size = _vocabulary_size(texts, normalizer, spaced) if vocabulary == "auto" else int(vocabulary)
    tokenizer = _wordpiece(texts, normalizer, size) if spaced else _byte_level_bpe(texts, normalizer, size)
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", first), ("[SEP]", last)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="[CLS]", eos_token="[SEP]", **SPECIAL)


def has_spaces(texts: Iterable[str]) -> bool:
    """Tell whether the words of `texts` are set apart by spaces (most letters belong to such scripts)."""
    unspaced = letters = 0
    for text in texts:
        letters += sum(character.isalpha() for character in text)
        unspaced += len(_UNSPACED.findall(text))
    return unspaced <= 0.3 * letters


def _wordpiece(texts: Iterable[str], normalizer: normalizers.Normalizer, size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=list(SPECIAL.values()), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _byte_level_bpe(texts: Iterable[str], normalizer: normalizers.Normalizer, size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        max_token_length=4 * 3,  # four characters of three bytes: longer pieces are phrases, not words
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _vocabulary_size(texts: Iterable[str], normalizer: normalizers.Normalizer, spaced: bool) -> int:
    """Return room for each word (or, without spaces, pair of characters) seen twice, and for the pieces below words."""
    counts: Counter[str] = Counter()
    for text in islice(texts, _SAMPLE):
        plain = normalizer.normalize_str(text)
        counts.update(re.findall(r"\w+", plain) if spaced else map("".join, pairwise(plain)))
    repeated = sum(count > 1 for count in counts.values())
    return min(max(_LEAST, round(1.2 * repeated)), _MOST)
