"""Facts about the corpus, the settings and the time taken."""

from textssl.reporting.context import ReportContext
from textssl.reporting.report import Facts, Section


def facts(context: ReportContext) -> Section | None:
    """Return the facts, in a terminal without a heading."""
    if not context.facts:
        return None
    return Section(title="About this run", content=Facts(context.facts), terminal_title="")
