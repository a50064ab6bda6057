"""CSV for spreadsheets: with a byte order mark, and with no text that a spreadsheet would run as a formula."""

import codecs
from pathlib import Path

import pyarrow as pa
from pyarrow import compute

from textssl.formats.cells import flat
from textssl.formats.csv import write_table
from textssl.results import Results


def write_spreadsheet(results: Results, path: Path) -> None:
    """Write what `csv` writes, with a ' before each text that begins with = + - @, perhaps after white space.

    Without the mark, Excel reads UTF-8 in the machine's code page; without the ', it runs such a text as a formula
    (OWASP, "CSV injection").
    """
    with path.open("wb") as file:
        file.write(codecs.BOM_UTF8)
        write_table(results, file, _inert)


def _inert(column: pa.Array) -> pa.Array:
    cells = flat(column)
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        return cells
    return compute.replace_substring_regex(cells, r"^(\s*[=+\-@])", r"'\1")
