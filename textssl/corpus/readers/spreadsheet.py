"""Reader of Excel workbooks."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

from textssl.corpus.files import open_seekable
from textssl.corpus.readers.tables import read_table
from textssl.corpus.records import Rows
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError


def read_spreadsheet(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of the first sheet of an Excel workbook (.xlsx): cells as text, formulas as stored results."""
    import openpyxl

    with open_seekable(path) as stream:
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        except (BadZipFile, KeyError, ValueError, openpyxl.utils.exceptions.InvalidFileException) as error:
            raise DataError(f"{path} is not a complete Excel workbook (.xlsx): {error}") from None
        if len(book.worksheets) > 1:
            titles = ", ".join(sheet.title for sheet in book.worksheets)
            notes.append(f"{path}: reading sheet {book.worksheets[0].title!r} of {titles}")
        rows = _rows(book.worksheets[0].iter_rows(values_only=True), str(path))
        yield from read_table(rows, settings, str(path), notes)


def _rows(rows: Iterator[tuple[object, ...]], name: str) -> Iterator[list[str]]:
    """Yield the cells of each non-blank row as text, as many as in the first row."""
    width = 0
    for number, row in enumerate(rows, 1):
        cells = ["" if cell is None else str(cell) for cell in row]
        width = width or len(cells)
        if any(cells[width:]):
            raise DataError(
                f"row {number} of {name} has {len(cells)} cells, the first row has {width}: name all columns there"
            )
        if any(cells):
            yield cells[:width] + [""] * (width - len(cells))
