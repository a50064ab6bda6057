"""Cleaning a text: invisible characters and HTML markup are removed, everything else is kept."""

import re
import unicodedata
from html import unescape
from html.entities import html5

# White space, control characters (category Cc) and unpaired surrogates.
_GAP = r"\s\x00-\x1f\x7f-\x9f\ud800-\udfff"
# Single spaces, the usual gap, are not matched, so that a clean text costs one scan and no copy.
_UNTIDY = re.compile(f" [{_GAP}]+|(?! )[{_GAP}]+")

# The second form occurs in texts in which every "&" was replaced with a space, as in AG News ("it #39;s").
_REFERENCE = re.compile(r"&(#\d+|#[xX][\da-fA-F]+|[a-zA-Z]\w*);|(?:^| )(#3[4689]|#14[5-8]|#15[01]|quot|amp|lt|gt);")
_MAX_ESCAPES = 3  # "&amp;lt;" was escaped twice

_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|"
    "tt|u|var|wbr"
)
_BLOCK = (
    "address|article|aside|blockquote|body|br|caption|center|dd|div|dl|dt|figcaption|figure|footer|form|h1|h2|h3|h4|"
    "h5|h6|head|header|hr|html|img|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|title|tr|ul"
)
_TAG = re.compile(rf"<(?P<closes>/?)(?P<name>(?P<inline>{_INLINE})|{_BLOCK})(?P<set>\s[^<>]*)?/?>", re.IGNORECASE)
_VOID = {"br", "hr", "img", "wbr"}


def clean(text: str) -> str:
    """Remove byte order marks, replace each run of white space and control characters with one space, apply NFC.

    Emoji, joiners, combining and right-to-left characters are kept. A blank text becomes ``""``.
    """
    tidy = _UNTIDY.sub(" ", text.replace("\ufeff", "")).strip()
    return unicodedata.normalize("NFC", tidy)


def strip_markup(text: str) -> str:
    """Resolve HTML character references and remove HTML tags.

    A tag is removed if its counterpart is in the text (``<b>`` and ``</b>``), if it has attributes, or if it is a void
    element (``<br>``). Text about tags ("a <div> in Drupal") and other code (``List<String>``) is kept.
    """
    if ";" in text:
        for _ in range(_MAX_ESCAPES):
            resolved = _REFERENCE.sub(_resolved, text)
            if resolved == text:
                break
            text = resolved
    return _without_tags(text) if "<" in text else text


def _resolved(reference: re.Match[str]) -> str:
    name = reference[1] or reference[2]
    return unescape(f"&{name};") if name.startswith("#") or f"{name};" in html5 else reference[0]


def _without_tags(text: str) -> str:
    found = {(tag["name"].lower(), bool(tag["closes"])) for tag in _TAG.finditer(text)}
    removed = _VOID | {name for name, closes in found if (name, not closes) in found}

    def replaced(tag: re.Match[str]) -> str:
        if tag["name"].lower() not in removed and "=" not in (tag["set"] or ""):
            return tag[0]
        return "" if tag["inline"] else "\n\n"

    return _TAG.sub(replaced, text) if found else text
