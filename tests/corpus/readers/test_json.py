import json
import math

import pytest

from textssl.corpus.readers.json import read_json
from textssl.corpus.reading import read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

LABELLED = CorpusSettings(label_column="label")
TWO = ["a late train", "cold coffee"]


def write(tmp_path, content, name="a.jsonl"):
    path = tmp_path / name
    path.write_bytes(content.encode())
    return path


def read(path, settings=CorpusSettings(), notes=None):  # noqa: B008  frozen
    """Return pairs of text and label."""
    blocks = read_json(path, settings, [] if notes is None else notes)
    return [pair for block in blocks for pair in zip(block.texts, block.labels, strict=True)]


def texts(path, settings=CorpusSettings(), notes=None):  # noqa: B008  frozen
    return [text for text, _ in read(path, settings, notes)]


def test_lines_of_objects(tmp_path):
    lines = [{"text": "Fox 🦊", "label": 1}, {"text": None, "label": None}, {"text": "Dog"}]
    path = write(tmp_path, "\n\n".join(map(json.dumps, lines)))
    assert read(path, LABELLED) == [("Fox 🦊", 1), (None, None), ("Dog", None)]


def test_lines_of_strings(tmp_path):
    path = write(tmp_path, '"Fox"\n""\n"Dog\\nruns"\n')
    assert read(path) == [("Fox", None), ("", None), ("Dog\nruns", None)]
    with pytest.raises(UsageError, match="has no columns"):
        read(path, LABELLED)


def test_the_other_columns_keep_their_types(tmp_path):
    lines = [
        {"id": 1823034723867713301, "text": "Fox", "score": 1.5, "tags": ["a"], "mixed": 1, "at": {"x": 1}},
        {"id": 7, "text": "Dog", "score": math.nan, "mixed": "x"},
    ]
    (block,) = read_json(write(tmp_path, "\n".join(map(json.dumps, lines))), CorpusSettings(), [])
    assert block.others.to_pylist() == [
        {"id": 1823034723867713301, "score": 1.5, "tags": ["a"], "mixed": "1", "at": {"x": 1}},
        {"id": 7, "score": None, "tags": None, "mixed": "x", "at": None},
    ]


@pytest.mark.parametrize(
    "content",
    [
        '{"text": "a late train"}\n{"text": "cold coffee"}\n',
        '[{"text": "a late train"}, {"text": "cold coffee"}]',
        '[\n {\n  "text": "a late train"\n },\n {\n  "text": "cold coffee"\n }\n]',
        '[{"text": "a late train"},\n{"text": "cold coffee"}]',
        '{\n "text": "a late train"\n}\n{\n "text": "cold coffee"\n}\n',
        '{"text":\n"a late train"}\n{"text": "cold coffee"}\n',
        '["a late train", "cold coffee"]',
        '{"text": {"0": "a late train", "1": "cold coffee"}, "label": {"0": "x", "1": "y"}}',
        '{"0": {"text": "a late train", "label": "x"}, "1": {"text": "cold coffee", "label": "y"}}',
        '{"body": {"0": "a late train", "1": "cold coffee"}}',
        '{"0": {"body": "a late train"}, "1": {"body": "cold coffee"}}',
        '{"columns": ["text"], "index": [0, 1], "data": [["a late train"], ["cold coffee"]]}',
        '{"text": ["a late train", "cold coffee"], "label": ["x", "y"]}',
        '{"schema": {"fields": []}, "data": [{"text": "a late train"}, {"text": "cold coffee"}]}',
        '{"version": "1", "data": [{"text": "a late train"}, {"text": "cold coffee"}]}',
        '{"version": 1, "texts": ["a late train", "cold coffee"]}',
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_every_shape_of_a_file_gives_the_same_texts(tmp_path, content, name):
    assert texts(write(tmp_path, content, name)) == TWO


def test_the_key_that_the_rows_were_under_is_said(tmp_path):
    path = write(tmp_path, '{"version": "1", "data": [{"text": "a late train", "label": 1}], "tags": ["x"]}', "a.json")
    notes = []
    assert read(path, LABELLED, notes) == [("a late train", 1)]
    assert notes == [f"{path}: reading the rows under 'data'"]


def test_a_line_alone_is_a_row(tmp_path):
    assert texts(write(tmp_path, '{"text": "a late train", "tags": ["x", "y"]}\n')) == ["a late train"]
    assert texts(write(tmp_path, '{"body": "a late train", "tags": ["x", "y"]}\n')) == ["a late train"]
    assert texts(write(tmp_path, '"a late train"\n')) == ["a late train"]
    path = write(tmp_path, '{"doc": {"text": "a late train"}}\n')
    assert texts(path, CorpusSettings(text_column="doc.text")) == ["a late train"]


def test_fields_within_objects_are_named_by_their_path(tmp_path):
    lines = [{"id": 0, "doc": {"title": "t", "text": TWO[0]}}, {"id": 1, "doc": {"title": "u", "text": TWO[1]}}]
    path = write(tmp_path, "\n".join(map(json.dumps, [*lines, {"id": 2, "doc": None}])))
    settings = CorpusSettings(text_column="doc.text", label_column="doc.title")
    assert read(path, settings) == [(TWO[0], "t"), (TWO[1], "u"), (None, None)]
    (block,) = read_json(path, settings, [])
    assert block.others.column_names == ["id", "doc", "doc.title"]
    with pytest.raises(UsageError, match=r"several columns of texts \(doc\.title, doc\.text\)"):
        read(path)
    with pytest.raises(UsageError, match=r"no column 'doc\.txt' for texts \(nearest: 'doc\.text'\)"):
        read(path, CorpusSettings(text_column="doc.txt"))
    path = write(tmp_path, "\n".join(map(json.dumps, [*lines, {"id": 2, "doc": {}}])))
    with pytest.raises(DataError, match=r"^line 3 of .* has no 'doc\.text': write null"):
        read(path, settings)


def test_a_key_with_a_dot_is_a_key(tmp_path):
    assert texts(write(tmp_path, '{"doc.text": "Fox"}\n{"doc.text": "Dog"}\n')) == ["Fox", "Dog"]


def test_a_text_in_parts_is_put_together(tmp_path):
    path = write(tmp_path, '{"text": ["a late", "train"]}\n{"text": []}\n{"text": null}\n{"text": "cold coffee"}\n')
    assert read_corpus(path).texts() == ["a late train", "", "", "cold coffee"]
    path = write(tmp_path, '{"body": "Fox", "tags": ["x"]}\n{"body": "Dog", "tags": ["y"]}\n')
    assert read_corpus(path).texts() == ["Fox", "Dog"]


def test_what_is_no_line_end_in_json_is_none(tmp_path):
    path = write(tmp_path, '{"text":"a late\u2028train"}\n{"text":"cold\u0085coffee"}\n{"text":"x\x0by"}\n')
    assert texts(path) == ["a late\u2028train", "cold\u0085coffee", "x\x0by"]


def test_half_a_character_is_left_out(tmp_path):
    content = '{"id": "\\ud83d", "text": "smile \\ud83d only half"}\n{"id": "b", "text": "whole \\ud83d\\ude00"}\n'
    corpus = read_corpus(write(tmp_path, content))
    assert corpus.texts() == ["smile only half", "whole 😀"]
    assert corpus.others["id"].to_pylist() == ["?", "b"]


def test_nan_is_a_missing_text(tmp_path):
    path = write(tmp_path, '{"text":"a late train","score":NaN}\n{"text":NaN}\n{"text":null}\n{"text":"third"}\n')
    assert read_corpus(path).texts() == ["a late train", "", "", "third"]


BROKEN = [
    ('{"text": "a"}\n\n{"text": \n', r"^line 3 of .*a\.jsonl is not JSON \(Expecting value, character \d+\); to skip"),
    ('{"text": "a"}\n{"text": "b",}\n', r"^line 2 of .* is not JSON \(.*\); to skip .*corpus\.broken=skip$"),
    ('{"text": "a"}\n{"text": "thi', "^line 2 of .* is not JSON"),
    ('{"text": "a"}\n"b"\n', "^line 2 of .* is of type str, expected an object as before; to skip"),
    ('{"text": "a"}\n{"label": "b"}\n', "^line 2 of .* has no 'text': write null for a missing text; to skip"),
    ('"a"\n[1]\n', r"^line 2 of .* is of type list, expected text: '\[1\]'; to skip"),
    ('"a"\n' + "[" * 200_000, "^line 2 of .* cannot be parsed as JSON"),
    ('"a"\n' + "1" * 5000, "^line 2 of .* cannot be parsed as JSON"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN)
def test_broken_lines_are_refused_or_skipped(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(DataError, match=message):
        read(path)
    notes = []
    assert texts(path, CorpusSettings(broken="skip"), notes) == ["a"]
    assert notes == [f"{path}: 1 broken line skipped"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"n": 1}\n{"n": 2}\n', r"no column of texts \(columns: n\)"),
        ('"a"\n{"text": "b"}\n', "line 1 of .* is of type str, expected an object"),
        ('["a", ', r"^.*a\.jsonl is not JSON: Expecting value"),
        ('{"a": 1, "b": ["x", 2]}', r"is one object \(a, b\), expected an array, one object per line"),
        ("\n \n", "contains no texts"),
        ('{"x": {"a": "Fox"}, "y": {"a": "Dog"}}', "cannot tell rows from columns in .*: name the text column"),
        ('{"text": ["a", "b"], "n": [1]}', "has rows or columns of different lengths"),
        ('{"columns": ["text", "n"], "data": [["a", 1], ["b"]]}', "has rows or columns of different lengths"),
        ("[]", "contains no texts"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_corpus(write(tmp_path, content))


def test_a_text_that_turns_out_a_number_is_refused(tmp_path):
    path = write(tmp_path, '{"text": "a"}\n{"text": 5}\n')
    with pytest.raises(DataError, match=r"row 1 of .* is of type int, expected text: '5'"):
        read_corpus(path)
