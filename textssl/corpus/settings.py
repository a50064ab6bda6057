"""What can be set about reading a corpus."""

from dataclasses import dataclass
from typing import Literal

from textssl.config import Settings, setting


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
