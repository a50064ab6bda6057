"""A new section is a function and a line of the registry: page and terminal show it without knowing it."""

import base64
import gzip
import json

import numpy as np
import pytest

from textssl.reporting.context import ReportContext
from textssl.reporting.html import render_html
from textssl.reporting.projection import MapPoints
from textssl.reporting.report import Column, Facts, Figure, Section, Table, TextGroup, TextGroups
from textssl.reporting.sections.registry import SECTIONS, make_report
from textssl.reporting.settings import ReportingSettings
from textssl.reporting.terminal import format_section, format_terminal


def context(**changes):
    texts = ["a red fox", "a quick fox", "a lazy dog", "an old dog"]
    columns = {"cluster": np.array([0, 0, 1, 1]), "novelty": np.array([0.125, 0.25, 0.5, 0.75])}
    settings = ReportingSettings(map_points=0)
    return ReportContext("animals", texts, columns, np.eye(4)[columns["cluster"]], settings, **changes)


def figure():
    xy = np.array([[0, 0], [1, 2], [3, 1]], np.float32)
    return Figure(MapPoints(np.array([0, 2, 3]), xy), np.array([4, -1, 4]), ["x", "y", "z"], {4: "four"}, "Read it so.")


def fake_table(context):
    rows = [(text, value) for text, value in zip(context.texts, context.columns["novelty"].tolist(), strict=True)]
    return Section("Novel texts", Table([Column("text", "text"), Column("log density")], rows))


def fake_facts(context):
    return Section("Licences", Facts([("Corpus", "public domain"), ("Rows", len(context.texts))]))


def fake_figure(context):
    return Section("Another map", figure())


def fake_groups(context):
    groups = [TextGroup(4, "four", 1200, 0.75, ["quatre", "vier"], [(3, "IV")]), TextGroup(7, "seven", 400, 0.25)]
    return Section("Classes", TextGroups(groups, unit="classes", map=figure()), note="By few labels.")


FAKES = [
    (fake_table, ["<h2", "Novel texts", "a lazy dog", "0.500", "Log density"], ["Novel texts", "a lazy dog", "0.500"]),
    (fake_facts, ["Licences", "<dt", "public domain"], ["Licences", "Corpus  public domain", "Rows    4"]),
    (
        fake_figure,
        ["Another map", "<canvas", "Read it so.", 'data-section="fake"'],
        ["Another map", "3 texts on a map"],
    ),
    (
        fake_groups,
        ["Classes", "By few labels.", "<canvas", "quatre", "IV", 'data-section="fake"'],
        [" 4  1,200  75.0%  quatre vier", " 7    400  25.0%  seven"],
    ),
]


@pytest.mark.parametrize(("make", "on_page", "in_terminal"), FAKES, ids=lambda fake: getattr(fake, "__name__", ""))
def test_a_new_section_is_shown_everywhere(monkeypatch, make, on_page, in_terminal):
    before = make_report(context())
    monkeypatch.setitem(SECTIONS, "fake", make)
    report = make_report(context())
    assert list(report.sections) == [*before.sections, "fake"]
    for shown, plain, expected in (
        (render_html(report), render_html(before), on_page),
        (format_terminal(report), format_terminal(before), in_terminal),
    ):
        for part in expected:
            assert shown.count(part) > plain.count(part)


def test_sections_with_the_same_groups_do_not_collide(monkeypatch):
    monkeypatch.setitem(SECTIONS, "fake", lambda context: Section("Again", TextGroups(context.clusters)))
    page = render_html(make_report(context()))
    for name in ("clusters", "fake"):
        assert page.count(f'id="{name}-0"') == page.count(f'data-section="{name}"') == 1
        assert page.count(f'<details name="{name}"') == 2
    data = json.loads(gzip.decompress(base64.b64decode(page.split('id="data">')[1].split("</script>")[0])))
    assert data["fake"]["groups"] == data["clusters"]["groups"]


def test_a_section_with_nothing_to_show_is_left_out():
    assert list(make_report(context()).sections) == ["clusters"]
    told = make_report(context(metrics={"acc": 1.0}, facts=[("Seed", 0)], tables={"choice": [], "reliability": []}))
    assert list(told.sections) == ["clusters", "metrics", "facts"]


def test_the_page_starts_with_the_clusters_and_the_terminal_ends_with_them():
    report = make_report(context(metrics={"acc": 1.0}, facts=[("Seed", 0)], tables={"choice": [{"clusters": 2}]}))
    assert list(report.sections) == ["clusters", "metrics", "n_clusters", "facts"]
    text = format_terminal(report)
    places = [text.index(part) for part in ("Seed", "Accuracy", "Numbers of clusters", "keywords")]
    assert places == sorted(places)


def test_metrics_are_shown_beside_the_baselines_with_a_dash_for_what_they_lack():
    report = make_report(context(metrics={"acc": 1.0, "gap": 0.5}, baseline={"k-means": {"acc": 0.75}}))
    table = report.sections["metrics"].content
    assert [column.name for column in table.columns] == ["measure", "this run", "k-means"]
    assert table.rows == [("Accuracy", 1.0, 0.75), ("Gap", 0.5, None)]
    assert table.explanations[1].startswith("-2 to 2")
    assert format_section(report.sections["metrics"])[-1].split() == ["Gap", "0.500", "–"]


@pytest.mark.parametrize(
    ("section", "lines"),
    [
        (Section("Head", Facts([("a", 1)])), ["Head", "a  1"]),
        (Section("Head", Facts([("a", 1)]), terminal_title=""), ["a  1"]),
        (Section("Head", Facts([("a", 1)]), terminal_title="Other"), ["Other", "a  1"]),
        (Section("", Facts([("a", 1)])), ["a  1"]),
        (Section("Head", Facts([])), []),
        (Section("Head", Table([Column("n")], [])), []),
        (Section("Head", TextGroups([])), []),
        (Section("", Table([Column("name", "name"), Column("n")], [("a", 10), ("bc", 2)])), ["a   10", "bc   2"]),
        (Section("", Table([Column("n"), Column("word", "text")], [(10, "a")])), [" n  word", "10  a"]),
    ],
)
def test_the_lines_of_a_section(section, lines):
    assert format_section(section) == lines
