"""The columns that a command writes, and those that a stage has added to a run."""

import shutil

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from textssl.cli import main
from textssl.formats.registry import FORMATS, Format
from textssl.pipeline.results import exported


def written(command, *arguments, path, capsys):
    """Return the columns of the file that a command writes."""
    assert main([command, *map(str, arguments), "--out", str(path)]) == 0
    capsys.readouterr()
    return parquet.read_table(path)


def test_commands_write_the_columns_named(finished, six, tmp_path, capsys):
    np.save(tmp_path / "in.npy", np.eye(4))
    calls = {
        "export": (finished, "--format", "parquet"),
        "predict": (finished, six),
        "cluster": (tmp_path / "in.npy", "--clusters", "2"),
        "embed": (finished, six),
    }
    for command, arguments in calls.items():
        name = "embedding" if command == "embed" else "probability"
        path = tmp_path / f"{command}.parquet"
        table = written(command, *arguments, "--columns", f"{name}, row", path=path, capsys=capsys)
        assert table.column_names == [name, "row"]
        assert table["row"].to_pylist() == list(range(len(table)))


def test_npy_of_one_column(finished, tmp_path, capsys):
    path = tmp_path / "labels.npy"
    assert main(["export", str(finished), "--format", "npy", "--columns", "cluster", "--out", str(path)]) == 0
    assert np.load(path).tolist() == exported(finished)["cluster"].tolist()
    assert np.load(path).dtype == np.int32


@pytest.mark.parametrize(
    ("given", "hint"), [("clusters", " (nearest: 'cluster')"), ("row,", " (valid: row, cluster, ")]
)
def test_an_unknown_column_is_one_line(given, hint, finished, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert main(["export", str(finished), "--format", "csv", "--columns", given, "--out", str(out)]) == 2
    assert f"textssl: no column is called {given.rpartition(',')[2]!r}{hint}" in capsys.readouterr().err
    assert not out.exists()


def test_a_column_that_a_stage_adds_is_exported(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    table = parquet.read_table(run / "assignments.parquet")
    table = table.add_column(3, "length", pa.array(np.arange(6), pa.float32()))
    table = table.add_column(4, "class", pa.array(list("fddfff")))
    parquet.write_table(table, run / "assignments.parquet")
    results = exported(run)
    assert [name for name in results.column_names if name in table.column_names] == table.column_names
    assert results["length"].tolist() == list(range(6))
    assert results["class"].to_pylist() == list("fddfff")


def test_a_format_is_added_by_one_entry(finished, tmp_path, monkeypatch, capsys):
    def write(results, path):
        path.write_text("|".join(results.column_names))

    monkeypatch.setitem(FORMATS, "names", Format(write, columns=("row", "cluster"), required=("text",)))
    assert main(["export", str(finished), "--format", "names", "--out", str(tmp_path / "a")]) == 0
    assert (tmp_path / "a").read_text() == "row|cluster|text"
    np.save(tmp_path / "in.npy", np.eye(4))
    command = ["cluster", str(tmp_path / "in.npy"), "--clusters", "2", "--out", str(tmp_path / "b.names")]
    assert main(command) == 1
    assert "names needs the column 'text', which these results lack" in capsys.readouterr().err
    assert main(["cluster", str(tmp_path / "b.names"), "--out", str(tmp_path / "c.csv")]) == 2
    assert "b.names cannot be read back: expected a file ending in one of .npy, .parquet, .jsonl, .csv" in (
        capsys.readouterr().err
    )
    with pytest.raises(SystemExit):
        main(["predict", "--help"])
    assert ".projector, .names" in " ".join(capsys.readouterr().out.split())
