import base64
import dataclasses
import gzip
import hashlib
import json
import re
import unicodedata
from html.parser import HTMLParser

import numpy as np
import pytest

from textssl.reporting.context import ReportContext
from textssl.reporting.html import render_html, write_html
from textssl.reporting.report import clusters_json, format_value, shortened
from textssl.reporting.sections.registry import make_report
from textssl.reporting.settings import ReportingSettings
from textssl.reporting.terminal import format_terminal

ATTACK = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> \u2028 & \" ' {{ 7 * 7 }}"


def context(texts=None, labels=None, **changes):
    texts = texts or [f"{word} number {i}" for i in range(12) for word in ("apple fruit", "motor car")]
    labels = np.array([0, 1] * (len(texts) // 2) if labels is None else labels)
    embeddings = np.eye(8, dtype=np.float32)[labels] + 0.01 * np.random.default_rng(0).normal(size=(len(texts), 8))
    values = {"title": "Fruit and cars", "metrics": {"acc": 0.75}, "settings": ReportingSettings(representatives=2)}
    columns = {"cluster": labels, "x": embeddings[:, 0], "y": embeddings[:, 1]}
    return ReportContext(texts=texts, columns=columns, embeddings=embeddings, **(values | changes))


def make(*args, **changes):
    return make_report(context(*args, **changes))


def groups(report):
    return report.sections["clusters"].content.groups


def hostile():
    report = make(
        [ATTACK] * 12,
        title=ATTACK,
        notes=[ATTACK],
        facts=[(ATTACK, ATTACK)],
        metrics={ATTACK: 1.5, "acc": 0.5},
        baseline={ATTACK: {"acc": 0.25}},
        tables={"choice": [{ATTACK: ATTACK}]},
    )
    clusters = report.sections["clusters"]
    named = [dataclasses.replace(group, name=ATTACK, keywords=[ATTACK]) for group in clusters.content.groups]
    content = dataclasses.replace(clusters.content, groups=named)
    return dataclasses.replace(
        report, sections={**report.sections, "clusters": dataclasses.replace(clusters, content=content)}
    )


class Page(HTMLParser):
    """Collects the elements, the scripts and the visible text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.scripts, self.text, self.inside = [], [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside != "style":
            self.text.append(data)

    def handle_comment(self, data):
        raise AssertionError("a text opened a comment")


def unpacked(script):
    return json.loads(gzip.decompress(base64.b64decode(script)))


def test_report_says_what_was_found():
    report = make(labels=[0, 1, 1, -1] * 6)
    assert [(group.id, group.size, group.share) for group in groups(report)] == [(1, 12, 0.5), (0, 6, 0.25)]
    assert report.summary == "24 texts in 2 clusters, 6 (25.0%) in none of them"
    figure = report.sections["clusters"].content.map
    assert len(figure.texts) == len(figure.labels) == 24
    assert list(figure.names) == [1, 0]
    assert [len(group.typical) for group in groups(report)] == [2, 2]
    assert groups(make())[0].name.startswith("apple, fruit")


@pytest.mark.parametrize(
    ("points", "labels", "caption"),
    [
        (24, [0, 1], "Nearby texts are similar; large distances mean little."),
        (20, [0, 1], "A sample of 20 texts. Nearby texts are similar; large distances mean little."),
        (24, [0, -1], "Nearby texts are similar; large distances mean little. Grey: in no cluster."),
    ],
)
def test_the_map_says_what_it_leaves_out(points, labels, caption):
    settings = ReportingSettings(map_points=points)
    assert context(labels=labels * 12, settings=settings).map.caption == caption


def test_clusters_json_holds_keywords_and_rows():
    first, second = clusters_json(groups(make()))
    assert list(first) == ["id", "name", "size", "keywords", "representatives"]
    assert first["keywords"][:2] == ["apple", "fruit"]
    assert all(row % 2 == 1 for row in second["representatives"])
    json.dumps([first, second])


def test_representatives_come_from_distinct_rows():
    report = make(distinct=np.array([0, 1]))
    assert [[row for row, _ in group.typical] for group in groups(report)] == [[0], [1]]


@pytest.mark.parametrize("labels", [[-1] * 24, [0] * 24])
def test_one_cluster_or_none(labels):
    report = make(labels=labels)
    assert "<canvas" in render_html(report)
    assert format_terminal(report)


def test_no_map_and_no_texts():
    settings = ReportingSettings(map_points=0)
    assert "<canvas" not in render_html(make(settings=settings))
    without = dataclasses.replace(context(), columns={"cluster": np.array([0, 1] * 12)})
    assert "<canvas" not in render_html(make_report(without))
    empty = make_report(ReportContext("nothing", [], {"cluster": np.empty(0, int)}, np.empty((0, 3))))
    assert list(empty.sections) == ["clusters"]
    assert "0 texts in 0 clusters" in format_terminal(empty)
    assert "No clusters were found" in render_html(empty)


def test_page_stands_alone(tmp_path):
    write_html(make(), tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert not [tag for tag in page.tags if {"src", "href", "srcset", "action"} & set(tag[1])]
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv"))
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in page.scripts[1:]]
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digests[0]}' 'sha256-{digests[1]}';" in policy
    assert "Permission to use, copy, modify" in page.scripts[1]


def test_texts_are_data_on_the_page():
    harmless, page = Page(render_html(make(["text"] * 12))), Page(render_html(hostile()))
    count = [sum(tag == name for tag, _ in page.tags) for name in ("script", "img")]
    assert count == [3, 0]
    assert page.scripts[1:] == harmless.scripts[1:]
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    shown = shortened(ATTACK)
    data = unpacked(page.scripts[0])
    assert data["clusters"]["texts"]["text"] == [shown] * 12
    assert data["clusters"]["groups"][0]["name"] == ATTACK
    # title twice, note, fact twice, measure, other method, choice twice; in each of two clusters name, keyword, two
    # texts
    assert "".join(page.text).count("<script>alert(1)</script>") == 9 + 2 * 4
    assert "49" not in "".join(page.text)


def test_texts_of_any_script_read_in_their_direction(tmp_path):
    texts = ["مرحبا بالعالم", "e\u0301 combining", "日本語", "lone \ud800 surrogate"] * 3
    write_html(make(texts), tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<span dir="auto">مرحبا بالعالم</span>' in html
    assert "lone ? surrogate" in html


def test_long_texts_are_cut():
    assert len(shortened("word " * 1000)) <= 300
    assert shortened("two\n lines") == "two lines"


def test_values_are_formatted():
    assert [format_value(v) for v in (12345, 0.12345, 2.0, True, "x", None)] == [
        "12,345",
        "0.123",
        "2",
        "True",
        "x",
        "–",
    ]


def test_terminal_fits_the_width_and_compares():
    report = make(
        ["基金市场投资", "مرحبا بالعالم"] * 6,
        baseline={"TF-IDF": {"acc": 0.5}},
        facts=[("Seed", 7)],
        notes=["A note. " * 30],
    )
    text = format_terminal(report, width=60)
    for line in text.splitlines():
        assert sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) <= 60
    assert re.search(r"Accuracy +0\.750 +0\.500", text)
    assert re.search(r"this run +TF-IDF", text)
    assert "Seed  7" in text
    assert "基金" in text


@pytest.mark.parametrize("width", [20, 60, 100])
@pytest.mark.parametrize(
    "note",
    [
        "unsure: two halves of the texts agree to 0.13 only",
        "the texts support 9 of the 12 requested clusters; " * 5,
        "列「本文」的文字沒有空格而且這一行的說明比一個終端機的寬度還要長得多" * 3,
        "https://example.org/" + "a" * 150,
        "two\nlines",
    ],
)
def test_every_note_is_shown_whole(note, width):
    report = make(notes=["first note", note, "last note"])
    lines = format_terminal(report, width).splitlines()
    assert all(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) <= width for line in lines)
    shown = "".join(lines)
    for said in ("first note", note, "last note"):
        assert "".join(said.split()) in "".join(shown.split())
        assert said.strip() in "".join(Page(render_html(report)).text)


def test_a_long_name_of_another_method_leaves_its_values():
    name = "TF-IDF, SVD, k-means (as many clusters as this run)"
    lines = format_terminal(make(baseline={name: {"acc": 0.5}}), width=60).splitlines()
    assert next(line.split() for line in lines if line.startswith("Accuracy")) == ["Accuracy", "0.750", "0.500"]
    head = [line.split("this run")[-1] for line in lines[: lines.index("") + 6] if "TF-IDF" in line]
    assert head
    assert "".join(name.split()) in "".join("".join(lines).replace("this run", "").split())
    assert max(map(len, lines)) <= 60


def test_clusters_with_the_same_keywords_have_different_names():
    texts = [f"invoice {n} for order {7 * n} was paid by card" for n in range(90)]
    report = make([*texts, "the fire brigade came", "a fire alarm rang"], labels=[*(n // 15 for n in range(90)), 6, 6])
    names = {group.id: group.name for group in groups(report)}
    assert len(set(names.values())) == 7
    assert names[6].startswith("fire")
    for cluster in range(6):
        first, *numbers = names[cluster].split(", ")
        assert first in {"card", "invoice", "order", "paid"}
        assert all(int(n) // 15 == cluster or int(n) // 105 == cluster for n in numbers)
    written = unpacked(Page(render_html(report)).scripts[0])["clusters"]["groups"]
    assert names == {group["id"]: group["name"] for group in written}


def test_clusters_of_equal_texts_are_told_apart_by_their_numbers():
    report = make(["your parcel has arrived"] * 12)
    assert {group.name for group in groups(report)} == {"arrived, parcel (0)", "arrived, parcel (1)"}


def test_the_numbers_of_clusters_that_were_compared_are_shown():
    tried = [{"clusters": 1200, "gap": 0.25, "stability": 0.5}, {"clusters": 3, "gap": 0.1}]
    tried[1]["stability"] = None
    report = make(tables={"choice": tried})
    lines = format_terminal(report).splitlines()
    start = lines.index("Numbers of clusters compared, best first")
    cells = [line.split() for line in lines[start + 1 : start + 5]]
    assert cells == [["Clusters", "Gap", "Stability"], ["1,200", "0.250", "0.500"], ["3", "0.100", "–"], []]
    shown = "".join(Page(render_html(report)).text).split()
    first = shown.index("1,200")
    assert shown[first : first + 6] == ["1,200", "0.250", "0.500", "3", "0.100", "–"]
    assert "How many clusters" not in render_html(make())
    assert "compared, best first" not in format_terminal(make())


def test_texts_cannot_drive_the_terminal():
    text = format_terminal(make(title="\x1b[2J\x07title", notes=["bell\x07"]))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_every_report_shows_how_far_probabilities_hold():
    bins = [{"rows": 1200, "probability": 0.55, "kept": 0.5}, {"rows": 34, "probability": 0.93, "kept": 0.912}]
    report = make(tables={"reliability": bins})
    page = " ".join("".join(Page(render_html(report)).text).split())
    assert "How sure the groups are" in page
    assert "0.550 1,200 50.0% 0.930 34 91.2%" in page
    lines = format_terminal(report).splitlines()
    start = lines.index("Probabilities, measured on models of half of the texts")
    assert [line.split() for line in lines[start + 2 : start + 4]] == [
        ["0.550", "1,200", "50.0%"],
        ["0.930", "34", "91.2%"],
    ]
    assert "Probabilities, measured" not in format_terminal(make())
    assert "How sure" not in render_html(make())
