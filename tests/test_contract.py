"""Adding a thing takes two places: its own file, and one line of a registry. Here each registry gets a fake entry."""

import json

import numpy as np
import pytest
from fakes import (
    clusterer,
    corruption,
    detector,
    form,
    format,
    head,
    lm_objective,
    method,
    reader,
    reducer,
    section,
    sentence_objective,
)

import textssl
from textssl.classification.registry import METHODS
from textssl.cli import main
from textssl.clustering.registry import CLUSTERERS
from textssl.corpus.readers.registry import READERS
from textssl.density.registry import DETECTORS
from textssl.encoder.forms.registry import FORMS
from textssl.encoder.objectives.registry import OBJECTIVES as SENTENCE_OBJECTIVES
from textssl.evaluation.corruptions.registry import CORRUPTIONS
from textssl.formats.registry import FORMATS
from textssl.pipeline.heads import HEADS
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.reduction.registry import REDUCERS
from textssl.reporting.sections.registry import SECTIONS

LINES = [
    (READERS, reader.ENTRY),
    (OBJECTIVES, lm_objective.ENTRY),
    (SENTENCE_OBJECTIVES, sentence_objective.ENTRY),
    (FORMS, form.ENTRY),
    (CLUSTERERS, clusterer.ENTRY),
    (DETECTORS, detector.ENTRY),
    (REDUCERS, reducer.ENTRY),
    (HEADS, head.ENTRY),
    (CORRUPTIONS, corruption.reverse_words),
    (SECTIONS, section.section),
    (FORMATS, format.ENTRY),
    (METHODS, method.ENTRY),
]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    for registry, entry in LINES:
        monkeypatch.setitem(registry, "fake", entry)


@pytest.fixture
def bars(six, tmp_path):
    path = tmp_path / "texts.bars"
    path.write_text("|".join(six.read_text().splitlines()))
    return path


def test_a_run_of_fake_entries(bars, quick, tmp_path, capsys):
    out = tmp_path / "run"
    fakes = ["--objective", "fake", "--set", "embedding.form=fake", "--method", "fake", "--clusters", "2"]
    fakes += ["--set", "reduction.method=fake", "--set", "density.method=fake"]
    assert main(["run", str(bars), "--out", str(out), *quick, *fakes]) == 0
    said = capsys.readouterr()
    assert "read between bars" in said.err
    run = textssl.load_run(out)
    np.testing.assert_array_equal(run.labels, run.embeddings[:, :2].argmax(axis=1))
    np.testing.assert_allclose(run.columns["coordinate_sum"], run.embeddings.sum(axis=1), atol=1e-6)
    np.testing.assert_allclose(run.columns["x"], run.embeddings[:, 0], atol=1e-6)
    assert run.columns["novelty"][run.embeddings.max(axis=1).argmax()] == run.columns["novelty"].max()
    assert run.metrics["language_model"]["objective"] == "fake"
    report = (out / "report.txt").read_text()
    for shown in (said.out, report, (out / "report.html").read_text()):
        assert "Largest sums" in shown
        assert "random vectors" in shown

    written = tmp_path / "written"
    assert main(["export", str(out), "--format", "fake", "--out", str(written)]) == 0
    assert json.loads(written.read_text())["coordinate_sum"] == pytest.approx(run.columns["coordinate_sum"].tolist())
    new = textssl.predict(out, bars)
    np.testing.assert_array_equal(new["cluster"], run.labels)
    np.testing.assert_allclose(new["coordinate_sum"], run.columns["coordinate_sum"], atol=1e-5)
    (row,) = textssl.robustness(out, corruptions=["fake"], rates=[1.0])
    assert row["changed"] > 0
    assert "fake  " in (out / "report.txt").read_text()
    for name in ("coordinate_sum", "x", "y"):
        np.testing.assert_allclose(new[name], run.columns[name], atol=1e-5)


def test_a_head_is_made_again_when_its_vectors_change(bars, quick, tmp_path, capsys):
    command = ["run", str(bars), "--out", str(tmp_path / "run"), *quick, "--clusters", "2"]
    assert main(command) == 0
    before = (tmp_path / "run" / "sums.parquet").stat().st_mtime_ns
    capsys.readouterr()
    assert main([*command, "--clusters", "3"]) == 0
    assert "made again: groups, levels, report\n" in capsys.readouterr().err
    assert (tmp_path / "run" / "sums.parquet").stat().st_mtime_ns == before
    assert main([*command, "--set", "embedding.dimensions=3", "--fresh"]) == 0
    assert "made again: encoder, embeddings, map, novelty, sums, groups, levels, report\n" in capsys.readouterr().err


def test_a_fake_sentence_objective_learns_beside_another(six, quick, tmp_path):
    sentence_objective.CALLS.clear()
    objectives = ["--set", "embedding.form=transformer", "--set", "embedding.objectives=fake,split_views"]
    few = ["--set", "embedding.sentence_tokens=200"]
    command = ["run", str(six), "--out", str(tmp_path / "run"), *quick, *objectives, *few, "--clusters", "2"]
    assert main(command) == 0
    assert sentence_objective.CALLS
    assert np.isfinite(textssl.load_run(tmp_path / "run").embeddings).all()


def test_a_fake_method_classifies(finished, six, tmp_path):
    method.CALLS.clear()
    settings = textssl.ClassificationSettings(method="fake")
    texts, labels = six.read_text().splitlines(), ["fox", "fox", "dog", "dog", None, None]
    fitted = textssl.fit_classifier(finished, texts, labels, settings)
    fitted.save(tmp_path / "classifier")
    found = textssl.load_classifier(tmp_path / "classifier").predict_proba(texts)
    np.testing.assert_array_equal(found, fitted.predict_proba(texts))
    compared = textssl.fit_classifier(finished, texts, labels).candidates_
    assert "fake" in [candidate.method for candidate in compared]
    assert method.CALLS
