import errno
import gzip
import io
import json
import os
import sys
from types import SimpleNamespace

import datasets
import numpy as np
import pandas as pd
import pytest

from textssl.corpus.reading import open_corpus, read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

LABELLED = CorpusSettings(label_column="label")
SIX = [
    "The quick brown fox jumps over the lazy",
    "A fast brown fox jumps over the lazy",
    "The quick brown dog runs under the active",
    "An energetic brown dog runs under the quick",
    "The quick brown fox jumps over the lazy",
    "A swift brown fox leaps over the lazy",
]


def write_as(path):
    """Write SIX in the format that the suffix of `path` names."""
    import pandas as pd

    frame = pd.DataFrame({"text": SIX})
    writers = {
        ".txt": lambda: path.write_text("\n".join(SIX) + "\n"),
        ".csv": lambda: frame.to_csv(path, index=False),
        ".tsv": lambda: frame.to_csv(path, index=False, sep="\t"),
        ".jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        ".json": lambda: path.write_text(json.dumps(SIX)),
        ".parquet": lambda: frame.to_parquet(path),
    }
    writers[path.suffix]()


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".tsv", ".jsonl", ".json", ".parquet"])
@pytest.mark.parametrize("compressed", [False, True])
def test_every_format_gives_the_same_corpus(tmp_path, suffix, compressed):
    path = tmp_path / f"six{suffix}"
    write_as(path)
    if compressed:
        path = path.with_name(f"{path.name}.gz")
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    corpus = read_corpus(str(path))
    assert corpus.texts() == SIX
    assert corpus.name == str(path)
    assert corpus.fingerprint == read_corpus(tuple(SIX)).fingerprint


def test_blank_rows_and_copies_are_kept_and_marked():
    corpus = read_corpus(["b", " ", "a", "b\n", "\ufeffa"])
    assert corpus.texts() == ["b", "", "a", "b", "a"]
    assert corpus.table["first"].to_pylist() == [0, -1, 2, 0, 2]
    assert corpus.unique_rows.tolist() == [0, 2]


def test_a_blank_line_is_a_row_but_the_final_line_end_is_none(tmp_path):
    (tmp_path / "a.txt").write_text("\none\n\ntwo\n\n")
    assert read_corpus(tmp_path / "a.txt").texts() == ["", "one", "", "two", ""]


def test_the_units_of_a_text_file(tmp_path):
    (tmp_path / "a.txt").write_text("Foxes\njump. Dogs run.\n\n\0\n\nAll sleep.\n")
    paragraphs = read_corpus(tmp_path / "a.txt", CorpusSettings(unit="paragraph"))
    assert paragraphs.texts() == ["Foxes jump. Dogs run.", "All sleep."]
    sentences = read_corpus(tmp_path / "a.txt", CorpusSettings(unit="sentence"))
    assert sentences.texts() == ["Foxes jump.", "Dogs run.", "All sleep."]


def test_the_units_of_rows_keep_their_labels(tmp_path):
    rows = [{"text": "Fox one.\n\nFox two. Fox three.", "label": "fox"}, {"text": "", "label": "none"}]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, [*rows, {"text": "Dog.", "label": 3}])))
    paragraphs = read_corpus(path, CorpusSettings(label_column="label", unit="paragraph"))
    assert paragraphs.texts() == ["Fox one.", "Fox two. Fox three.", "Dog."]
    assert paragraphs.labels == ["fox", "fox", "3"]
    sentences = read_corpus(path, CorpusSettings(label_column="label", unit="sentence"))
    assert sentences.texts() == ["Fox one.", "Fox two.", "Fox three.", "Dog."]
    assert sentences.labels == ["fox", "fox", "fox", "3"]
    with pytest.raises(UsageError, match="language 'zz'"):
        read_corpus(path, CorpusSettings(unit="sentence"), lang="zz")


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO("Fox\n\nété\n".encode("utf-16"))))
    corpus = read_corpus("-")
    assert corpus.texts() == ["Fox", "", "été"]
    assert corpus.name == "standard input"


def test_a_folder_of_documents(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo")
    (tmp_path / "b.txt").write_text("\n")
    assert read_corpus(tmp_path).texts() == ["one two", ""]


def test_several_files_are_read_one_after_another(tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,a late train\n2,cold coffee\n")
    (tmp_path / "b.jsonl").write_text('{"text": "warm bread", "id": 3, "stars": 4.5}\n')
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "d.txt").write_text("slow\nbus")
    paths = [tmp_path / name for name in ("a.csv", "b.jsonl", "c")]
    corpus = read_corpus(paths, cache=tmp_path / "corpus.arrow")
    assert corpus.texts() == ["a late train", "cold coffee", "warm bread", "slow bus"]
    assert corpus.name == f"{paths[0]} and 2 more"
    assert corpus.others.to_pydict() == {
        "source": [str(paths[0]), str(paths[0]), str(paths[1]), str(paths[2] / "d.txt")],
        "id": ["1", "2", "3", None],
        "stars": [None, None, 4.5, None],
    }
    assert corpus.fingerprint == read_corpus(tuple(paths)).fingerprint != read_corpus(paths[::-1]).fingerprint
    with pytest.raises(DataError, match=r"there is no file or folder '.*/none\.csv'"):
        read_corpus([*paths, tmp_path / "none.csv"])


def test_names_of_files_are_not_taken_for_texts(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("text\nx\n")
    names = [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]
    with pytest.raises(UsageError, match=r"a list of str means texts, but these are names of files: pass \[Path\("):
        read_corpus(names)
    assert read_corpus([*names, "no file"]).texts() == [*names, "no file"]


def test_texts_of_any_kind(tmp_path):
    texts = [None if text is None else text for text in (*SIX, None)]
    for source in (iter(texts), np.array(texts, dtype=object), pd.Series(texts).values, pd.Index(texts, dtype=object)):
        corpus = read_corpus(source, cache=tmp_path / "corpus.arrow")
        assert corpus.texts() == [*SIX, ""]
        assert corpus.fingerprint == read_corpus(texts).fingerprint


def test_a_changed_column_is_another_input(tmp_path):
    rows = [{"text": text, "id": index} for index, text in enumerate(SIX)]
    path = tmp_path / "six.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    before = read_corpus(path)
    assert read_corpus(path).fingerprint == before.fingerprint
    path.write_text("\n".join(map(json.dumps, [*rows[:-1], {"text": SIX[-1], "id": 99}])))
    assert read_corpus(path).fingerprint != before.fingerprint
    assert read_corpus(path).texts() == before.texts()


def test_a_saved_dataset(tmp_path):
    dataset = datasets.Dataset.from_dict({"text": SIX, "label": list("ffddff")})
    dataset.save_to_disk(tmp_path / "one")
    datasets.DatasetDict(train=dataset, test=dataset.select([2])).save_to_disk(tmp_path / "splits")
    assert read_corpus(tmp_path / "one", LABELLED).labels == list("ffddff")
    assert read_corpus(tmp_path / "splits").texts() == SIX
    assert read_corpus(tmp_path / "splits" / "test").texts() == [SIX[2]]
    for part in (tmp_path / "one").glob("*.arrow"):
        part.unlink()
    with pytest.raises(DataError, match="one is not a complete dataset folder"):
        read_corpus(tmp_path / "one")


def test_a_dataset_of_the_hub(monkeypatch):
    monkeypatch.setattr(datasets, "load_dataset", lambda name: datasets.Dataset.from_dict({"text": [name]}))
    assert read_corpus("somebody/something").texts() == ["somebody/something"]


def test_without_network_the_hub_is_one_clear_line(monkeypatch):
    def refuse(name):
        raise ConnectionError(f"Couldn't reach '{name}' on the Hub\nand more")

    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(DataError, match=r"^there is no file a/b, and no such dataset could be loaded: .*on the Hub$"):
        read_corpus("a/b")


@pytest.mark.parametrize("source", ["none.txt", "none", "a/none.txt", "a\0b", "Just a text. " * 500, "~/none/"])
def test_missing_sources_are_refused(source):
    with pytest.raises(DataError, match=r"there is no file or folder .*; pass texts as a list$"):
        read_corpus(source)


def test_a_missing_file_of_a_folder_that_exists_is_not_looked_for_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="there is no file or folder 'data/none'"):
        read_corpus("data/none")


def test_files_that_cannot_be_used(tmp_path):
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(DataError, match=r"unsupported file type '\.docx' of .*a\.docx; expected \.txt, .*\.csv, "):
        read_corpus(tmp_path / "a.docx")
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(DataError, match=r"a\.txt is empty"):
        read_corpus(tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text(" \n\n")
    with pytest.raises(DataError, match=r"b\.txt contains only blank rows \(2\)"):
        read_corpus(tmp_path / "b.txt")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.txt").chmod(0)
    with pytest.raises(DataError, match=r"cannot read .*Permission denied"):
        read_corpus(tmp_path / "a.txt")


@pytest.mark.parametrize(("name", "content"), [("a.csv", "text,label\n"), ("a.json", "[]"), ("a.jsonl", "\n\n")])
def test_files_without_rows_are_refused(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match="contains no texts: expected at least one row"):
        read_corpus(tmp_path / name)


def test_lists_that_cannot_be_used():
    with pytest.raises(DataError, match="item 1 of the list given is of type int, expected text: '5'"):
        read_corpus(["a", 5])
    with pytest.raises(DataError, match=r"the tuple given contains only blank rows \(1\)"):
        read_corpus((None,))
    with pytest.raises(UsageError, match="the bytes given: expected a list of str, got a single bytes"):
        read_corpus(b"a text")
    with pytest.raises(DataError, match="the list given contains no texts"):
        read_corpus([])
    with pytest.raises(UsageError, match="the list given has no columns"):
        read_corpus(["a"], LABELLED)
    with pytest.raises(DataError, match="the int given is not a source of texts: expected a path, a list of str"):
        read_corpus(5)


def test_a_line_of_fifty_megabytes(tmp_path):
    (tmp_path / "a.txt").write_text("word " * 10_000_000)
    assert read_corpus(tmp_path / "a.txt").statistics.characters == 49_999_999


def test_a_hundred_thousand_copies():
    statistics = read_corpus(["The same again"] * 100_000).statistics
    assert (statistics.unique, statistics.duplicates) == (1, 99_999)


def test_a_failed_read_leaves_the_cache_as_it_was(tmp_path):
    cache = tmp_path / "corpus.arrow"
    before = read_corpus(SIX, cache=cache)
    with pytest.raises(DataError, match="item 1"):
        read_corpus(["a", 5], cache=cache)
    assert open_corpus(cache).texts() == before.texts() == SIX


def test_what_is_wrong_with_the_source_is_not_laid_on_the_cache(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("x")

    def fail(path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("textssl.corpus.files._open_bytes", fail)
    with pytest.raises(DataError, match=r"cannot read .*a\.txt: Input/output error"):
        read_corpus(tmp_path / "a.txt", cache=tmp_path / "corpus.arrow")
