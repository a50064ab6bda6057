"""Calls, settings and commands that cannot be."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import textssl
import textssl.reduction
from textssl.cli import main
from textssl.config import build
from textssl.formats.registry import read_embeddings
from textssl.reduction import PCA, TSNE, UMAP, DenoisingAutoencoder, ReductionSettings, load_reducer, save_reducer
from textssl.reduction.registry import REDUCERS

VECTORS = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)


def test_settings_load_nothing_heavy():
    code = "import sys, textssl.reduction.settings; sys.exit(any(m in sys.modules for m in ('numpy', 'sklearn')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_settings_of_an_entry_are_parameters_of_its_class():
    for entry in REDUCERS.values():
        assert {"n_components", "max_samples", "random_state", *entry.settings} <= set(entry.estimator().get_params())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "tnse"}, r"reduction\.method expects .*, got 'tnse' \(nearest: 'tsne'\)"),
        ({"max_samples": 1}, r"reduction\.max_samples must lie in"),
        ({"perplexity": 0.5}, r"reduction\.perplexity must lie in"),
        ({"n_neighbors": 1}, r"reduction\.n_neighbors must lie in"),
        ({"density_components": -1}, r"reduction\.density_components must lie in"),
    ],
)
def test_settings_out_of_range(values, message):
    with pytest.raises(textssl.UsageError, match=message):
        build(ReductionSettings, values)


@pytest.mark.parametrize(
    ("reducer", "message"),
    [
        (PCA(max_samples=1), "max_samples must be a whole number >= 2, got 1"),
        (TSNE(3), "t-SNE reduces to 1 or 2 dimensions, got 3: choose another method"),
        (TSNE(perplexity=0), "perplexity must be a number > 0, got 0"),
        (TSNE(n_iter=-1), "n_iter must be a whole number >= 0, got -1"),
        (UMAP(n_neighbors=1), "n_neighbors must be a whole number >= 2, got 1"),
        (DenoisingAutoencoder(steps=0), "steps must be a whole number >= 1, got 0"),
        (DenoisingAutoencoder(noise=-1), "noise must be a number >= 0, got -1"),
    ],
)
def test_parameters_out_of_range(reducer, message):
    with pytest.raises(textssl.UsageError, match=message) as caught:
        reducer.fit(VECTORS)
    assert isinstance(caught.value, ValueError)


def test_too_many_dimensions_and_too_few_vectors():
    with pytest.raises(textssl.DataError, match=r"^vectors of 4 dimensions .* cannot be reduced to 10: choose fewer"):
        textssl.reduce(VECTORS, 10, ReductionSettings("pca"))
    few = np.eye(8)[:3]
    with pytest.raises(textssl.DataError, match=r"^vectors of 3 distinct directions .*, expected at least 5: give"):
        textssl.reduce(few, 5, ReductionSettings("pca"))
    with pytest.raises(textssl.DataError, match=r"^vectors of 3 distinct directions .*, expected at least 4: give"):
        textssl.reduce(few)


def test_a_missing_extra(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "umap", None)
    line = "umap is not installed: pip install textssl[umap], or choose another reduction method"
    np.save(tmp_path / "x.npy", VECTORS)
    out = tmp_path / "out.npy"
    assert main(["reduce", str(tmp_path / "x.npy"), "--method", "umap", "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"textssl: {line}\n"
    assert not out.exists()
    with pytest.raises(textssl.UsageError, match="umap is not installed"):
        UMAP().fit(VECTORS)


def test_a_run_whose_map_needs_a_missing_extra_does_not_begin(monkeypatch, tmp_path, six, capsys):
    monkeypatch.setitem(sys.modules, "umap", None)
    out = tmp_path / "run"
    assert main(["run", str(six), "--out", str(out), "--set", "reduction.method=umap"]) == 2
    assert "pip install textssl[umap]" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("content", [b"", b"no safetensors at all"])
def test_a_damaged_file(content, tmp_path):
    path = tmp_path / "reducer.safetensors"
    path.write_bytes(content)
    with pytest.raises(textssl.DataError, match="is damaged or not a reducer of textssl: fit the reducer again"):
        load_reducer(path)
    with pytest.raises(textssl.DataError, match=r"cannot read .*: No such file"):
        load_reducer(tmp_path / "none")


def test_only_registered_reducers_are_saved(tmp_path):
    class Own(PCA):
        pass

    with pytest.raises(textssl.UsageError, match="Own is not registered"):
        save_reducer(Own().fit(VECTORS), tmp_path / "own")
    assert not (tmp_path / "own").exists()


def test_vectors_are_reduced_on_the_command_line(tmp_path, capsys):
    np.save(tmp_path / "x.npy", VECTORS)
    command = ["reduce", str(tmp_path / "x.npy"), "--method", "pca", "--dimensions", "3"]
    for name in ("a.npy", "a.csv", "a.parquet"):
        assert main([*command, "--out", str(tmp_path / name)]) == 0
        assert f"30 vectors of 3 dimensions: {tmp_path / name}\n" in capsys.readouterr().out
        np.testing.assert_allclose(read_embeddings(tmp_path / name), PCA(3).fit_transform(VECTORS), atol=1e-6)
    assert main(["cluster", str(tmp_path / "a.npy"), "--clusters", "2", "--out", str(tmp_path / "groups.csv")]) == 0


def test_a_run_is_reduced_with_its_texts(finished, tmp_path):
    command = ["reduce", str(finished), "--method", "pca", "--columns", "row,text,embedding"]
    assert main([*command, "--out", str(tmp_path / "a.csv")]) == 0
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == '"row","text","embedding_0","embedding_1"'
    assert "fox" in lines[1]
    expected = PCA(random_state=0).fit_transform(textssl.load_run(finished).embeddings)
    np.testing.assert_allclose(read_embeddings(tmp_path / "a.csv"), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["x.npy", "--dimensions", "many"], 2, "argument --dimensions: invalid int value: 'many'"),
        (["x.npy", "--dimensions", "0"], 2, "n_components must be a whole number >= 1, got 0"),
        (["x.npy", "--dimensions", "3"], 2, "t-SNE reduces to 1 or 2 dimensions, got 3"),
        (["x.npy", "--method", "isomap"], 2, "reduction.method expects"),
        (["x.npy", "--set", "clustering.method=kmeans"], 2, "textssl reduce does not read clustering.method"),
        (["none.npy"], 1, "cannot read none.npy"),
        (["."], 1, "contains no run"),
    ],
    ids=str,
)
def test_bad_calls_are_one_line(arguments, code, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", VECTORS)
    assert main(["reduce", *arguments, "--out", "out.npy"]) == code
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.npy").exists()


def test_the_public_names_and_their_types_agree():
    stub = Path(textssl.reduction.__file__).with_suffix(".pyi")
    named = [alias.asname for node in ast.parse(stub.read_text()).body for alias in getattr(node, "names", [])]
    assert sorted(named) == textssl.reduction.__all__
    for name in named:
        assert getattr(textssl.reduction, name).__doc__
