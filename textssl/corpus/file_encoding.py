"""Detection of the encoding of a text file."""

import codecs
from encodings.aliases import aliases
from typing import BinaryIO

from textssl.errors import DataError, UsageError, nearest

# UTF-32 first: its little-endian mark starts with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# The common encodings other than Unicode; with more candidates, a short text would fit several by chance.
_COMMON = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"]
_COMMON += ["cp932", "euc_jp", "gb18030", "big5", "cp949"]
_CHUNK = 1 << 20
_SAMPLE = 1 << 15
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))


def find_encoding(stream: BinaryIO, declared: str, name: str, notes: list[str]) -> str:
    """Return the encoding to open a file with.

    Args:
        stream: the file's bytes, at the start; read to the end if necessary.
        declared: the encoding the user gave, or ``"auto"``.
        name: name of the file in messages.
        notes: a sentence is added if the encoding is a guess.

    Raises:
        UsageError: if `declared` is not an encoding.
        DataError: if the file is binary, or its encoding cannot be detected.
    """
    if declared != "auto":
        return _known(declared)
    chunk = stream.read(_CHUNK)
    for mark, encoding in _MARKS.items():
        if chunk.startswith(mark):
            return encoding
    if chunk.count(0) > 0.3 * len(chunk):
        raise DataError(f"{name} is binary, expected text: {_remedy('utf-16-le')} if it is text")
    foreign = _not_utf8(stream, chunk)
    return "utf-8-sig" if foreign is None else _guess(foreign, name, notes)


def _known(declared: str) -> str:
    try:
        b"a".decode(declared)
    except UnicodeDecodeError:
        pass
    except (LookupError, ValueError):
        close = nearest(declared, sorted(set(aliases.values())))
        hint = close if "nearest" in close else ""
        raise UsageError(f"corpus.encoding: no text encoding is called {declared!r}{hint}") from None
    return "utf-8-sig" if codecs.lookup(declared).name == "utf-8" else declared


def _not_utf8(stream: BinaryIO, chunk: bytes) -> bytes | None:
    """Return the bytes around the first that are not UTF-8, or None if there are none."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while True:
        following = stream.read(_CHUNK)
        try:
            decoder.decode(chunk, final=not following)
        except UnicodeDecodeError as error:
            return chunk[max(0, error.start - _SAMPLE) : error.start + _SAMPLE]
        if not following:
            return None
        chunk = following


def _guess(sample: bytes, name: str, notes: list[str]) -> str:
    from charset_normalizer import from_bytes

    _refuse_damaged(sample, name)
    matches = from_bytes(sample, cp_isolation=_COMMON)
    best = matches.best()
    if best is None:
        raise DataError(f"cannot detect the encoding of {name}: {_remedy('cp1252')}")
    # Western European text fits cp1250 as well, which often ranks first; Eastern European text does not fit cp1252.
    western = any("cp1252" in match.could_be_from_charset for match in matches if match.chaos <= best.chaos)
    encoding = "cp1252" if western else best.encoding
    notes.append(f"{name} is not UTF-8, read as {encoding}: if wrong, {_remedy('NAME')}")
    return encoding


def _refuse_damaged(sample: bytes, name: str) -> None:
    if sum(sample.count(control) for control in _CONTROLS) > 0.02 * len(sample):
        raise DataError(f"{name} is binary, expected text: {_remedy('utf-16-le')} if it is text")
    text = sample.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = len(text) - len(text.encode("ascii", errors="ignore")) - wrong
    if right > wrong:
        raise DataError(f"{name} is UTF-8 with damaged bytes: repair it, or {_remedy('NAME')}")


def _remedy(example: str) -> str:
    return f"set its encoding with --set corpus.encoding={example}"
