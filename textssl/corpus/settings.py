"""Settings for reading a corpus."""

from dataclasses import dataclass
from typing import Literal

from textssl.config import Settings, setting
from textssl.errors import UsageError


@dataclass(frozen=True)
class CorpusSettings(Settings, path="corpus"):
    """How to read texts from a source."""

    text_column: str = setting("", "column of texts; empty: 'text', or the only column of texts")
    label_column: str = setting("", "column of known classes, used only for evaluation; empty: none")
    unit: Literal["row", "paragraph", "sentence"] = setting(
        "row",
        "what counts as one text: a row (a line of .txt, a file of a folder), a paragraph (separated by blank lines) "
        "or a sentence",
    )
    encoding: str = setting("auto", "encoding of text files, such as 'utf-8' or 'cp1252'; 'auto' detects it")
    strip_markup: bool = setting(
        True, "resolve HTML character references (&#39;) and remove HTML tags, but not text about tags or code"
    )
    separator: str = setting(
        "auto", "separator of the columns of a CSV file: one character or 'tab'; 'auto' detects it"
    )
    quote: str = setting(
        "auto",
        "quote around the fields of a CSV file: one character, or 'none' if quotes are part of the text; "
        "'auto' detects it",
    )
    header: Literal["auto", "yes", "no"] = setting(
        "auto", "whether the first row of a CSV file is a header; 'no' names the columns column_1, column_2, …"
    )
    broken: Literal["refuse", "skip"] = setting(
        "refuse",
        "what to do with broken lines of a CSV or JSON file; 'skip' leaves them out and reports their number",
    )

    def __post_init__(self) -> None:
        """Check the settings; a separator or quote must be one character."""
        super().__post_init__()
        for key, name in (("separator", "tab"), ("quote", "none")):
            value = getattr(self, key)
            if value not in ("auto", name) and (len(value) != 1 or value in "\r\n"):
                raise UsageError(f"corpus.{key} expects one character, 'auto' or {name!r}, got {value!r}")
