import datetime

import pyarrow as pa
import pytest

from textssl.errors import DataError
from textssl.evaluation.time_periods import periods_of


def periods(values):
    return periods_of(pa.chunked_array([pa.array(values)]), "when")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([1990, 1991, None, 2020], ["1990", "1991", None, "2020"]),
        (["2001-03-04", "2001-03-05", None], ["2001-03-04", "2001-03-05", None]),
        (["2024-01-31T23:00:00Z", "2024-02-01T10:00:00+02:00"], ["2024-01", "2024-02"]),
        (["2019", "2020"], ["2019", "2020"]),
        (
            [datetime.date(2020, month, day) for month in (1, 2) for day in range(1, 20)],
            ["2020-01"] * 19 + ["2020-02"] * 19,
        ),
        ([datetime.datetime(2020, 1, 2, 3), datetime.datetime(2020, 1, 2, 4)], ["2020", "2020"]),
        (list(range(1900, 1950)), [f"{year // 10 * 10}s" for year in range(1900, 1950)]),
    ],
    ids=str,
)
def test_periods(values, found):
    assert periods(values) == found


@pytest.mark.parametrize("values", [["yesterday", "2020-01-01"], ["2020-01-01", "13/13/2020"], [True, False]])
def test_values_that_are_no_dates(values):
    with pytest.raises(DataError, match=r"column 'when' holds .*, expected dates such as 2024-07-31 or years"):
        periods(values)


def test_a_column_without_values():
    with pytest.raises(DataError, match="column 'when' holds no dates: name another"):
        periods([None, None])
