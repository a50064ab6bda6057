"""Language codes: which language a code, a locale or a name stands for."""

import difflib
import re
import unicodedata
from functools import cache

from textssl.errors import UsageError

# CLDR names these too: a language invented for fiction, and the codes for none, several or an unknown one.
_NOT_SPOKEN = {"tlh", "zxx", "mul", "und"}
# spaCy's rules are looked up by these codes, where it uses another code than CLDR.
_SPACY = {"no": "nb", "fil": "tl", "ku": "kmr"}


@cache
def language_code(lang: str) -> str:
    """Return the code of a language: ISO 639-1, or 639-3 where it has none, as spaCy uses them.

    Args:
        lang: an ISO 639 code (``en``, ``deu``), a locale or language tag (``pt_BR``, ``zh-Hant``, ``de_DE.UTF-8``), or
            the name of a language in English or in itself (``German``, ``Deutsch``), in upper or lower case; ``xx``
            stands for no particular language.

    Raises:
        UsageError: if it is none of these; the message gives the nearest code or name.
    """
    name = _folded(re.split("[.@]", lang)[0])  # a locale may end with its charset and a modifier
    first, *subtags = re.split("[-_]", name)
    is_tag = all(re.fullmatch("[a-z0-9]{2,8}", subtag) for subtag in subtags)
    code = (_codes().get(first) if is_tag else None) or _english_names().get(name) or _own_names().get(name)
    if not code:
        close = difflib.get_close_matches(name, [*_codes(), *_english_names(), *_own_names()], n=1, cutoff=0.6)
        hint = f" (nearest: {close[0]!r})" if close else ""
        raise UsageError(
            f"unknown language {lang!r}{hint}: expected a code (en, deu), a locale (pt_BR, zh-Hant) or a name "
            "(German, deutsch); xx stands for no particular language"
        )
    return _SPACY.get(code, code)


@cache
def _codes() -> dict[str, str]:
    """Return the code of each ISO 639-1, -2 and -3 code: itself, or the shorter one that replaces it."""
    from babel.core import get_global

    replaced = {code: _language(tag) for code, tag in get_global("language_aliases").items()}
    current = {code: code for code in [*_english_names().values(), "kmr", "xx"]}  # CLDR counts kmr as ku
    return {code: tag for code, tag in (replaced | current).items() if tag not in _NOT_SPOKEN}


@cache
def _english_names() -> dict[str, str]:
    from babel import Locale

    named = {_folded(name): _language(tag) for tag, name in Locale("en").languages.items()}
    return {name: code for name, code in named.items() if code not in _NOT_SPOKEN}


@cache
def _own_names() -> dict[str, str]:
    """Return the code of each language by its name in the language itself; reads several hundred small files."""
    from babel import localedata

    codes = [code for code in localedata.locale_identifiers() if "_" not in code]
    names = {code: localedata.load(code).get("languages", {}).get(code) for code in codes}
    return {_folded(name): code for code, name in names.items() if name}


def _language(tag: str) -> str:
    """Return the language of a tag such as zh_Hant."""
    return tag.partition("_")[0]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()
