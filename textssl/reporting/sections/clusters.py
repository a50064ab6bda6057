"""The clusters: their keywords and typical texts, beside a map."""

from textssl.reporting.context import ReportContext
from textssl.reporting.report import Section, TextGroups


def clusters(context: ReportContext) -> Section:
    """Return the clusters, which need no heading."""
    return Section(title="", content=TextGroups(context.clusters, unit="clusters", map=context.map))
