import json

import pytest

import textssl
from textssl.cli import main


@pytest.fixture(scope="module")
def table(six, tmp_path_factory):
    """Return the path of the six sentences, with a year, a kind and a column of one value."""
    lines = six.read_text().splitlines()
    rows = [
        {"text": text, "year": 2020 + (row > 2), "kind": "dog" if "dog" in text else "fox", "one": "x"}
        for row, text in enumerate(lines)
    ]
    path = tmp_path_factory.mktemp("table") / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def run(table, quick, tmp_path_factory):
    out = tmp_path_factory.mktemp("columns") / "run"
    more = ["--clusters", "2", "--time-column", "year", "--by", "kind", *quick]
    assert main(["run", str(table), "--text-column", "text", "--out", str(out), *more]) == 0
    return out


def test_groups_over_time_and_by_a_column(run):
    report, page = (run / "report.txt").read_text(), (run / "report.html").read_text()
    for title in ("Groups over time", "Groups by kind"):
        assert title in report
        assert title in page
    tables = json.loads((run / "metrics.json").read_text())
    texts = {(row["value"], row["cluster"]): row["texts"] for row in tables["by_column"]}
    labels = textssl.load_run(run).labels
    assert texts["dog", labels[2]] == 2
    assert sum(row["texts"] for row in tables["over_time"] if row["value"] == "2020") == 3


def test_another_column_redraws_the_report_only(run, capsys):
    assert main(["report", str(run), "--by", "year", "--time-column", ""]) == 0
    shown = capsys.readouterr().out
    assert "Groups by year" in shown
    assert "Groups over time" not in shown
    assert main(["report", str(run), "--by", "kind", "--time-column", "year"]) == 0


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--by", "knd"], 2, "has no column 'knd' for reporting.by_column (nearest: 'kind')"),
        (["--time-column", "when"], 2, "has no column 'when' for reporting.time_column (valid: year, kind, one)"),
        (["--by", "one"], 1, "column 'one' has 1 different values, expected 2 to 100"),
        (["--time-column", "kind"], 1, "column 'kind' holds 'fox', expected dates"),
    ],
    ids=str,
)
def test_columns_that_cannot_be_used(run, table, quick, more, code, message, tmp_path, capsys):
    before = (run / "report.html").read_bytes()
    assert main(["report", str(run), *more]) == code
    assert message in capsys.readouterr().err
    assert (run / "report.html").read_bytes() == before
    command = ["run", str(table), "--text-column", "text", "--out", str(tmp_path / "new"), *quick, *more]
    assert main(command) == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new" / "embeddings.npy").exists()
