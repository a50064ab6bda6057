"""The oddest texts, and the words that make them odd."""

from textssl.reporting.context import ReportContext
from textssl.reporting.report import Column, Section, Table


def novelty(context: ReportContext) -> Section | None:
    """Return the oddest texts of the run."""
    oddest = context.tables.get("oddest", ())
    if not oddest:
        return None
    return Section(
        title="Oddest texts",
        content=Table(
            columns=[Column("odder than"), Column("by the words", kind="text"), Column("text", kind="text")],
            rows=[(f"{text['novelty']:.1%}", text["words"], text["text"]) for text in oddest],
        ),
        note="How rare a text's words are, and how far it is from the texts most like it; each percentage is of texts "
        "that were kept aside. Without the words named, the text would be less odd.",
        terminal_title="Oddest texts, and the words that make them odd",
    )
