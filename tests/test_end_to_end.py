"""From texts to groups and back: the whole pipeline on small corpora, as a user calls it."""

import json
import random
import shutil
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import torch
from processes import Command
from pyarrow import parquet
from threadpoolctl import threadpool_info

import textssl
from textssl.cli import main
from textssl.config import build, merge
from textssl.pipeline.commands import cluster_embeddings
from textssl.run_folder import FORMAT
from textssl.run_settings import RunSettings

FOXES, DOGS = [0, 1, 4, 5], [2, 3]
ARTEFACTS = {
    "manifest.json",
    "config.toml",
    "corpus.arrow",
    "tokenizer",
    "tokens",
    "bags.safetensors",
    "token_vectors.npy",
    "language_model",
    "encoder",
    "embeddings.npy",
    "clusterer.safetensors",
    "assignments.parquet",
    "hierarchy.safetensors",
    "levels.parquet",
    "reducer.safetensors",
    "coordinates.parquet",
    "novelty",
    "novelty.parquet",
    "words.parquet",
    "clusters.json",
    "metrics.json",
    "report.html",
    "report.txt",
}


def settings_of(**values) -> RunSettings:
    """Return the settings of a short run, with others over them: ``clustering={"method": "gmm"}``."""
    short = {"pretraining": {"tokens": 500}, "reduction": {"method": "pca"}, "reporting": {"map_points": 0}}
    return build(RunSettings, merge(short, values))


def check_foxes_and_dogs(labels):
    assert len(set(labels[FOXES])) == 1
    assert len(set(labels[DOGS])) == 1
    assert labels[FOXES[0]] != labels[DOGS[0]]
    assert labels.min() >= 0


@pytest.mark.parametrize("seed", range(10))
def test_foxes_and_dogs_part(seed, six, tmp_path):
    run = textssl.run(six, tmp_path / "run", settings_of(seed=seed, clustering={"n_clusters": 2}))
    check_foxes_and_dogs(run.labels)
    distinct = run.embeddings[[0, 1, 2, 3, 5]]
    dense = [{"method": "hdbscan", "noise": noise} for noise in ("keep", "nearest", "soft")]
    for clustering in ({"n_clusters": "auto"}, {"method": "hdbscan", "n_clusters": 2}, *dense):
        found = textssl.cluster(distinct, build(textssl.ClusteringSettings, clustering), seed)
        check_foxes_and_dogs(found.labels[[0, 1, 2, 3, 0, 4]])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("method", ["kmeans", "hdbscan"])
def test_foxes_and_dogs_part_by_default(method, seed, six, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["run", str(six), "--out", str(out), "--method", method, "--seed", str(seed)]) == 0
    check_foxes_and_dogs(textssl.load_run(out).labels)
    assert "6 texts in 2 clusters" in capsys.readouterr().out
    assert main(["fill", str(out), "The quick brown fox jumps over the ____"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split()[1] == "lazy"


def test_foxes_jump_over_the_lazy_next(six, tmp_path, capsys):
    out = str(tmp_path / "run")
    assert main(["pretrain", str(six), "--out", out, "--objective", "clm"]) == 0
    assert "bits per byte" in capsys.readouterr().out
    for text in ("The quick brown fox jumps over the", "The quick brown fox jumps over the ____."):
        assert main(["fill", out, text, "--top", "3"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 3
        assert lines[0].split()[1] == "lazy"
    assert main(["fill", out, "The ____ brown fox"]) == 2
    assert "a clm model predicts the next word" in capsys.readouterr().err


def test_a_run_with_pretext_tasks(six, quick, tmp_path, capsys):
    out = str(tmp_path / "run")
    assert main(["run", str(six), "--out", out, "--objective", "mlm,rtd,order", "--clusters", "2", *quick]) == 0
    assert "Accuracy of order" in capsys.readouterr().out
    assert set(textssl.load_run(out).metrics["language_model"]["pretext"]) == {"rtd", "order"}
    assert main(["judge", out, "The quick brown fox jumps over the lazy"]) == 0
    assert "order" in capsys.readouterr().out
    assert main(["fill", out, "The quick brown fox jumps over the ____"]) == 0
    assert main(["judge", out, " "]) == 2
    assert "expected a text of at least one word, got ' '" in capsys.readouterr().err


def test_a_pretext_task_alone(six, quick, tmp_path, capsys):
    out = str(tmp_path / "run")
    assert main(["pretrain", str(six), "--out", out, "--objective", "order", *quick]) == 0
    said = capsys.readouterr().out
    assert "order accuracy" in said
    assert "perplexity" not in said
    assert main(["run", str(six), "--out", out, "--objective", "order", "--clusters", "2", *quick]) == 0
    check_foxes_and_dogs(textssl.load_run(out).labels)


def test_a_pretrained_folder_becomes_a_run(six, quick, tmp_path):
    out = tmp_path / "run"
    assert main(["pretrain", str(six), "--out", str(out), *quick]) == 0
    weights = (out / "language_model" / "model.safetensors").stat()
    assert main(["run", str(six), "--out", str(out), *quick]) == 0
    assert (out / "language_model" / "model.safetensors").stat() == weights
    check_foxes_and_dogs(textssl.load_run(out).labels)


def test_artefacts_are_those_documented(finished):
    assert {path.name for path in finished.iterdir()} == ARTEFACTS
    assert not list(finished.parent.glob("run.*"))


def test_artefacts_load_with_the_libraries_named(finished):
    from sentence_transformers import SentenceTransformer
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(finished / "tokenizer")
    model = AutoModelForMaskedLM.from_pretrained(finished / "language_model")
    logits = model(**tokenizer("the quick [MASK] fox", return_tensors="pt")).logits
    assert logits.shape == (1, 6, len(tokenizer))
    encoder = SentenceTransformer(str(finished / "encoder"))
    embeddings = np.load(finished / "embeddings.npy")
    texts = parquet.read_table(finished / "assignments.parquet")["text"].to_pylist()
    np.testing.assert_allclose(encoder.encode(texts), embeddings, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
    assert embeddings.dtype == np.float32


def test_the_text_files_of_a_run(finished, six):
    manifest = json.loads((finished / "manifest.json").read_text())
    assert manifest["finished"]
    assert (manifest["format"], manifest["source"], manifest["reading"]) == (FORMAT, str(six), [])
    assert list(manifest["stages"]) == [
        "tokens",
        "bags of words",
        "token vectors",
        "language model",
        "encoder",
        "embeddings",
        "groups",
        "levels",
        "map",
        "novelty",
        "words",
        "report",
    ]
    assert manifest["versions"]["textssl"] == textssl.__version__
    config = tomllib.loads((finished / "config.toml").read_text())
    assert config == manifest["settings"]
    assert build(RunSettings, config).clustering.n_clusters == 2
    clusters = json.loads((finished / "clusters.json").read_text())
    assert [cluster["size"] for cluster in clusters] == [4, 2]
    assert "fox" in clusters[0]["keywords"]
    assert set(clusters[1]["representatives"]) == set(DOGS)
    metrics = json.loads((finished / "metrics.json").read_text())
    assert metrics["groups"]["clusters"] == 2
    assert metrics["groups"]["coverage"] == 1
    assert metrics["language_model"]["objective"] == "mlm"
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "6 texts in 2 clusters" in (finished / "report.txt").read_text()


def test_assignments_have_the_documented_columns(finished, six):
    table = parquet.read_table(finished / "assignments.parquet")
    columns = [(field.name, str(field.type)) for field in table.schema]
    assert columns == [
        ("row", "int64"),
        ("cluster", "int32"),
        ("probability", "float"),
        ("second_cluster", "int32"),
        ("second_probability", "float"),
        ("text", "string"),
    ]
    assert table["row"].to_pylist() == list(range(6))
    assert table["text"].to_pylist() == six.read_text().splitlines()


@pytest.fixture(scope="module")
def topics(tmp_path_factory):
    """A table of 1,500 texts of four topics, with a label column, some copies and some blank rows; and its rows."""
    draw = random.Random(3)
    words = {
        topic: [f"{topic}{draw.choice('aeiou')}{draw.choice('lmnrst')}{number}" for number in range(60)]
        for topic in ("fish", "coin", "moon", "loom")
    }
    common = [f"common{number}" for number in range(40)]
    rows = []
    for row in range(1500):
        topic = draw.choices(sorted(words), weights=[4, 3, 2, 1])[0]
        rows.append((" ".join(draw.choices(words[topic], k=6) + draw.choices(common, k=6)), topic))
        if row % 100 == 0:
            rows += [rows[-1], ("", topic)]
    path = tmp_path_factory.mktemp("topics") / "topics.csv"
    path.write_text("text,topic\n" + "".join(f'"{text}",{topic}\n' for text, topic in rows))
    return path, rows


@pytest.fixture(scope="module")
def fitted(topics, tmp_path_factory):
    """A finished run on the topics, refined together with its groups."""
    out = tmp_path_factory.mktemp("fitted") / "run"
    settings = settings_of(corpus={"label_column": "topic"}, clustering={"n_clusters": 4})
    return textssl.run(topics[0], out, settings)


def test_topics_are_found_and_scored(fitted, topics):
    assert "vectors were refined on" in (fitted.folder / "report.txt").read_text()
    assert fitted.metrics["groups"]["acc"] > 0.95
    assert fitted.metrics["groups"]["rows"] == len(topics[1])
    assert set(fitted.metrics["baseline"]) == {"TF-IDF, SVD, k-means (4 clusters)"}
    blank = [row for row, (text, _) in enumerate(topics[1]) if not text]
    assert (fitted.labels[blank] == -1).all()
    assert not fitted.embeddings[blank].any()
    assert not fitted.probabilities[blank].any()
    assert (np.delete(fitted.labels, blank) >= 0).all()


def test_what_a_user_runs(topics, tmp_path, capsys):
    """No setting but the column of the texts: the language model learns as long as it does for a user."""
    out = tmp_path / "run"
    assert main(["run", str(topics[0]), "--text-column", "text", "--label-column", "topic", "--out", str(out)]) == 0
    run = textssl.load_run(out)
    assert run.metrics["groups"]["clusters"] == 4
    assert run.metrics["groups"]["acc"] > 0.95
    assert run.metrics["language_model"]["learned_tokens"] > 200_000
    inside = run.labels >= 0
    assert run.probabilities[inside].min() > 0.9  # the groups are clear
    assert run.metrics["groups"]["calibration_error"] < 0.05
    assert (run.second_labels != run.labels)[inside].all()
    assert "How sure the groups are" in (out / "report.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["fill", str(out), f"{topics[1][0][0]} ____", "--top", "3"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    new = textssl.predict(out, ["xyzzy plugh", "\u4f60\u597d", "\N{PILE OF POO}", "", topics[1][0][0]])
    assert new["cluster"].tolist() == [-1, -1, -1, -1, run.labels[0]]
    assert new["probability"][:4].tolist() == new["second_probability"][:4].tolist() == [0] * 4
    assert new["probability"][4] == run.probabilities[0]


def test_a_run_leaves_the_state_of_the_process_as_it_was(six, tmp_path):
    def state():
        return np.random.get_state()[1].tolist(), random.getstate(), torch.random.get_rng_state().tolist()

    before, threads, pools = state(), torch.get_num_threads(), threadpool_info()
    textssl.run(six, tmp_path / "run", settings_of(clustering={"n_clusters": 2}))
    textssl.predict(tmp_path / "run", ["a fox"])
    textssl.cluster(np.random.default_rng(0).normal(size=(60, 4)))
    assert state() == before
    assert torch.get_num_threads() == threads
    assert [pool["num_threads"] for pool in threadpool_info()[: len(pools)]] == [pool["num_threads"] for pool in pools]


def check_predictions(run, source, settings=None):
    """Predict the training texts with the run as it lies on disk, and with a copy of it elsewhere."""
    moved = shutil.copytree(run.folder, run.folder.parent / "moved")
    for folder in (run.folder, moved):
        predicted = textssl.predict(folder, source, settings)
        np.testing.assert_array_equal(predicted["cluster"], run.labels)
        np.testing.assert_allclose(predicted["probability"], run.probabilities, atol=1e-5)
    shutil.rmtree(moved)


def test_tuned_groups_are_predicted(fitted, topics):
    check_predictions(fitted, topics[0])


@pytest.mark.parametrize("method", ["kmeans", "minibatch_kmeans", "hdbscan", "agglomerative", "gmm"])
def test_groups_of_every_method_are_predicted(method, fitted, topics, tmp_path):
    settings = settings_of(
        embedding={"teacher": str(fitted.folder), "refine": False},
        clustering={"method": method, "n_clusters": 4},
    )
    run = textssl.run(topics[0], tmp_path / "run", settings)
    assert len(set(run.labels) - {-1}) == 4
    check_predictions(run, topics[0])
    shuffled = [text for text, _ in topics[1]][::-1]
    np.testing.assert_array_equal(textssl.predict(run.folder, shuffled)["cluster"], run.labels[::-1])


def test_the_same_command_does_nothing_twice(six, quick, tmp_path):
    out = tmp_path / "run"
    command = ["run", str(six), "--out", str(out), *quick]
    assert main(command) == 0
    learned = [path for path in out.rglob("*") if path.suffix in {".safetensors", ".npy", ".parquet"}]
    before = {path: path.stat() for path in learned}
    stages = json.loads((out / "manifest.json").read_text())["stages"]
    assert main(command) == 0
    for path in learned:
        assert path.stat().st_ino == before[path].st_ino
        assert path.stat().st_mtime_ns == before[path].st_mtime_ns
    assert json.loads((out / "manifest.json").read_text())["stages"] == stages


def test_two_processes_write_the_same_bytes(six, quick, tmp_path):
    for run in ("one", "two"):
        call = Command(["run", str(six), "--out", str(tmp_path / run), "--seed", "7", *quick], tmp_path / "said")
        assert call.wait() == 0, (tmp_path / "said").read_text()
    for name in ("embeddings.npy", "assignments.parquet", "language_model/model.safetensors", "clusters.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


@pytest.mark.parametrize("inside", ["", "language_model"])
def test_start_goes_on_from_a_language_model(inside, finished, six, tmp_path):
    from transformers import AutoModelForMaskedLM

    start = str(finished / inside)
    settings = settings_of(
        pretraining={"checkpoint": start}, embedding={"sentence_tokens": 200}, clustering={"n_clusters": 2}
    )
    run = textssl.run(six, tmp_path / "run", settings)
    assert len(set(run.labels)) == 2
    before = AutoModelForMaskedLM.from_pretrained(finished / "language_model").state_dict()
    after = AutoModelForMaskedLM.from_pretrained(run.folder / "language_model").state_dict()
    assert before.keys() == after.keys()
    moved = max(float((before[name] - after[name]).abs().max()) for name in before)
    assert 0 < moved < 0.01  # it learned further, and at the low rates of a checkpoint
    assert {path.name for path in run.folder.iterdir()} == ARTEFACTS - {"token_vectors.npy"}


@pytest.mark.parametrize("inside", ["", "encoder"])
def test_an_encoder_is_taken_as_it_is(inside, finished, six, tmp_path, capsys):
    out = tmp_path / "run"
    encoder = str(finished / inside)
    command = ["run", str(six), "--out", str(out), "--clusters", "2", "--set", f"embedding.teacher={encoder}"]
    assert main(command) == 0
    assert {path.name for path in out.iterdir()} == ARTEFACTS - {
        "language_model",
        "tokenizer",
        "tokens",
        "bags.safetensors",
        "token_vectors.npy",
    } | {"map.png"}
    np.testing.assert_array_equal(np.load(out / "embeddings.npy"), np.load(finished / "embeddings.npy"))
    assert json.loads((out / "metrics.json").read_text())["language_model"] is None


def test_an_encoder_teaches_the_words_of_many_texts(fitted, topics, tmp_path):
    settings = settings_of(
        corpus={"label_column": "topic"}, embedding={"teacher": str(fitted.folder)}, clustering={"n_clusters": 4}
    )
    run = textssl.run(topics[0], tmp_path / "run", settings)
    assert {path.name for path in run.folder.iterdir()} == ARTEFACTS - {"language_model", "token_vectors.npy"} | {
        "teacher_embeddings.npy"
    }
    manifest = json.loads((run.folder / "manifest.json").read_text())
    assert list(manifest["stages"]) == [
        "tokens",
        "bags of words",
        "teacher embeddings",
        "encoder",
        "embeddings",
        "groups",
        "levels",
        "map",
        "novelty",
        "words",
        "report",
    ]
    assert run.metrics["groups"]["acc"] > 0.95
    check_predictions(run, topics[0])


def test_predict_embed_and_cluster_from_the_command_line(finished, six, tmp_path, capsys):
    files = {name: str(tmp_path / name) for name in ("groups.csv", "vectors.npy", "groups.jsonl")}
    assert main(["predict", str(finished), str(six), "--out", files["groups.csv"]]) == 0
    assert main(["embed", str(finished), str(six), "--out", files["vectors.npy"]]) == 0
    assert main(["cluster", files["vectors.npy"], "--clusters", "2", "--out", files["groups.jsonl"]]) == 0
    said = capsys.readouterr().out
    assert f"6 rows: {files['groups.csv']}" in said
    assert f"vectors of {np.load(files['vectors.npy']).shape[1]} dimensions" in said
    np.testing.assert_array_equal(np.load(files["vectors.npy"]), np.load(finished / "embeddings.npy"))
    rows = [json.loads(line) for line in (tmp_path / "groups.jsonl").read_text().splitlines()]
    check_foxes_and_dogs(np.array([row["cluster"] for row in rows]))


def test_cluster_leaves_zero_vectors_out(tmp_path):
    vectors = np.array([[1, 0], [0, 0], [0, 1], [1, 0.1]], np.float32)
    grouped, _ = cluster_embeddings(vectors, settings_of(clustering={"n_clusters": 2}))
    assert grouped["cluster"][1] == -1
    assert grouped["cluster"][0] == grouped["cluster"][3] != grouped["cluster"][2]


def test_export_from_the_command_line(finished, tmp_path, capsys):
    for format in ("npy", "parquet", "jsonl", "csv", "projector"):
        out = tmp_path / f"out.{format}"
        assert main(["export", str(finished), "--format", format, "--out", str(out)]) == 0
        assert capsys.readouterr().out.rstrip().endswith(str(out))
        assert out.exists()
    names = parquet.read_table(tmp_path / "out.parquet").column_names
    groups = ["cluster", "cluster_name", "probability", "second_cluster", "second_probability"]
    assert names == ["row", *groups, "level_1", "x", "y", "novelty", "text", "embedding"]
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), np.load(finished / "embeddings.npy"))


@pytest.mark.parametrize("refined", [True, False])
def test_the_numbers_of_clusters_compared_stay_in_every_report(refined, topics, tmp_path, capsys):
    out = tmp_path / "run"
    settings = settings_of(clustering={"max_clusters": 6}, embedding={"refine": refined})
    run = textssl.run(topics[0], out, replace(settings, corpus=textssl.CorpusSettings(text_column="text")))
    choice = run.metrics["choice"]
    assert {candidate["clusters"] for candidate in choice} == {2, 3, 4, 5, 6}
    assert set(choice[0]) == {"clusters", "gap", "stability"}
    for name in ("metrics.json", "report.html", "report.txt"):
        (out / name).unlink()
    capsys.readouterr()
    assert main(["report", str(out)]) == 0
    assert "Numbers of clusters compared, best first" in capsys.readouterr().out
    assert "Numbers of clusters compared, best first" in (out / "report.txt").read_text()
    assert "How many clusters" in (out / "report.html").read_text()
    assert textssl.load_run(out).metrics["choice"] == choice
    (out / "metrics.json").unlink()
    manifest = json.loads((out / "manifest.json").read_text())
    del manifest["choice"]  # as in a run of an earlier version
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert main(["report", str(out)]) == 0
    assert textssl.load_run(out).metrics["choice"] == []


def test_cluster_shows_what_it_compared(tmp_path, capsys):
    vectors = np.repeat(np.eye(3), 20, axis=0) + 0.1 * np.random.default_rng(0).normal(size=(60, 3))
    np.save(tmp_path / "vectors.npy", vectors)
    command = ["cluster", str(tmp_path / "vectors.npy"), "--set", "clustering.max_clusters=4"]
    assert main([*command, "--out", str(tmp_path / "groups.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("kmeans was taken for the wider margin")
    assert lines[2:4] == ["Numbers of clusters compared, best first", "Clusters    Gap  Stability"]
    assert sorted(int(line.split()[0]) for line in lines[4:7]) == [2, 3, 4]


def test_evaluate_and_report_from_the_command_line(topics, fitted, tmp_path, capsys):
    out = tmp_path / "run"
    settings = settings_of(embedding={"teacher": str(fitted.folder)}, clustering={"n_clusters": 4})
    textssl.run(topics[0], out, replace(settings, corpus=textssl.CorpusSettings(text_column="text")))
    assert "acc" not in json.loads((out / "metrics.json").read_text())["groups"]
    capsys.readouterr()
    assert main(["evaluate", str(out), "--label-column", "topic"]) == 0
    said = capsys.readouterr().out
    assert "this run:" in said
    assert "TF-IDF, SVD, k-means (4 clusters):" in said
    assert json.loads((out / "metrics.json").read_text())["groups"]["acc"] > 0.9
    (out / "report.html").unlink()
    assert main(["report", str(out)]) == 0
    assert f"report: {out}/report.html" in capsys.readouterr().out
    assert (out / "report.html").stat().st_size > 1000
