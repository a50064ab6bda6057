"""What goes in with the texts comes out with the results: other columns, several inputs, notes."""

import json

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

import textssl
from textssl.cli import main
from textssl.formats.registry import export
from textssl.pipeline.commands import embed
from textssl.pipeline.results import exported
from textssl.run_folder import RunFolder, read_manifest

TWEET = 1823034723867713301  # a number that no float holds
LINES = [
    "the quick brown fox",
    "a lazy dog sleeps",
    "",
    "the brown fox jumps",
    "the old dog barks",
    "a swift fox leaps",
]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Two files of the same kind of rows."""
    folder = tmp_path_factory.mktemp("inputs")
    animal = ["fox" if "fox" in line else "dog" for line in LINES]
    rows = pd.DataFrame(
        {"tweet": [TWEET + i for i in range(6)], "text": LINES, "animal": animal, "cluster": range(6), "stars": 1.5}
    )
    rows.loc[4, "stars"] = None
    rows[:4].to_parquet(folder / "a.parquet")
    rows[4:].to_json(folder / "b.jsonl", orient="records", lines=True)
    return [folder / "a.parquet", folder / "b.jsonl"]


@pytest.fixture(scope="module")
def ran(inputs, quick, tmp_path_factory):
    out = tmp_path_factory.mktemp("ran") / "run"
    assert main(["run", *map(str, inputs), "--out", str(out), "--text-column", "text", "--clusters", "2", *quick]) == 0
    return out


def others(table):
    return {name: table[name].to_pylist() for name in ("source", "tweet", "animal", "input_cluster", "stars")}


@pytest.fixture(scope="module")
def expected(inputs):
    return {
        "source": [str(inputs[0])] * 4 + [str(inputs[1])] * 2,
        "tweet": [TWEET + i for i in range(6)],
        "animal": ["fox", "dog", "dog", "fox", "dog", "fox"],
        "input_cluster": list(range(6)),
        "stars": [1.5, 1.5, 1.5, 1.5, None, 1.5],
    }


def test_several_inputs_and_all_their_columns_come_out_of_a_run(ran, expected):
    assigned = parquet.read_table(ran / "assignments.parquet")
    assert assigned["text"].to_pylist() == LINES
    assert others(assigned) == expected
    assert assigned["cluster"].to_pylist() == textssl.load_run(ran).labels.tolist()


def test_the_columns_come_out_of_every_export(ran, expected, tmp_path):
    table = parquet.read_table(export(exported(ran), "parquet", tmp_path / "out.parquet"))
    assert others(table) == expected
    lines = export(exported(ran), "jsonl", tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line)["tweet"] for line in lines] == expected["tweet"]


@pytest.mark.parametrize("command", ["embed", "predict"])
def test_several_inputs_are_embedded_and_predicted(command, ran, inputs, expected, tmp_path):
    out = tmp_path / "out.parquet"
    assert main([command, str(ran), *map(str, inputs), "--text-column", "text", "--out", str(out)]) == 0
    table = parquet.read_table(out)
    assert others(table) == expected
    finished = textssl.load_run(ran)
    if command == "predict":
        assert table["cluster"].to_pylist() == finished.labels.tolist()
    else:
        np.testing.assert_allclose(np.stack(table["embedding"].to_pylist()), finished.embeddings, atol=1e-6)


def test_several_inputs_are_learned_from(inputs, quick, tmp_path):
    assert main(["pretrain", *map(str, inputs), "--out", str(tmp_path / "lm"), "--text-column", "text", *quick]) == 0
    assert (tmp_path / "lm" / "language_model").is_dir()


def test_the_columns_follow_the_sentences_of_their_row(quick, tmp_path):
    rows = pd.DataFrame({"text": ["A red fox. A red dog.", "A blue bird."], "id": [7, 8]})
    settings = textssl.RunSettings(corpus=textssl.CorpusSettings(unit="sentence"))
    embedded = embed(trained(rows, quick, tmp_path), rows, settings)
    assert list(embedded["text"]) == ["A red fox.", "A red dog.", "A blue bird."]
    assert embedded["id"].to_pylist() == [7, 7, 8]


def trained(rows, quick, tmp_path):
    (tmp_path / "rows.txt").write_text("\n".join(rows["text"]))
    assert main(["run", str(tmp_path / "rows.txt"), "--out", str(tmp_path / "run"), *quick]) == 0
    return tmp_path / "run"


def test_known_classes_may_be_any_column_of_the_input(ran, inputs):
    hidden = [path.rename(path.with_suffix(".gone")) for path in inputs]  # the input is not read again
    try:
        measured = textssl.evaluate(ran, "animal")["groups"]
        assert measured == textssl.load_run(ran).metrics["groups"]
        assert 0 < measured["acc"] <= 1
        with pytest.raises(textssl.UsageError, match=r"no column 'animals' for labels \(nearest: 'animal'\)"):
            textssl.evaluate(ran, "animals")
    finally:
        for path, was in zip(hidden, inputs, strict=True):
            path.rename(was)


def test_a_run_is_not_taken_up_with_another_column(inputs, quick, ran, tmp_path, capsys):
    rows = pd.read_parquet(inputs[0])
    rows.loc[0, "stars"] = 4
    rows.to_parquet(tmp_path / "a.parquet")
    changed = [str(tmp_path / "a.parquet"), str(inputs[1])]
    assert main(["run", *changed, "--out", str(ran), "--text-column", "text", "--clusters", "2", *quick]) == 2
    assert "another input" in capsys.readouterr().err


@pytest.fixture
def folder(tmp_path):
    """A folder of three documents and what is left out."""
    place = tmp_path / "docs"
    place.mkdir()
    for index, line in enumerate(["the quick brown fox", "a lazy dog sleeps", "the brown fox jumps"]):
        (place / f"{index}.txt").write_text(line)
    (place / ".hidden.txt").write_text("x")
    return place


def test_what_was_found_while_reading_is_said_and_recorded(folder, quick, tmp_path, capsys):
    out, note = tmp_path / "run", f"{folder}: 3 files read; left out: 1 hidden"
    assert main(["run", str(folder), "--out", str(out), *quick]) == 0
    assert note in capsys.readouterr().err.splitlines()
    assert read_manifest(RunFolder(out))["reading"] == [note]
    assert note in " ".join((out / "report.txt").read_text().split())
    assert note in (out / "report.html").read_text()
    for command in (["predict", str(out)], ["embed", str(out)]):
        assert main([*command, str(folder), "--out", str(tmp_path / "out.parquet")]) == 0
        assert note in capsys.readouterr().err.splitlines()
        assert parquet.read_table(tmp_path / "out.parquet")["source"].to_pylist() == ["0.txt", "1.txt", "2.txt"]


def test_how_groups_came_about_is_in_the_report_of_few_texts(quick, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join([*LINES, *(f"{line} again" for line in LINES if line)]))
    assert main(["run", str(tmp_path / "texts.txt"), "--out", str(tmp_path / "run"), *quick]) == 0
    said = " ".join((tmp_path / "run" / "report.txt").read_text().split())
    assert "was taken, whose groups explain the words of the texts best" in said
    assert "unsure: too few to test stability" in said


@pytest.mark.parametrize("source", [[], [""], ["", None], pd.Series([], dtype=object), iter(())], ids=str)
def test_texts_that_are_none_are_in_no_group(source, finished):
    predicted = textssl.predict(finished, source)
    count = len(predicted)
    assert count == len(list(predicted["text"])) <= 2
    assert predicted["cluster"].tolist() == [-1] * count
    assert predicted["probability"].tolist() == [0] * count
    assert (predicted["cluster"].dtype, predicted["probability"].dtype) == (np.int32, np.float32)


def test_a_file_of_blank_rows_is_in_no_group(finished, tmp_path):
    (tmp_path / "blank.txt").write_text("\n  \n")
    command = ["predict", str(finished), str(tmp_path / "blank.txt"), "--out", str(tmp_path / "out.csv")]
    assert main(command) == 0
    assert pd.read_csv(tmp_path / "out.csv")["cluster"].tolist() == [-1, -1]
    embedded = embed(finished, tmp_path / "blank.txt")
    assert embedded["embedding"].shape[0] == 2
    assert not embedded["embedding"].any()


def test_texts_in_any_form_are_predicted_alike(finished, six):
    lines = six.read_text().splitlines()
    expected = textssl.predict(finished, lines)["cluster"].tolist()
    for source in (iter(lines), np.array(lines), pd.Series(lines), pd.DataFrame({"text": lines})):
        assert textssl.predict(finished, source)["cluster"].tolist() == expected
