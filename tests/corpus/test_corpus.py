import numpy as np
import pyarrow as pa

from textssl.corpus.corpus import SCHEMA, Corpus, CorpusStatistics, Texts
from textssl.language.texts import as_texts


def corpus():
    rows = [("été", "x", 0), ("", None, -1), ("b", None, 2), ("été", "y", 0), ("c", None, 4)]
    chunks = [rows[:2], rows[2:3], rows[3:]]
    columns = SCHEMA.names
    batches = [
        pa.RecordBatch.from_pylist([dict(zip(columns, row, strict=True)) for row in chunk], SCHEMA) for chunk in chunks
    ]
    return Corpus(pa.Table.from_batches(batches), "five", "0f")


def test_texts_of_rows_come_in_the_order_asked_for():
    assert corpus().texts() == ["été", "", "b", "été", "c"]
    assert corpus().texts([4, 0, 2, 4, 1]) == ["c", "été", "b", "c", ""]
    assert corpus().texts(np.array([3])) == ["été"]
    assert corpus().texts([]) == []


def test_counts():
    assert corpus().statistics == CorpusStatistics(rows=5, unique=3, duplicates=1, blank=1, characters=8)
    assert corpus().unique_rows.tolist() == [0, 2, 4]
    assert corpus().unique_rows.dtype == np.int64
    assert len(corpus()) == 5


def test_labels():
    assert corpus().labels == ["x", None, None, "y", None]


def test_the_texts_of_a_corpus_are_texts_and_stay_on_disk():
    texts = Texts(corpus(), np.array([2, 0]))
    assert as_texts(texts) is texts
    assert list(texts) == ["b", "été"]
