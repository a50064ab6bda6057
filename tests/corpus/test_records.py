import pytest

from textssl.corpus.records import choose_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError


def choose(holds_text, **settings):
    return choose_columns(holds_text, CorpusSettings(**settings), "the table")


def test_text_is_taken_by_name_or_as_the_only_one():
    assert choose({"title": True, "text": True}) == ("text", None)
    assert choose({"id": False, "title": True}) == ("title", None)
    assert choose({"title": True, "topic": True}, label_column="topic") == ("title", "topic")
    assert choose({"title": True, "text": True}, text_column="title") == ("title", None)


def test_unknown_columns_are_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"no column 'titel' for texts \(nearest: 'title'\)"):
        choose({"title": True}, text_column="titel")
    with pytest.raises(UsageError, match=r"no column 'lable' for labels \(nearest: 'label'\)"):
        choose({"text": True, "label": True}, label_column="lable")


def test_several_columns_of_texts_ask_for_a_choice():
    with pytest.raises(UsageError, match=r"several columns of texts \(a, b\): name one with --set corpus.text_column"):
        choose({"a": True, "b": True, "id": False})


def test_columns_that_hold_no_text_are_refused():
    with pytest.raises(DataError, match="column 'price' of the table contains no texts"):
        choose({"text": True, "price": False}, text_column="price")
    with pytest.raises(DataError, match=r"no column of texts \(columns: id, price\)"):
        choose({"id": False, "price": False})


def test_a_column_called_text_is_found_in_any_case():
    assert choose({"ID": False, "Title": True, "Text": True}).text == "Text"
    assert choose({"TEXT": True, "text": True}).text == "text"


def test_fields_within_a_column_count_where_no_column_holds_texts():
    assert choose({"title": True, "doc": False, "doc.body": True}).text == "title"
    assert choose({"doc": False, "doc.body": True}).text == "doc.body"
    assert choose({"doc": False, "doc.body": True, "title": True}, text_column="doc.body").text == "doc.body"
