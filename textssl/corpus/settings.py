"""What can be set about reading a corpus."""

from dataclasses import dataclass
from typing import Literal

from textssl.config import Settings, setting
from textssl.errors import UsageError


@dataclass(frozen=True)
class CorpusSettings(Settings, path="corpus"):
    """How texts are found in a source."""

    text_column: str = setting("", "column that holds the texts; empty: 'text', or the only column of texts")
    label_column: str = setting("", "column of known classes, used for checking only; empty: none")
    unit: Literal["row", "paragraph", "sentence"] = setting(
        "row",
        "what one text is: a row (a line of .txt, a file of a folder), a paragraph (parted by blank lines), "
        "or a sentence of a paragraph",
    )
    encoding: str = setting("auto", "encoding of text files, such as 'utf-8' or 'cp1252'; 'auto' finds it out")
    strip_markup: bool = setting(
        True, "resolve HTML character references (&#39;) and take out HTML tags; text about tags, and code, stays"
    )
    separator: str = setting(
        "auto", "what parts the columns of a CSV file: one character or 'tab'; 'auto' finds it out"
    )
    quote: str = setting(
        "auto",
        "what encloses the fields of a CSV file: one character, or 'none' where quotes are part of the text; "
        "'auto' finds it out",
    )
    header: Literal["auto", "yes", "no"] = setting(
        "auto", "whether the first row of a CSV file names its columns; 'no' calls them column_1, column_2 and so on"
    )
    broken: Literal["refuse", "skip"] = setting(
        "refuse",
        "what to do with a broken line of a CSV or JSON file; 'skip' leaves it out and says how many there were",
    )

    def __post_init__(self) -> None:
        """Check the settings; a separator or quote is one character."""
        super().__post_init__()
        for key, name in (("separator", "tab"), ("quote", "none")):
            value = getattr(self, key)
            if value not in ("auto", name) and (len(value) != 1 or value in "\r\n"):
                raise UsageError(f"corpus.{key} expects one character, 'auto' or {name!r}, got {value!r}")
