import bz2
import gzip
import io
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textssl.corpus.files import open_text
from textssl.corpus.readers.registry import READERS, Reader, read_file, reader_of_name
from textssl.corpus.reading import read_corpus
from textssl.corpus.records import Rows
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

TWO = ["a late train", "cold coffee"]
CSV = b"id,text\n1,a late train\n2,cold coffee\n"
LINES = b'{"text":"a late train"}\n{"text":"cold coffee"}\n'


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def zipped(**files):
    """Return a .zip archive of files, given by name with __ for a dot."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def parquet(table):
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def workbook(*sheets):
    """Return an Excel workbook of sheets, each a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(path, settings=CorpusSettings(), notes=None):  # noqa: B008  frozen
    """Return the texts of a file, and its other columns."""
    blocks = list(read_file(path, settings, [] if notes is None else notes))
    others = [row for block in blocks if block.others is not None for row in block.others.to_pylist()]
    return [text for block in blocks for text in block.texts], others


def zstd(content):
    return pa.compress(content, "zstd", asbytes=True)


PARQUET = parquet(pa.table({"text": TWO}))
BOOK = workbook([["id", "text"], [1, "a late train"], [2, "cold coffee"]])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lines.ndjson", LINES),
        ("lines.jsonl.zst", zstd(LINES)),
        ("lines.jsonl.zst", zstd(LINES[:24]) + zstd(LINES[24:])),
        ("lines.jsonl.bz2", bz2.compress(LINES)),
        ("lines.jsonl.gz", gzip.compress(LINES[:24]) + gzip.compress(LINES[24:])),
        ("LINES.JSONL.GZ", gzip.compress(LINES)),
        ("z.csv.zip", zipped(a__csv=CSV)),
        ("z.zip", zipped(a__csv=CSV)),
        ("z.zip", zipped(a__csv__gz=gzip.compress(CSV))),
        ("z.zip", zipped(a__parquet=PARQUET)),
        ("z.zip", zipped(a__xlsx=BOOK)),
        ("misnamed_gz.csv", gzip.compress(CSV)),
        ("misnamed_plain.csv.gz", CSV),
        ("misnamed.csv", b"\xef\xbb\xbf" + LINES),
        ("misnamed.csv", PARQUET),
        ("misnamed.csv", BOOK),
        ("misnamed.xlsx", zipped(a__csv=CSV)),
        ("misnamed.json", LINES),
        ("a.parquet", PARQUET),
        ("a.parquet.gz", gzip.compress(PARQUET)),
        ("book.xlsx", BOOK),
        ("a.tab", CSV.replace(b",", b"\t")),
    ],
)
def test_content_decides_then_the_name(tmp_path, name, content):
    assert read(write(tmp_path, name, content))[0] == TWO


@pytest.mark.parametrize("name", ["text.TXT", "a.text", "notes.md"])
def test_lines_of_text(tmp_path, name):
    assert read(write(tmp_path, name, b"a late train\ncold coffee\n")) == (["a late train\n", "cold coffee\n"], [])


def test_the_files_of_an_archive_are_read_one_after_another(tmp_path):
    members = {
        "b__csv": b"text\na late train\n",
        "__MACOSX/.__b__csv": b"x",
        "x__png": b"y",
        "sub/a__jsonl": LINES[24:],
    }
    path = write(tmp_path, "z.zip", zipped(**members))
    notes = []
    assert read(path, notes=notes)[0] == TWO
    assert notes == [f"{path}: 2 of 4 files left out (hidden or of unsupported types)"]


def test_errors_name_the_file_within_an_archive(tmp_path):
    path = write(tmp_path, "z.zip", zipped(a__jsonl=LINES, b__jsonl=b'{"text": 1'))
    with pytest.raises(DataError, match=r"^.*z\.zip/b\.jsonl is not JSON"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", r"a\.csv is empty: expected texts$"),
        ("a.csv.gz", gzip.compress(b""), r"a\.csv\.gz is empty"),
        (
            "a.dat",
            b"x",
            r"^unsupported file type '\.dat' of .*a\.dat; expected \.txt, .*\.xlsx \(each also \.gz, .*\): ",
        ),
        (
            "a.docx",
            zipped(**{"word/document__xml": b"<w/>"}),
            r"^unsupported file type '\.docx' of .*; expected \.txt, ",
        ),
        ("a.zip", zipped(**{"a__png": b"x"}), r"a\.zip contains no file of a supported type: expected \.txt, "),
        ("a.zip", zipped(), r"^unsupported file type '\.zip' of .*a\.zip; expected"),
        ("a.zip", zipped(b__csv__zip=zipped(a__csv=CSV)), r"^cannot unpack .*a\.zip/b\.csv\.zip/a\.csv: "),
        ("a.zip", zipped(a__csv=CSV)[:-20], r"a\.zip is damaged or incomplete \(File is not a zip file\): download"),
        ("a.jsonl.zst", zstd(LINES * 100)[:-8], r"a\.jsonl\.zst is damaged or incomplete \(.*\): download"),
        ("a.jsonl.bz2", bz2.compress(LINES)[:-9], r"a\.jsonl\.bz2 is damaged or incomplete"),
        ("a.xlsx", CSV, r"a\.xlsx is not a complete Excel workbook"),
        ("a.xlsx", BOOK[:-30], r"a\.xlsx is damaged or incomplete"),
        ("a.parquet", PARQUET[:-6], r"a\.parquet is not a complete Parquet file"),
        ("a.parquet", PARQUET[:40], r"a\.parquet is not a complete Parquet file"),
        ("a.parquet", PARQUET[10:], r"a\.parquet is not a complete Parquet file"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, name, content, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, name, content))


def test_an_archive_that_needs_a_password_is_refused(tmp_path):
    content = bytearray(zipped(a__csv=CSV))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1  # the flag for encrypted
    with pytest.raises(DataError, match=r"^cannot unpack .*a\.csv: .*password required"):
        read(write(tmp_path, "z.zip", bytes(content)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *[("a.txt", "text"), ("a.TXT.gz", "text"), ("a.md", "text"), ("a.txt.zip", "text"), ("a.csv", "delimited")],
        *[("a.json.bz2", "json"), ("a.parquet", "parquet"), ("a.XLSX", "spreadsheet")],
        *[("a.zip", None), ("a.docx", None), ("a", None), ("a.gz", None), (".txt", None)],
    ],
)
def test_the_reader_of_a_name(tmp_path, name, kind):
    assert reader_of_name(tmp_path / name) is (READERS[kind] if kind else None)


def read_subtitles(path, settings, notes):
    """Yield every third line of a file: the reader that a test adds."""
    with open_text(path, settings.encoding, notes) as stream:
        texts = stream.read().splitlines()[2::4]
    yield Rows(texts, [None] * len(texts))


SUBTITLES = b"1\n00:01 --> 00:02\na late train\n\n2\n00:03 --> 00:04\ncold coffee\n"


@pytest.fixture
def subtitles(monkeypatch):
    """A reader added by one entry."""
    entry = Reader(read_subtitles, (".srt", ".sub"), starts=(b"1\n00:",), member="subtitles.xml", has_columns=False)
    monkeypatch.setitem(READERS, "subtitles", entry)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("film.srt", SUBTITLES),
        ("film.SUB.gz", gzip.compress(SUBTITLES)),
        ("misnamed.csv", b"\xef\xbb\xbf" + SUBTITLES),
        ("no_suffix", SUBTITLES),
        ("z.zip", zipped(film__srt=SUBTITLES)),
    ],
)
def test_a_reader_is_added_by_one_entry(name, content, subtitles, tmp_path):
    assert read_corpus(write(tmp_path, name, content)).texts() == TWO


def test_the_attributes_of_an_added_reader_count(subtitles, tmp_path):
    write(tmp_path, "film.srt", SUBTITLES)
    write(tmp_path, "rows.csv", CSV)
    assert read_corpus(tmp_path).texts() == TWO * 2  # it has no `read_document`, so the file is not one text
    corpus = read_corpus(tmp_path, CorpusSettings(text_column="text"))
    assert corpus.texts() == TWO
    assert "1 without columns" in corpus.notes[-1]
    with pytest.raises(DataError, match=r"expected \.txt, .*\.xlsx, \.srt, \.sub \(each also"):
        read_corpus(write(tmp_path, "a.pdf", b"%PDF"))


def test_a_member_tells_the_reader_of_an_archive(monkeypatch, tmp_path):
    def read_members(path, settings, notes):
        yield Rows([path.name], [None])

    monkeypatch.setitem(READERS, "slides", Reader(read_members, (".odp",), member="slides.xml"))
    path = write(tmp_path, "talk.dat", zipped(slides__xml=b"<x/>", notes__txt=b"y"))
    assert read_corpus(path).texts() == ["talk.dat"]


def test_a_workbook(tmp_path):
    rows = [
        ["nr", "Text", "wann", None],
        [7, "Zug", None, None],
        [None] * 4,
        [8.5, "=1+1", True, None],
        [9, 3, "x", None],
    ]
    path = write(tmp_path, "book.xlsx", workbook(rows, [["other"]]))
    notes = []
    texts, others = read(path, notes=notes)
    assert texts == ["Zug", "", "3"]  # the result of a formula is kept by Excel, and only by it
    assert others == [{"nr": "7", "wann": ""}, {"nr": "8.5", "wann": "True"}, {"nr": "9", "wann": "x"}]
    assert notes == [f"{path}: reading sheet 'Sheet' of Sheet, Sheet1"]


def test_no_cell_of_a_workbook_is_lost(tmp_path):
    rows = [["text"], ["Zug"], ["Bus", "x"]]
    path = write(tmp_path, "book.xlsx", workbook(rows))
    assert read(path) == (["Zug", "Bus"], [{"column_2": ""}, {"column_2": "x"}])
    book = openpyxl.Workbook(write_only=True)  # it does not say how many columns there are
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(path)
    with pytest.raises(
        DataError, match=r"^row 3 of .*book\.xlsx has 2 cells, the first row has 1: name all columns there"
    ):
        read(path)


def test_parquet_keeps_the_types_of_the_other_columns(tmp_path):
    table = pa.table({"n": [1, 2, 3], "text": ["Fox", None, "Dog"], "label": [7, None, 8]})
    path = write(tmp_path, "a.parquet", parquet(table))
    (block,) = read_file(path, CorpusSettings(label_column="label"), [])
    assert (block.texts, block.labels) == (["Fox", None, "Dog"], [7, None, 8])
    assert block.others.schema == pa.schema([("n", pa.int64()), ("label", pa.int64())])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["a late", "train"], ["cold", "coffee"]]),
        pa.array([b"a late train", b"cold coffee"]),
        pa.array(TWO).dictionary_encode(),
        pa.array(TWO, pa.large_string()),
    ],
    ids=lambda column: str(column.type),
)
def test_types_that_hold_texts_in_parquet(tmp_path, column):
    path = write(tmp_path, "a.parquet", parquet(pa.table({"text": column})))
    assert read_corpus(path).texts() == TWO


def test_a_field_of_a_struct_in_parquet(tmp_path):
    table = pa.table({"n": [1, 2], "meta": [{"text": text, "by": "x"} for text in TWO]})
    path = write(tmp_path, "a.parquet", parquet(table))
    corpus = read_corpus(path, CorpusSettings(text_column="meta.text", label_column="meta.by"))
    assert (corpus.texts(), corpus.labels) == (TWO, ["x", "x"])
    with pytest.raises(UsageError, match=r"several columns of texts \(meta\.text, meta\.by\)"):
        read_corpus(path)


def test_what_is_no_text_in_parquet_is_refused(tmp_path):
    path = write(tmp_path, "a.parquet", parquet(pa.table({"text": pa.nulls(2)})))
    with pytest.raises(DataError, match=r"column 'text' of .* contains no texts"):
        read(path)
    path = write(tmp_path, "b.parquet", parquet(pa.table({"text": [b"fine", b"\xff"]})))
    with pytest.raises(DataError, match=r"^row 1 of .*b\.parquet has bytes that are not UTF-8, expected text"):
        read_corpus(path)
