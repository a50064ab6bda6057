"""Cleaning of one text: what cannot be seen goes, what was written stays."""

import re
import unicodedata

# White space, control characters (category Cc) and surrogates without their other half.
_GAP = r"\s\x00-\x1f\x7f-\x9f\ud800-\udfff"
# Single spaces, most gaps of most texts, are not matched: a clean text costs one scan and no copy.
_UNTIDY = re.compile(f" [{_GAP}]+|(?! )[{_GAP}]+")


def clean(text: str) -> str:
    """Return `text` without byte order marks, in NFC, with every run of white space or control characters one space.

    Emoji, joiners, combining and right-to-left characters are kept. A blank text becomes ``""``.
    """
    tidy = _UNTIDY.sub(" ", text.replace("\ufeff", "")).strip()
    return unicodedata.normalize("NFC", tidy)
