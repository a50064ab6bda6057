import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textssl.corpus import table_readers
from textssl.corpus.reading import read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

LABELLED = CorpusSettings(label_column="label")


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(read, path, settings=CorpusSettings()):  # noqa: B008  frozen
    return [tuple(record) for record in read(path, settings)]


def test_csv_with_quotes_line_ends_and_unicode(tmp_path):
    path = write(tmp_path, "a.csv", '\ufefftext,label\r\n"a ""b"",\r\nc",1\r\n\r\nété 🦊,\r\n,x\r\n')
    assert rows(table_readers.read_csv, path, LABELLED) == [('a "b",\r\nc', "1"), ("été 🦊", ""), ("", "x")]


def test_csv_takes_the_only_column_that_is_no_number(tmp_path):
    path = write(tmp_path, "a.csv", "id,title,price\n1,Fox,2.5\n2,7,\n")
    assert rows(table_readers.read_csv, path) == [("Fox", None), ("7", None)]


def test_csv_column_of_numbers_is_refused(tmp_path):
    path = write(tmp_path, "a.csv", "text,price\nFox,2.5\nDog,3\n")
    with pytest.raises(DataError, match=r"column 'price' of .* holds no texts"):
        rows(table_readers.read_csv, path, CorpusSettings(text_column="price"))


def test_tsv(tmp_path):
    path = write(tmp_path, "a.tsv", "text\tlabel\na, b\tx\n")
    assert rows(table_readers.read_tsv, path, LABELLED) == [("a, b", "x")]


def test_csv_field_of_many_megabytes(tmp_path):
    path = write(tmp_path, "a.csv", "text\n" + "word " * 400_000 + "\n")
    ((text, _),) = rows(table_readers.read_csv, path)
    assert len(text) == 2_000_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\na,b\nc\n", "line 3 of .* has 1 fields, the header has 2"),
        ("text,label\na,b,c\n", "line 2 of .* has 3 fields, the header has 2"),
        ('text,label\n"a"b,c\n', "line 2 of .* is malformed"),
        ('text,label\n"never closed,c\nd,e\n', "is malformed"),
        ("text,text\na,b\n", "names a column twice"),
    ],
)
def test_malformed_csv_is_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        rows(table_readers.read_csv, write(tmp_path, "a.csv", content))


def test_json_lines_of_objects(tmp_path):
    lines = [{"text": "Fox 🦊", "label": 1}, {"text": None, "label": None}, {"text": "Dog"}]
    path = write(tmp_path, "a.jsonl", "\n\n".join(map(json.dumps, lines)))
    assert rows(table_readers.read_json_lines, path, LABELLED) == [("Fox 🦊", 1), (None, None), ("Dog", None)]


def test_json_lines_of_strings(tmp_path):
    path = write(tmp_path, "a.jsonl", '"Fox"\n""\n"Dog\\nruns"\n')
    assert rows(table_readers.read_json_lines, path) == [("Fox", None), ("", None), ("Dog\nruns", None)]
    with pytest.raises(UsageError, match="has no columns"):
        rows(table_readers.read_json_lines, path, LABELLED)


def test_json_arrays(tmp_path):
    assert rows(table_readers.read_json, write(tmp_path, "a.json", '["Fox", "Dog"]')) == [("Fox", None), ("Dog", None)]
    path = write(tmp_path, "b.json", '[{"title": "Fox", "n": 1, "label": "x"}]')
    assert rows(table_readers.read_json, path, LABELLED) == [("Fox", "x")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a"}\n\n{"text": \n', "line 3 is not JSON"),
        ('{"text": "a"}\n"b"\n', "line 2 is of type str, expected an object as before it"),
        ('"a"\n{"text": "b"}\n', "line 2 is of type dict, expected text|line 1 is of type str"),
        ('{"text": "a"}\n{"label": "b"}\n', "line 2 has no 'text': write null"),
        ('"a"\n[1]\n', "line 2 is of type list, expected text"),
        ("[" * 200_000, "line 1 is not JSON"),
        ("1" * 5000, "line 1 is not JSON that can be read"),
        ('{"n": 1}\n', r"no column of texts \(columns: n\)"),
    ],
)
def test_malformed_json_lines_are_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        rows(table_readers.read_json_lines, write(tmp_path, "a.jsonl", content))


def test_malformed_json_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"a\.json is not JSON"):
        rows(table_readers.read_json, write(tmp_path, "a.json", '["a", '))
    with pytest.raises(DataError, match="holds a JSON dict, expected an array"):
        rows(table_readers.read_json, write(tmp_path, "b.json", '{"data": ["a"]}'))


def test_a_text_that_turns_out_a_number_is_refused(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"text": "a"}\n{"text": 5}\n')
    with pytest.raises(DataError, match=r"row 1 of .* is of type int, expected text: '5'"):
        read_corpus(path)


def test_parquet_and_gzipped_parquet(tmp_path):
    table = pa.table({"n": [1, 2, 3], "text": ["Fox", None, "Dog"], "label": [7, None, 8]})
    pq.write_table(table, tmp_path / "a.parquet")
    write(tmp_path, "a.parquet.gz", gzip.compress((tmp_path / "a.parquet").read_bytes()))
    for name in ("a.parquet", "a.parquet.gz"):
        found = rows(table_readers.read_parquet, tmp_path / name, LABELLED)
        assert found == [("Fox", 7), (None, None), ("Dog", 8)]


@pytest.mark.parametrize("cut", [slice(0, -6), slice(0, 40), slice(10, None)])
def test_corrupt_parquet_is_refused(tmp_path, cut):
    pq.write_table(pa.table({"text": ["Fox"] * 100}), tmp_path / "whole.parquet")
    path = write(tmp_path, "a.parquet", (tmp_path / "whole.parquet").read_bytes()[cut])
    with pytest.raises(DataError, match=r"a\.parquet is not a whole Parquet file"):
        rows(table_readers.read_parquet, path)
