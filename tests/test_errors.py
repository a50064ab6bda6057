import pytest

from textssl.errors import DataError, TextsslError, UsageError, lookup, nearest


def test_nearest_names_the_name_most_alike():
    assert nearest("kmens", ["hdbscan", "kmeans"]) == " (nearest: 'kmeans')"


def test_nearest_lists_all_names_when_none_is_alike():
    assert nearest("xyz", ["hdbscan", "kmeans"]) == " (valid: hdbscan, kmeans)"
    assert nearest("xyz", [3]) == " (valid: 3)"
    assert nearest("xyz", []) == ""


def test_lookup():
    assert lookup({"mlm": 1}, "mlm", "objective") == 1
    with pytest.raises(UsageError, match=r"^no objective is called 'mln' \(nearest: 'mlm'\)$"):
        lookup({"mlm": 1, "clm": 2}, "mln", "objective")


@pytest.mark.parametrize(("error", "code"), [(TextsslError, 1), (DataError, 1), (UsageError, 2)])
def test_exit_codes(error, code):
    assert issubclass(error, TextsslError)
    assert error("one line").exit_code == code
