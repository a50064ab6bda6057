import pytest

from textssl.corpus import collecting
from textssl.corpus.collecting import collect, load, write
from textssl.corpus.records import Record
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

RECORDS = [Record("one", 1), Record(None), Record("two\ud800", "\ud800x"), Record("one", None), Record("three", "x")]


@pytest.fixture(params=[10_000, 2])
def corpora(request, tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "_BATCH_ROWS", request.param)
    write(RECORDS, CorpusSettings(), "en", "five", tmp_path / "corpus.arrow")
    return collect(RECORDS, CorpusSettings(), "en", "five"), load(tmp_path / "corpus.arrow")


def test_the_file_is_the_corpus_in_memory(corpora):
    in_memory, mapped = corpora
    assert mapped.table.equals(in_memory.table)
    assert (mapped.name, mapped.fingerprint) == (in_memory.name, in_memory.fingerprint) == ("five", mapped.fingerprint)


def test_every_row_is_there(corpora):
    for corpus in corpora:
        assert corpus.texts() == ["one", "", "two", "one", "three"]
        assert corpus.labels == ["1", None, "x", None, "x"]
        assert corpus.table["first"].to_pylist() == [0, -1, 2, 0, 4]


def test_long_texts_end_a_batch(monkeypatch):
    monkeypatch.setattr(collecting, "_BATCH_CHARACTERS", 5)
    assert collect(RECORDS, CorpusSettings(), "en", "five").table["text"].num_chunks == 2


def test_the_fingerprint_knows_texts_labels_and_order():
    variants = [["a", "b"], ["b", "a"], ["ab", ""], ["a", "b", ""], ["a"]]
    records = [[Record(text) for text in texts] for texts in variants]
    records += [
        [Record("a", "b")],
        [Record("a", "c")],
        [Record("a"), Record("b", "x")],
        [Record("a", "x"), Record("b")],
    ]
    assert len({collect(some, CorpusSettings(), "en", "x").fingerprint for some in records}) == len(records)


def test_nothing_is_written_where_there_are_no_texts(tmp_path):
    with pytest.raises(DataError, match="x holds no texts"):
        write([], CorpusSettings(), "en", "x", tmp_path / "corpus.arrow")
    with pytest.raises(DataError, match=r"x holds only blank rows \(1\)"):
        write([Record("\n")], CorpusSettings(), "en", "x", tmp_path / "corpus.arrow")
    assert not (tmp_path / "corpus.arrow").exists()


def test_a_corpus_that_is_not_there_or_damaged_is_refused(tmp_path):
    path = tmp_path / "corpus.arrow"
    with pytest.raises(DataError, match="there is no corpus at"):
        load(path)
    write(RECORDS, CorpusSettings(), "en", "five", path)
    for damaged in (path.read_bytes()[:-20], b"", b"nonsense"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"corpus\.arrow is damaged"):
            load(path)
