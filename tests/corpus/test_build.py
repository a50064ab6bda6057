import pyarrow as pa
import pytest

from textssl.corpus import build as building
from textssl.corpus.build import Source, build, load, with_labels, write
from textssl.corpus.records import Rows
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError


def columns(**values):
    return pa.RecordBatch.from_pydict(values)


BLOCKS = [
    Rows(["one", None], [1, float("nan")], columns(id=[7, 8], text=["t", "u"])),
    Rows(["two\ud800"], ["\ud800x"], columns(id=["ninth"], label=[[1]])),
    Rows([], [], None),
    Rows(["one", "three"], [None, "x"], columns(id=[None, 11], text=["v", None])),
]
OTHERS = [
    {"id": "7", "text": "t", "label": None},
    {"id": "8", "text": "u", "label": None},
    {"id": "ninth", "text": None, "label": [1]},
    {"id": None, "text": "v", "label": None},
    {"id": "11", "text": None, "label": None},
]


def source(*blocks, name="five"):
    return Source(name, blocks, ["a note"])


def texts(*values, labels=None, others=None):
    return Rows(list(values), labels or [None] * len(values), others)


def fingerprint(*blocks):
    return build(source(*blocks), CorpusSettings(), "en").fingerprint


@pytest.fixture(params=[10_000, 1])
def corpora(request, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "_BATCH_ROWS", request.param)
    write(source(*BLOCKS), CorpusSettings(), "en", tmp_path / "corpus.arrow")
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.arrow"]
    return build(source(*BLOCKS), CorpusSettings(), "en"), load(tmp_path / "corpus.arrow")


def test_the_file_is_the_corpus_in_memory(corpora):
    in_memory, mapped = corpora
    assert mapped.table.equals(in_memory.table)
    assert mapped.others.equals(in_memory.others)
    assert (mapped.name, mapped.fingerprint) == (in_memory.name, in_memory.fingerprint) == ("five", mapped.fingerprint)
    assert mapped.notes == in_memory.notes == ("a note",)


def test_every_row_is_there(corpora):
    for corpus in corpora:
        assert corpus.texts() == ["one", "", "two", "one", "three"]
        assert corpus.labels == ["1", None, "x", None, "x"]
        assert corpus.table["first"].to_pylist() == [0, -1, 2, 0, 4]
        assert corpus.others.to_pylist() == OTHERS


def test_the_other_columns_are_repeated_for_the_units_of_a_row():
    rows = texts("Fox. Dog.\n\nCat.", None, "Cow.", labels=["x", "y", "z"], others=columns(id=[1, 2, 3]))
    sentences = build(source(rows), CorpusSettings(unit="sentence"), "en")
    assert sentences.texts() == ["Fox.", "Dog.", "Cat.", "Cow."]
    assert sentences.labels == ["x", "x", "x", "z"]
    assert sentences.others["id"].to_pylist() == [1, 1, 1, 3]
    paragraphs = build(source(rows), CorpusSettings(unit="paragraph"), "en")
    assert paragraphs.others["id"].to_pylist() == [1, 1, 3]


def test_a_corpus_of_texts_alone_has_no_other_columns():
    assert build(source(texts("a")), CorpusSettings(), "en").others is None


def test_markup_goes_unless_it_is_to_stay():
    rows = texts("<p>Fox &amp; dog</p><p>Cat</p>")
    assert build(source(rows), CorpusSettings(), "en").texts() == ["Fox & dog Cat"]
    assert build(source(rows), CorpusSettings(unit="paragraph"), "en").texts() == ["Fox & dog", "Cat"]
    kept = build(source(rows), CorpusSettings(strip_markup=False), "en")
    assert kept.texts() == rows.texts


def test_small_blocks_make_one_batch_and_long_texts_end_it(monkeypatch):
    blocks = [texts("one"), texts("two"), texts("three")]
    assert build(source(*blocks), CorpusSettings(), "en").table["text"].num_chunks == 1
    monkeypatch.setattr(building, "_BATCH_BYTES", 5)
    assert build(source(*blocks), CorpusSettings(), "en").table["text"].num_chunks == 3


def test_the_fingerprint_knows_texts_labels_other_columns_and_order():
    variants = [texts("a", "b"), texts("b", "a"), texts("ab", ""), texts("a", "b", ""), texts("a")]
    variants += [texts("a", labels=["b"]), texts("a", labels=["c"])]
    variants += [texts("a", "b", labels=[None, "x"]), texts("a", "b", labels=["x", None])]
    variants += [texts("a", "b", others=columns(id=ids)) for ids in ([1, 2], [2, 1], [None, 1], [1, None], ["1", "2"])]
    variants += [texts("a", "b", others=columns(number=[1, 2])), texts("a", "b", others=columns(id=[[1], [2]]))]
    assert len({fingerprint(rows) for rows in variants}) == len(variants)


def test_the_fingerprint_does_not_depend_on_what_lies_where_values_are_missing():
    valid = pa.py_buffer(b"\x01")
    first, second = (
        pa.Array.from_buffers(pa.int64(), 2, [valid, pa.array([5, hidden]).buffers()[1]]) for hidden in (0, 9)
    )
    assert first.to_pylist() == second.to_pylist() == [5, None]
    assert fingerprint(texts("a", "b", others=columns(id=first))) == fingerprint(
        texts("a", "b", others=columns(id=second))
    )


def test_nothing_is_written_where_there_are_no_texts(tmp_path):
    path = tmp_path / "corpus.arrow"
    with pytest.raises(DataError, match="five contains no texts"):
        write(source(), CorpusSettings(), "en", path)
    with pytest.raises(DataError, match=r"five contains only blank rows \(1\)"):
        write(source(texts("\n")), CorpusSettings(), "en", path)
    assert not path.exists()


def test_a_source_may_be_blank_where_texts_are_not_needed(tmp_path):
    path = tmp_path / "corpus.arrow"
    write(source(), CorpusSettings(), "en", path, need_texts=False)
    assert (len(load(path)), load(path).others) == (0, None)
    assert build(source(texts("\n")), CorpusSettings(), "en", need_texts=False).texts() == [""]


def test_labels_can_be_taken_from_another_column():
    corpus = build(source(texts("a", "b", labels=["x", "y"], others=columns(n=[1.0, None]))), CorpusSettings(), "en")
    labelled = with_labels(corpus, "n")
    assert (corpus.labels, labelled.labels) == (["x", "y"], ["1.0", None])
    assert labelled.table.schema == corpus.table.schema
    with pytest.raises(UsageError, match=r"^five has no column 'm' for labels \(valid: n\)$"):
        with_labels(corpus, "m")
    with pytest.raises(UsageError, match=r"^five has no column 'm' for labels$"):
        with_labels(build(source(texts("a")), CorpusSettings(), "en"), "m")


def test_a_corpus_that_is_not_there_or_damaged_is_refused(tmp_path):
    path = tmp_path / "corpus.arrow"
    with pytest.raises(DataError, match="there is no corpus at"):
        load(path)
    write(source(*BLOCKS), CorpusSettings(), "en", path)
    for damaged in (path.read_bytes()[:-20], b"", b"nonsense"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"corpus\.arrow is damaged"):
            load(path)
