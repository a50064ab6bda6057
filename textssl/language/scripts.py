"""Scripts that are written without spaces between words."""

import re
from collections.abc import Iterable

# Ranges of characters, for use within [] of a regular expression.
HAN = "々㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff"
KATAKANA = "゠-ヿㇰ-ㇿ"
HIRAGANA = "぀-ゟ"
SOUTH_EAST_ASIAN = "฀-໿က-႟ក-៿"  # Thai, Lao, Burmese, Khmer

_UNSPACED = re.compile(f"[{HAN}{KATAKANA}{HIRAGANA}{SOUTH_EAST_ASIAN}]")


def has_spaces(texts: Iterable[str]) -> bool:
    """Return whether at most 30% of the letters of `texts` belong to scripts written without spaces."""
    unspaced = letters = 0
    for text in texts:
        letters += sum(character.isalpha() for character in text)
        unspaced += len(_UNSPACED.findall(text))
    return unspaced <= 0.3 * letters
