"""The settings of the report."""

from dataclasses import dataclass

from textssl.config import Settings, setting


@dataclass(frozen=True)
class ReportingSettings(Settings, path="reporting"):
    """Settings of the report."""

    title: str = setting("", "title of the report; none: the name of the input")
    time_column: str = setting("", "column of the input with dates or years: groups over time")
    by_column: str = setting("", "column of the input by whose values the groups are compared")
    keywords: int = setting(10, "keywords per cluster", low=1, high=100)
    keyword_texts: int = setting(1000, "texts per cluster read for its keywords, evenly spaced", low=1)
    representatives: int = setting(5, "typical texts shown per cluster", low=0, high=100)
    map_points: int = setting(2000, "texts drawn in map.png, a sample; 0 leaves the map out", low=0, high=20000)
    page_texts: int = setting(100_000, "texts in report.html; of more, a random sample", low=0)
