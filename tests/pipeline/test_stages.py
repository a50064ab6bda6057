"""A stage is done again only if its own settings, or what it reads, have changed."""

import random
import shutil
import tomllib
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from subjects import WORDS

import textssl
from textssl.cli import main
from textssl.config import build, describe
from textssl.corpus.reading import read_corpus
from textssl.pipeline import groups, learning, reports, setup
from textssl.pipeline import run as running
from textssl.pipeline.stages import LANGUAGE_MODEL, TOKEN_VECTORS, TOKENS, all_stages, stages_of
from textssl.pipeline.table import declared_only, keys_of
from textssl.run_folder import RunFolder, read_manifest
from textssl.run_settings import RunSettings

REPORT = {"metrics.json", "clusters.json", "report.html", "report.txt"}
GROUPS = {"clusterer.safetensors", "assignments.parquet", "hierarchy.safetensors", "levels.parquet"} | REPORT
MAP = {"reducer.safetensors", "coordinates.parquet"}
NOVELTY = {"novelty", "novelty.parquet"}
ALWAYS = {"manifest.json", "config.toml", "corpus.arrow"}
SUBJECTS = ("soup", "storm", "piano")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """1,002 texts of three subjects: enough for vectors to be refined."""
    draw = random.Random(5)
    lines = [f"{subject} {' '.join(draw.sample(WORDS[subject], 6))}" for subject in SUBJECTS * 334]
    path = tmp_path_factory.mktemp("many") / "texts.txt"
    path.write_text("\n".join(f"{row} {line}" for row, line in enumerate(lines)) + "\n")
    return path


@pytest.fixture(scope="module")
def short(quick):
    """Arguments of a run that is short also on many texts."""
    settings = ["clustering.calibrate=false", "clustering.n_init=3", "embedding.dimensions=8"]
    return [*quick, *(argument for setting in settings for argument in ("--set", setting))]


@pytest.fixture(scope="module")
def refined(many, short, tmp_path_factory):
    """The command of a finished run whose vectors were refined, without --out, and its folder."""
    return finished_run(["run", str(many), "--clusters", "3", *short], tmp_path_factory.mktemp("refined") / "run")


@pytest.fixture(scope="module")
def taught(many, short, tokenizer, tmp_path_factory):
    """The same with a ready-made encoder that knows a few words."""
    folder = tmp_path_factory.mktemp("taught")
    teacher = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu")
    teacher.save(str(folder / "teacher"))
    command = ["run", str(many), "--clusters", "3", *short, "--encoder", str(folder / "teacher")]
    return finished_run(command, folder / "run")


def finished_run(command, out):
    assert main([*command, "--out", str(out)]) == 0
    return command, out


@pytest.fixture
def again(tmp_path, capsys):
    """Return a function that gives a run's command again on a copy, with more arguments; and what that changed."""

    def call(command, finished, *more, copy="copy"):
        out = shutil.copytree(finished, tmp_path / copy)
        before = stamps(out)
        capsys.readouterr()
        assert main([*command, "--out", str(out), *more]) == 0
        return out, changed(before, stamps(out)), capsys.readouterr().err

    return call


def stamps(folder):
    """Return what changes of each file of a run when it is written again."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def changed(before, after):
    """Return the artefacts that were written, written again or removed."""
    differ = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    return {path.parts[0] for path in differ} - ALWAYS


def check_same(one, other):
    """Check that two runs hold the same artefacts, to the byte where no times are in them."""
    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    for name in names:
        if name.name not in {"manifest.json", "corpus.arrow", "report.html", "report.txt"}:
            assert (one / name).read_bytes() == (other / name).read_bytes(), name
    keys = [
        {name: made["key"] for name, made in read_manifest(RunFolder(run))["stages"].items()} for run in (one, other)
    ]
    assert keys[0] == keys[1]
    assert read_manifest(RunFolder(one))["finished"]


def command_of(six, quick, *more):
    return ["run", str(six), "--clusters", "2", *quick, *more]


def test_other_clusters_make_groups_and_report_again(again, six, quick, finished, tmp_path):
    command = command_of(six, quick)
    out, written, said = again(command, finished, "--clusters", "3")
    assert written == GROUPS
    assert len(set(textssl.load_run(out).labels)) == 3
    different = f"{out} was made with different settings (clustering.n_clusters: 2, now 3)"
    assert said.splitlines()[0] == f"{different}; made again: groups, levels, report"
    assert read_manifest(RunFolder(out))["settings"]["clustering"]["n_clusters"] == 3
    check_same(out, finished_run([*command, "--clusters", "3"], tmp_path / "new")[1])
    assert main([*command, "--out", str(out)]) == 0
    check_same(out, finished)


@pytest.mark.parametrize("kind", ["refined", "taught"])
@pytest.mark.parametrize("more", [["--clusters", "2"], ["--method", "agglomerative"]], ids=str)
def test_other_groups_are_made_of_the_same_refined_vectors(kind, more, again, request, tmp_path):
    command, finished = request.getfixturevalue(kind)
    out, written, said = again(command, finished, *more)
    assert written == GROUPS
    assert "made again: groups, levels, report" in said
    check_same(out, finished_run([*command, *more], tmp_path / "new")[1])


def test_without_refining_the_vectors_are_others(again, refined):
    command, finished = refined
    out, written, _ = again(command, finished, "--set", "embedding.refine=false", "--fresh")
    assert written == {"token_vectors.npy", "language_model", "encoder", "embeddings.npy"} | GROUPS | MAP | NOVELTY
    reports = [(run / "report.txt").read_text() for run in (out, finished)]
    assert ["vectors were refined on" in said for said in reports] == [False, True]
    plain, trained = (np.load(run / "token_vectors.npy") for run in (out, finished))
    assert plain.shape == trained.shape
    assert not np.allclose(plain, trained)


def test_a_checkpoint_in_the_place_of_refined_vectors_leaves_no_note_of_them(again, refined):
    command, finished = refined
    few = ["--set", "embedding.sentence_tokens=200"]
    out, _, _ = again(command, finished, "--start", str(finished), *few, "--fresh")
    assert "vectors were refined on" not in (out / "report.txt").read_text()


def test_another_language_makes_only_the_report_of_static_vectors_again(again, refined):
    command, finished = refined
    assert again(command, finished, "--lang", "de")[1] == {"words.parquet"} | REPORT


def test_other_settings_of_the_report_make_only_the_report_again(again, six, quick, finished):
    out, written, said = again(command_of(six, quick), finished, "--set", "reporting.keywords=1")
    assert written == REPORT
    assert {len(cluster["keywords"]) for cluster in textssl.load_run(out).clusters} == {1}
    assert "(reporting.keywords: 10, now 1); made again: report" in said


def test_the_report_is_drawn_again_with_other_settings_and_keeps_them(finished, tmp_path, capsys):
    out = shutil.copytree(finished, tmp_path / "run")
    before = stamps(out)
    assert main(["report", str(out), "--set", "reporting.keywords=1", "--set", "reporting.map_points=10"]) == 0
    assert changed(before, stamps(out)) == REPORT | {"map.png"}
    assert main(["report", str(out), "--set", "reporting.map_points=0"]) == 0
    assert changed(before, stamps(out)) == REPORT
    assert {len(cluster["keywords"]) for cluster in textssl.load_run(out).clusters} == {1}
    manifest = read_manifest(RunFolder(out))
    assert manifest["settings"] == tomllib.loads((out / "config.toml").read_text())
    assert (manifest["settings"]["reporting"]["keywords"], manifest["finished"]) == (1, True)
    assert manifest["settings"]["clustering"]["n_clusters"] == 2
    assert "Seconds for report" not in (out / "report.txt").read_text()


def test_another_map_makes_only_the_map_and_the_report_again(again, six, quick, finished):
    _, written, said = again(command_of(six, quick), finished, "--set", "reduction.method=tsne")
    assert written == MAP | REPORT
    assert "(reduction.method: pca, now tsne); made again: map, report" in said


@contextmanager
def cut_off_at(module, function):
    """Have a run be interrupted when it calls a function of a module."""

    def interrupt(*given, **named):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, function, interrupt)
        yield


def check_unfinished(run):
    with pytest.raises(textssl.DataError, match="is incomplete"):
        textssl.load_run(run)


def test_a_report_cut_off_is_made_by_the_same_command(finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "run")
    command = ["report", str(out), "--set", "reporting.keywords=1"]
    with cut_off_at(reports, "write_html"):
        assert main(command) == 130
    check_unfinished(out)
    assert main(command) == 0
    assert {len(cluster["keywords"]) for cluster in textssl.load_run(out).clusters} == {1}


@pytest.mark.parametrize(
    ("module", "function"), [(groups, "cluster"), (groups, "save_clusterer"), (reports, "write_html")]
)
def test_a_change_cut_off_is_not_taken_for_finished(module, function, refined, tmp_path):
    command, finished = refined
    out = shutil.copytree(finished, tmp_path / "run")
    with cut_off_at(module, function):
        assert main([*command, "--out", str(out), "--clusters", "2"]) == 130
    check_unfinished(out)
    assert main([*command, "--out", str(out)]) == 0  # as it was before
    check_same(out, finished)


def test_a_language_model_goes_on_whatever_else_changes(six, quick, tmp_path):
    out = tmp_path / "run"
    checkpoint = out / "language_model.0.checkpoint"
    with cut_off_at(learning, "pretrain"):
        assert main(command_of(six, quick, "--out", str(out))) == 130
    checkpoint.touch()
    with cut_off_at(learning, "pretrain"):
        more = ["--clusters", "3", "--set", "pretraining.checkpoint_seconds=1"]
        assert main(command_of(six, quick, "--out", str(out), *more)) == 130
        assert checkpoint.exists()
        assert main(command_of(six, quick, "--out", str(out), "--set", "pretraining.tokens=400")) == 130
        assert not checkpoint.exists()


def test_what_an_encoder_left_unfinished_is_not_taken_up_by_another(six, quick, tmp_path):
    out = tmp_path / "run"
    with cut_off_at(learning, "make_encoder"):
        assert main(command_of(six, quick, "--out", str(out))) == 130
    model = stamps(out / "language_model")
    checkpoint = out / "encoder.checkpoint"
    checkpoint.touch()
    with cut_off_at(learning, "make_encoder"):
        assert main(command_of(six, quick, "--out", str(out), "--clusters", "3")) == 130
        assert checkpoint.exists()
        assert main(command_of(six, quick, "--out", str(out), "--set", "embedding.sif_a=0.1")) == 130
        assert not checkpoint.exists()
    assert stamps(out / "language_model") == model


def test_a_pretrained_folder_is_continued_with_other_settings(six, quick, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["pretrain", str(six), "--out", str(out), *quick]) == 0
    before = stamps(out)
    capsys.readouterr()
    assert main(command_of(six, quick, "--out", str(out), "--set", "embedding.dimensions=8")) == 0
    assert not changed(before, stamps(out)) & {"language_model", "tokenizer", "tokens"}
    assert "made again" not in capsys.readouterr().err
    assert textssl.load_run(out).embeddings.shape[1] == 8


def test_pretraining_a_finished_run_does_nothing(again, six, quick, finished):
    _, written, _ = again(
        ["pretrain", *command_of(six, quick)[1:2], *quick, "--set", "clustering.n_clusters=2"], finished
    )
    assert written == set()


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        (["--set", "pretraining.vocabulary=70"], set()),
        (["--seed", "1"], set()),
        (["--set", "embedding.dimensions=8"], {"language_model", "tokenizer", "tokens", "token_vectors.npy"}),
        (["--encoder", "ENCODER"], set()),
    ],
    ids=str,
)
def test_what_is_fresh_is_as_of_a_new_run(more, kept, again, six, quick, finished, tmp_path):
    more = [str(finished / "encoder") if argument == "ENCODER" else argument for argument in more]
    command = command_of(six, quick)
    out, written, _ = again(command, finished, *more, "--fresh")
    assert not written & kept
    assert written >= {"encoder", "embeddings.npy"} | GROUPS | MAP
    check_same(out, finished_run([*command, *more], tmp_path / "new")[1])


def test_another_input_is_taken_with_fresh(six, quick, finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "run")
    texts = [*six.read_text().splitlines(), "another line about a hen"]
    settings = build(RunSettings, read_manifest(RunFolder(finished))["settings"])
    with pytest.raises(
        textssl.UsageError,
        match=r"another input: tokens, bags of words, token vectors, language model, encoder, embeddings, .*report ",
    ):
        textssl.run(texts, out, settings)
    assert textssl.load_run(out).metrics == textssl.load_run(finished).metrics
    assert len(textssl.run(texts, out, settings, fresh=True).labels) == 7
    check_same(out, textssl.run(texts, tmp_path / "new", settings).folder)


MISSING = {
    "report.html": REPORT,
    "assignments.parquet": {"clusterer.safetensors", "assignments.parquet"},
    "reducer.safetensors": MAP,
    "language_model": {"language_model"},
}


@pytest.mark.parametrize(("missing", "written"), MISSING.items(), ids=MISSING)
def test_what_is_missing_is_made_again(missing, written, again, six, quick, finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "run")
    shutil.rmtree(out / missing) if (out / missing).is_dir() else (out / missing).unlink()
    again_out, found, _ = again(command_of(six, quick), out)
    assert found == written
    check_same(again_out, finished)


FORMS = [["--set", "embedding.form=lexical"], ["--set", "embedding.form=transformer"], ["--method", "hdbscan"]]


@pytest.mark.parametrize("more", FORMS, ids=str)
def test_a_stage_reads_no_other_settings_than_it_declares(more, six, quick, tmp_path):
    """A setting that is not declared raises, here as in every run."""
    few = ["--set", "embedding.sentence_tokens=200"]
    assert main(["run", str(six), "--out", str(tmp_path / "run"), *quick, *few, *more]) == 0


def test_a_setting_that_is_not_declared_cannot_be_read(six, quick, tmp_path, monkeypatch):
    seen = declared_only(RunSettings(), ("seed", "clustering", "embedding.form"))
    assert (seen.seed, seen.clustering, seen.embedding.form) == (0, textssl.ClusteringSettings(), "auto")
    with pytest.raises(LookupError, match=r"the setting embedding\.sif_a is read by a stage that does not declare it"):
        _ = seen.embedding.sif_a
    with pytest.raises(LookupError, match="the setting lang is read by"):
        _ = seen.lang
    undeclared = replace(LANGUAGE_MODEL, settings=("pretraining",))
    monkeypatch.setattr(running, "language_model_stages", lambda settings: (TOKENS, TOKEN_VECTORS, undeclared))
    with pytest.raises(LookupError, match="the setting seed is read by"):
        main(["pretrain", str(six), "--out", str(tmp_path / "run"), *quick])


@pytest.fixture(scope="module")
def tables(six, many, tmp_path_factory):
    """The stages of runs of every kind."""
    kinds = product(
        (six, many), ({}, {"teacher": "x"}, {"form": "lexical"}, {"form": "transformer"}), ("none", "checkpoint")
    )
    return [
        stages_of(read_corpus(path), build(RunSettings, {"embedding": embedding, "pretraining": {"checkpoint": start}}))
        for path, embedding, start in kinds
        if not ("teacher" in embedding and start != "none")
    ]


def test_what_a_stage_declares_exists(tables):
    assert {stage for table in tables for stage in table} == set(all_stages())
    paths = {setting.path for setting in describe(RunSettings)}
    for stage in all_stages():
        assert set(stage.settings) <= paths | {path.partition(".")[0] for path in paths}
        assert {path.parent for path in stage.paths(RunFolder(Path("run")))} == {Path("run")}
    for table in tables:
        there = {"corpus", "learned"}
        for stage in table:
            optional = {"language_model", "teacher_embeddings", "token_vectors", "tokens", "bags"}
            assert set(stage.reads) - optional <= there
            assert not set(stage.writes) & there
            there |= set(stage.writes)
        assert len({stage.name for stage in table}) == len(table)


def test_a_key_changes_with_what_it_is_made_of(tables):
    table, sources, settings = tables[0], {"corpus": "abc", "learned": 6}, RunSettings()
    keys = keys_of(table, sources, settings)
    assert list(keys) == [
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
    assert keys_of(table, dict(sources), RunSettings()) == keys

    def differ(sources=sources, **values):
        other = keys_of(table, sources, build(RunSettings, values))
        return [name for name in keys if keys[name] != other[name]]

    assert differ(sources | {"corpus": "abd"}) == list(keys)
    learned = [name for name in keys if name != "words"]
    assert differ(sources | {"learned": 5}) == learned
    assert differ(pretraining={"lowercase": False}) == learned
    assert differ(pretraining={"size": "tiny"}) == learned[2:]  # static vectors come from the language model
    assert differ(pretraining={"checkpoint_seconds": 1.0}, memory="8GB", corpus={"unit": "sentence"}) == []
    assert differ(pretraining={"mask_rate": 0.2}) == learned[3:]
    assert differ(embedding={"refine": False}) == learned[2:]
    assert differ(embedding={"sif_a": 0.1}) == learned[4:]
    assert differ(embedding={"temperature": 0.5}) == []
    assert differ(lang="de") == ["words", "report"]
    assert differ(embedding={"compute": "float32"}) == learned[5:]
    assert differ(clustering={"n_init": 3}) == ["groups", "levels", "report"]
    assert differ(reporting={"keywords": 3}) == ["report"]


def test_a_file_that_has_not_changed_is_not_parsed_again(again, six, quick, finished, monkeypatch):
    def parsed(*arguments, **named):
        raise AssertionError("the file was parsed again")

    monkeypatch.setattr(setup, "read_input", parsed)
    out, written, _ = again(command_of(six, quick), finished, "--clusters", "3")
    assert written == GROUPS
    with pytest.raises(AssertionError, match="parsed again"):
        main([*command_of(six, quick), "--out", str(out), "--set", "corpus.unit=sentence"])


def test_a_file_that_has_changed_is_read_again(six, quick, tmp_path, capsys):
    path = tmp_path / "texts.txt"
    shutil.copy(six, path)
    command = ["run", str(path), "--clusters", "2", "--out", str(tmp_path / "run"), *quick]
    assert main(command) == 0
    path.write_text(six.read_text() + "another line about a hen\n")
    assert main([*command, "--fresh"]) == 0
    assert len(textssl.load_run(tmp_path / "run").labels) == 7
