import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from textssl.corpus.reading import read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

LABELLED = CorpusSettings(label_column="label")
TEXTS = ["Fox", "", "Dog"]


@pytest.mark.parametrize(
    "source",
    [
        pd.Series(["Fox", None, "Dog"], index=[7, 8, 7]),
        pd.Series(["Fox", np.nan, "Dog"], dtype=object),
        pd.Series(["Fox", pd.NA, "Dog"], dtype="string"),
        pd.Series(["Fox", None, "Dog"], dtype="category"),
        pa.array(["Fox", None, "Dog"]),
        pa.chunked_array([["Fox"], [None, "Dog"]]),
        pa.array(["Fox", "", "Dog"]).dictionary_encode(),
        pa.array(["Fox", "", "Dog"], pa.string_view()),
    ],
    ids=str,
)
def test_columns_in_memory(source):
    corpus = read_corpus(source)
    assert corpus.texts() == TEXTS
    assert corpus.labels is None
    with pytest.raises(UsageError, match="has no columns"):
        read_corpus(source, LABELLED)


def streamed(columns):
    return datasets.Dataset.from_dict(columns).to_iterable_dataset()


MAKERS = [pd.DataFrame, pa.table, datasets.Dataset.from_dict, streamed]


@pytest.mark.parametrize("make", MAKERS)
def test_tables_in_memory(make):
    columns = {"id": [1, 2, 3], "title": ["Fox", None, "Dog"], "label": [True, False, True], "tags": [["a"], [], None]}
    corpus = read_corpus(make(columns), LABELLED)
    assert corpus.texts() == TEXTS
    assert corpus.labels == ["True", "False", "True"]
    del columns["title"]
    assert corpus.others.to_pydict() == columns
    assert corpus.others.schema.field("id").type == pa.int64()


@pytest.mark.parametrize("make", MAKERS)
def test_a_number_that_is_missing_is_no_class(make):
    columns = {"text": ["a", "b", "c"], "label": [1.0, float("nan"), 2.0]}
    assert read_corpus(make(columns), LABELLED).labels == ["1.0", None, "2.0"]


def test_more_rows_than_a_batch_holds(monkeypatch):
    monkeypatch.setattr("textssl.corpus.readers.arrow._BATCH", 2)
    columns = {"text": list("abcde"), "id": [1, 2, None, 4, 5]}
    for make in MAKERS:
        corpus = read_corpus(make(columns))
        assert corpus.texts() == columns["text"]
        assert corpus.others["id"].to_pylist() == columns["id"]


def test_a_stream_that_does_not_say_what_it_holds():
    def rows():
        yield {"text": "a", "n": 1}
        yield {"text": "b", "n": "x"}

    corpus = read_corpus(datasets.IterableDataset.from_generator(rows))
    assert corpus.texts() == ["a", "b"]
    assert corpus.others.to_pydict() == {"n": ["1", "x"]}


def test_a_field_of_a_nested_column_is_named_by_its_path():
    docs = [{"text": "Fox", "by": "x"}, None, {"text": "Dog", "by": "y"}]
    for source in (pa.table({"doc": docs}), datasets.Dataset.from_dict({"doc": docs})):
        corpus = read_corpus(source, CorpusSettings(text_column="doc.text", label_column="doc.by"))
        assert corpus.texts() == TEXTS
        assert corpus.labels == ["x", None, "y"]
        assert corpus.others["doc"].to_pylist() == docs


def test_columns_of_a_frame_that_arrow_has_no_type_for():
    frame = pd.DataFrame({"text": ["a", "b"], "kind": pd.Categorical(["x", None]), "mixed": [1, "y"], "z": [1j, 2j]})
    assert read_corpus(frame).others.to_pylist() == [
        {"kind": "x", "mixed": "1", "z": "1j"},
        {"kind": None, "mixed": "y", "z": "2j"},
    ]


def test_missing_labels_are_null():
    frame = pd.DataFrame({"text": ["a", "b", "c"], "label": ["x", None, ""]})
    assert read_corpus(frame, LABELLED).labels == ["x", None, None]


def test_values_that_are_no_text_are_refused():
    with pytest.raises(DataError, match="item 0 of the Series given is of type int, expected text: '1'"):
        read_corpus(pd.Series([1, 2]))
    with pytest.raises(DataError, match="item 0 of the DoubleArray given is of type float"):
        read_corpus(pa.array([1.5]))
    with pytest.raises(DataError, match="column 'text' of the DataFrame given contains no texts"):
        read_corpus(pd.DataFrame({"text": [1, 2]}))
    with pytest.raises(DataError, match=r"row 1 of the DataFrame given is of type float, expected text: '2\.5'"):
        read_corpus(pd.DataFrame({"text": ["a", 2.5]}))


def test_a_frame_with_a_column_twice_is_refused():
    with pytest.raises(DataError, match=r"the DataFrame given has two columns of the same name \(text, text\)"):
        read_corpus(pd.DataFrame([["a", "b"]], columns=["text", "text"]))
    with pytest.raises(DataError, match=r"the Table given has two columns of the same name \(text, text\)"):
        read_corpus(pa.table([["a"], ["b"]], names=["text", "text"]))


def test_classes_of_a_dataset_are_called_by_name():
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    dataset = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [1, 0, -1]}, features)
    for source in (dataset, dataset.to_iterable_dataset()):
        assert read_corpus(source, LABELLED).labels == ["yes", "no", None]
        assert read_corpus(source).others["label"].to_pylist() == ["yes", "no", None]
    shuffled = dataset.select([2, 0])
    assert read_corpus(shuffled, LABELLED).texts() == ["c", "a"]


def test_the_training_split_is_taken():
    part = datasets.Dataset.from_dict({"text": ["train"]})
    other = datasets.Dataset.from_dict({"text": ["other"]})
    both = read_corpus(datasets.DatasetDict(test=other, train=part))
    assert (both.texts(), both.notes) == (["train"], ("the DatasetDict given: reading split 'train' of test, train",))
    streamed = datasets.IterableDatasetDict(test=other.to_iterable_dataset(), train=part.to_iterable_dataset())
    assert read_corpus(streamed).texts() == ["train"]
    assert read_corpus(datasets.DatasetDict(test=other)).texts() == ["other"]
    with pytest.raises(UsageError, match=r"several splits \(a, b\), none of them 'train'"):
        read_corpus(datasets.DatasetDict(a=other, b=other))
