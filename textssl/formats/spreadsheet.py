"""CSV to be opened in a spreadsheet: with a byte order mark, and no text that would be taken for a formula."""

import codecs
from pathlib import Path

import pyarrow as pa
from pyarrow import compute

from textssl.formats.cells import flat
from textssl.formats.csv import write_table
from textssl.results import Results


def write_spreadsheet(data: Results, path: Path) -> None:
    """Write what `csv` writes; a text that begins with = + - @ (or with white space before it) gets a ' in front.

    Without the mark, Excel reads UTF-8 as the code page of the machine; without the sign, it runs what a text says
    (OWASP, "CSV injection").
    """
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8)
        write_table(data, file, _inert)


def _inert(column: pa.Array) -> pa.Array:
    cells = flat(column)
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        return cells
    return compute.replace_substring_regex(cells, r"^(\s*[=+\-@])", r"'\1")
