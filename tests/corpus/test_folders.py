import gzip

import pandas as pd
import pytest

from textssl.corpus.reading import read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError


@pytest.fixture
def mixed(tmp_path):
    """A folder as people have them."""
    (tmp_path / "sub").mkdir()
    (tmp_path / ".cache").mkdir()
    (tmp_path / "a.txt").write_text("a late\ntrain")
    (tmp_path / "b.MD").write_text("cold coffee\n\nwarm tea")
    (tmp_path / "c.csv").write_text("id,text\n1,warm bread\n2,old ferry\n")
    (tmp_path / "sub" / "d.TXT.gz").write_bytes(gzip.compress(b"slow bus"))
    for name in ("._a.txt", ".DS_Store", ".cache/e.txt"):
        (tmp_path / name).write_bytes(b"\0\0hidden")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF")
    (tmp_path / "letter.docx").write_bytes(b"PK")
    return tmp_path


def test_every_readable_file_is_read_and_the_others_are_counted(mixed):
    corpus = read_corpus(mixed)
    assert corpus.texts() == ["a late train", "cold coffee warm tea", "warm bread", "old ferry", "slow bus"]
    assert corpus.others["source"].to_pylist() == ["a.txt", "b.MD", "c.csv", "c.csv", "sub/d.TXT.gz"]
    assert corpus.others["id"].to_pylist() == [None, None, "1", "2", None]
    left_out = "left out: 3 hidden, 1 empty, 2 of unsupported types (.docx, .pdf)"
    assert f"{mixed}: 4 files read; {left_out}" in corpus.notes


def test_a_document_is_cut_into_smaller_units(mixed):
    corpus = read_corpus(mixed, CorpusSettings(unit="paragraph"))
    assert corpus.texts()[:3] == ["a late train", "cold coffee", "warm tea"]
    assert corpus.others["source"].to_pylist()[:3] == ["a.txt", "b.MD", "b.MD"]


def test_where_a_column_is_named_only_tables_are_read(mixed):
    corpus = read_corpus(mixed, CorpusSettings(text_column="text"))
    assert corpus.texts() == ["warm bread", "old ferry"]
    assert corpus.others.column_names == ["id"]
    assert "3 without columns" in corpus.notes[-1]


def test_a_folder_of_shards_is_one_table(tmp_path):
    for part in range(3):
        frame = pd.DataFrame({"text": [f"train {part}", f"tea {part}"], "n": [part, None], "source": ["web", "tv"]})
        frame.to_parquet(tmp_path / f"part-{part}.parquet")
    corpus = read_corpus(tmp_path, CorpusSettings(label_column="source"))
    assert corpus.texts() == ["train 0", "tea 0", "train 1", "tea 1", "train 2", "tea 2"]
    assert corpus.labels == ["web", "tv"] * 3
    assert corpus.others.column_names == ["source", "n", "input_source"]
    assert corpus.others["source"].to_pylist()[::2] == ["part-0.parquet", "part-1.parquet", "part-2.parquet"]
    assert corpus.others["input_source"].to_pylist() == ["web", "tv"] * 3
    assert corpus.notes == (f"{tmp_path}: 3 files read",)


def test_a_file_alone_needs_no_column_for_its_name(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo")
    corpus = read_corpus(tmp_path)
    assert (corpus.texts(), corpus.others) == (["one two"], None)
    assert corpus.notes == (f"{tmp_path}: 1 file read",)


def test_a_folder_without_readable_files_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"0 files read: expected text files or tables$"):
        read_corpus(tmp_path)
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "b.txt").write_text("")
    with pytest.raises(DataError, match=r"0 files read; left out: 1 empty, 1 of unsupported types \(\.pdf\): expected"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("key", ["text_column", "label_column"])
def test_columns_of_a_folder_of_documents_are_refused(tmp_path, key):
    (tmp_path / "a.txt").write_text("one")
    with pytest.raises(UsageError, match=rf"corpus\.{key} is 'x', but .* has no columns"):
        read_corpus(tmp_path, CorpusSettings(**{key: "x"}))


def test_no_column_of_the_input_is_lost_to_the_one_that_is_added(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("text,source,input_source\nx,web,press\n")
    assert read_corpus(tmp_path).others.to_pydict() == {
        "source": ["a.csv", "b.csv"],
        "input_source": ["web", "web"],
        "input_input_source": ["press", "press"],
    }
