import pytest

from textssl.corpus.readers.tables import read_table
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

LONG = ["The tram was late again today", "My coffee is always served cold here", "Nobody answers the phone any more"]


def read(rows, notes=None, **settings):
    blocks = list(read_table(iter(rows), CorpusSettings(**settings), "a.csv", [] if notes is None else notes))
    texts = [text for block in blocks for text in block.texts]
    return texts, blocks[0].others.column_names if blocks[0].others is not None else []


@pytest.mark.parametrize(
    "rows",
    [
        [["nr", "note"], ["1", "a"], ["2", "b"]],  # numbers below a word
        [["nr", "preis", "antwort"], ["1", "3,5", "a"], ["2", "-1,25", "b"]],
        [["kind"], ["fox"], ["dog"], ["fox"], ["dog"]],  # a few classes
        [["Frage"], *([text] for text in LONG)],  # texts below a word
        [["标题"], ["梦想铸成事实佳能发布会"], ["今天的天气很好我们出去玩"]],
    ],
)
def test_a_header_is_found_by_its_look(rows):
    notes = []
    assert read(rows, notes)[0] == [row[-1] for row in rows[1:]]
    listed = ", ".join(rows[0])
    assert notes == [f"a.csv: the first row is the header ({listed}); if it is not, --set corpus.header=no"]


@pytest.mark.parametrize("first", ["text", "Text", " TEXT ", "headline"])
def test_a_usual_name_makes_a_header(first):
    notes = []
    assert read([["2019", first], ["1", "a"], ["2", "b"]], notes) == (["a", "b"], ["2019"])
    assert notes == []


def test_a_named_column_makes_a_header():
    notes = []
    assert read([["a", "b"], ["c", "d"]], notes, text_column="b") == (["d"], ["a"])
    assert read([["a", "b"], ["c", "d"]], notes, text_column="column_2") == (["b", "d"], ["column_1"])
    assert notes == []


@pytest.mark.parametrize(
    "rows",
    [
        [["a late train"], ["cold coffee"], ["another one"]],
        [["1", "a"], ["2", "b"]],
        [["Sport", LONG[0]], ["Web", LONG[1]], ["Sport", LONG[2]]],
    ],
)
def test_a_first_row_that_looks_like_the_others_is_no_header(rows):
    notes = []
    width = len(rows[0])
    texts, names = read(rows, notes, **({"text_column": "column_2"} if rows[0][0] == "Sport" else {}))
    assert texts == [row[-1] for row in rows]
    assert names == ["column_1"][: width - 1]
    listed = ", ".join(["column_1", "column_2"][:width])
    note = (
        f"a.csv: no header, so the columns are called {listed}; if the first row is a header, --set corpus.header=yes"
    )
    assert notes == ([note] if rows[0][0] != "Sport" else [])


def test_columns_without_a_header_are_named_in_errors():
    rows = [["Sport", LONG[0]], ["Web", LONG[1]], ["Sport", LONG[2]]]
    with pytest.raises(
        UsageError, match=r"^a\.csv \(without a header\) has several columns of texts \(column_1, column_2\)"
    ):
        read(rows)


@pytest.mark.parametrize(
    "rows", [[["fox"], ["dog"], ["cat"]], [["nr", "2019"], ["1", "a"], ["2", "b"]], [["only"]], [["a", ""], ["b", ""]]]
)
def test_where_it_cannot_be_told_the_user_must_say(rows):
    with pytest.raises(DataError, match=r"^cannot decide whether the first row of a\.csv is a header \(.*\): --set"):
        read(rows)


def test_the_user_says_whether_there_is_a_header():
    assert read([["fox"], ["dog"], ["cat"]], header="yes")[0] == ["dog", "cat"]
    assert read([["text"], ["dog"]], header="no")[0] == ["text", "dog"]


def test_blank_columns_at_the_end_are_none_and_others_get_a_number():
    assert read([["", "text", "", ""], ["0", "a", "", ""], ["1", "b", "x", ""]]) == (
        ["a", "b"],
        ["column_1", "column_3"],
    )


def test_no_rows():
    assert list(read_table(iter([]), CorpusSettings(), "a.csv", [])) == []
