"""Scripts: those written without spaces between words, and letters that look the same in two of them."""

import re
from collections.abc import Iterable

# Ranges of characters, for use within [] of a regular expression.
HAN = "々㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff"
KATAKANA = "゠-ヿㇰ-ㇿ"
HIRAGANA = "぀-ゟ"
SOUTH_EAST_ASIAN = "฀-໿က-႟ក-៿"  # Thai, Lao, Burmese, Khmer
UNSPACED = HAN + KATAKANA + HIRAGANA + SOUTH_EAST_ASIAN

# Letters of the Latin and the Cyrillic alphabet that look the same (Unicode Technical Standard 39), both ways.
_LATIN, _CYRILLIC = "aceiopxysjhABCEHIKMOPTXY", "асеіорхуѕјһАВСЕНІКМОРТХУ"
LOOK_ALIKES = dict(zip(_LATIN + _CYRILLIC, _CYRILLIC + _LATIN, strict=True))

_UNSPACED = re.compile(f"[{UNSPACED}]")


def has_spaces(texts: Iterable[str]) -> bool:
    """Return whether at most 30% of the letters of `texts` belong to scripts written without spaces."""
    unspaced = letters = 0
    for text in texts:
        letters += sum(character.isalpha() for character in text)
        unspaced += len(_UNSPACED.findall(text))
    return unspaced <= 0.3 * letters
