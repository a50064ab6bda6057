"""Periods of time: a column of dates, times or years, cut into years, months or days."""

import numpy as np
import pyarrow as pa

from textssl.errors import DataError

_MOST = 24  # periods; more are shown by the next longer kind of period
_FREQUENCIES = ("Y", "Q", "M", "D")


def periods_of(column: pa.ChunkedArray, name: str) -> list[str | None]:
    """Return the period of each value, such as "2024", "2024Q3", "2024-07" or "2024-07-09"; None for a missing value.

    The periods are as short as tells more of them apart, up to 24; if there are more years, decades.

    Args:
        column: dates, times, texts that hold these, or whole numbers, which are years.
        name: of the column, for the error.

    Raises:
        DataError: if a value is no date, or no value is there.
    """
    import pandas as pd

    values = column.to_pandas()
    if pa.types.is_integer(column.type):
        values = values.astype("Int64").astype("string")
    try:
        times = pd.to_datetime(values, format="ISO8601" if values.dtype != "datetime64[ns]" else None, utc=True)
    except (ValueError, TypeError, OverflowError):
        bad = next(value for value in values.dropna() if pd.isna(pd.to_datetime(value, errors="coerce")))
        raise DataError(f"column {name!r} holds {bad!r}, expected dates such as 2024-07-31 or years") from None
    if times.isna().all():
        raise DataError(f"column {name!r} holds no dates: name another with reporting.time_column")
    days = times.dt.tz_localize(None)
    cuts = [days.dt.to_period(frequency) for frequency in _FREQUENCIES]
    usable = [periods for periods in cuts if periods.nunique() <= _MOST]
    if usable:
        periods = max(usable, key=lambda each: each.nunique())  # the first of equals: years are not shown as days
        return [None if missing else str(period) for period, missing in zip(periods, days.isna(), strict=True)]
    decades = (days.dt.year // 10 * 10).to_numpy()
    return [None if np.isnan(decade) else f"{int(decade)}s" for decade in decades]
