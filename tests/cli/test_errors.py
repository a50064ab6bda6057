"""Every bad input gives one clear line and the right exit code, and nothing else."""

import io
import json
import os
import shutil
import signal

import numpy as np
import pytest
from processes import Command

from textssl.cli import main
from textssl.run_folder import FORMAT


@pytest.fixture
def fails(capsys):
    """Return a function that runs a command and returns its exit code and the line it says."""

    def call(*arguments) -> tuple[int, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        err = capsys.readouterr().err
        said = [line for line in err.replace("\r", "\n").splitlines() if line.startswith("textssl: ")]
        assert len(said) == 1, err
        assert "Traceback" not in err
        assert err.endswith(said[0] + "\n")
        return code, said[0]

    return call


@pytest.fixture
def text_file(tmp_path):
    """Return a function that writes a file of the given text or bytes."""

    def write(content: str | bytes, name: str = "texts.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def broken(finished, tmp_path):
    """A copy of a finished run, to be damaged."""
    return shutil.copytree(finished, tmp_path / "broken")


TABLE = "review,stars\nthe soup was cold,1\nthe soup was hot,5\n"

BAD_INPUT = {
    "one text": ("a lonely line\n", "one distinct text"),
    "all equal": ("the same line\n" * 20, "one distinct text"),
    "empty": ("", "is empty"),
    "blank": ("\n   \n\t\n", "contains only blank rows (3)"),
    "binary": (bytes(range(256)) * 40, "is binary"),
    "damaged UTF-8": ("naïve café déjà vu\n".encode() * 20 + b"\xff\n", "damaged bytes"),
}


@pytest.mark.parametrize(("content", "reason"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_texts_that_cannot_be_used_leave_nothing_behind(content, reason, fails, text_file, tmp_path):
    code, line = fails("run", text_file(content), "--out", tmp_path / "out")
    assert code == 1
    assert reason in line
    assert [path.name for path in tmp_path.iterdir()] == ["texts.txt"]


def test_missing_file(fails, tmp_path):
    code, line = fails("run", tmp_path / "nowhere.txt", "--out", tmp_path / "out")
    assert code == 1
    assert "there is no file or folder" in line


def test_unreadable_file(fails, text_file, tmp_path):
    path = text_file("a line\nanother line\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root reads everything")
    assert fails("run", path, "--out", tmp_path / "out") == (1, f"textssl: cannot read {path}: Permission denied")


@pytest.mark.parametrize(("flag", "name"), [("--text-column", "reviews"), ("--label-column", "star")])
def test_no_such_column(flag, name, fails, text_file, tmp_path):
    code, line = fails("run", text_file(TABLE, "t.csv"), "--out", tmp_path / "out", flag, name)
    assert code == 2
    assert f"no column {name!r}" in line
    assert f"(nearest: '{'review' if name == 'reviews' else 'stars'}')" in line


def test_fewer_texts_than_clusters(fails, six, tmp_path):
    code, line = fails("run", six, "--out", tmp_path / "out", "--clusters", "6")
    assert code == 1
    assert "5 distinct texts, fewer than the 6 requested clusters" in line
    assert not list(tmp_path.iterdir())  # so that the same command with fewer clusters may take the folder


@pytest.mark.parametrize(
    ("memory", "code", "reason"),
    [
        ("4", 2, "memory expects text, got 4"),
        ("four", 2, "memory expects a size such as 4GB or 500MB, or auto, got 'four'"),
        ("100MB", 1, "5 texts of 235 characters take 0.9 GB of memory at least, more than the 0.1 GB allowed"),
    ],
)
def test_memory_that_is_none_or_too_little(memory, code, reason, fails, six, tmp_path):
    failed, line = fails("run", six, "--out", tmp_path / "out", "--memory", memory)
    assert (failed, reason in line) == (code, True), line
    assert not list(tmp_path.iterdir())


BAD_SETTING = {
    "unknown": ("pretraining.tokns=5", "unknown setting 'pretraining.tokns' (nearest: 'pretraining.tokens')"),
    "unknown group": ("training.tokens=5", "unknown setting 'training.tokens' (nearest: 'pretraining.tokens')"),
    "not one of": ("clustering.method=kmean", "clustering.method expects 'auto' or 'kmeans' or"),
    "no number": ("seed=one", "seed expects a whole number, got 'one'"),
    "a truth value": ("seed=true", "seed expects a whole number, got True"),
    "out of range": ("pretraining.mask_rate=2", "pretraining.mask_rate must lie in [0.01, 0.99], got 2.0"),
    "negative": ("clustering.n_clusters=0", "clustering.n_clusters must lie in [1, inf], got 0"),
    "no value": ("seed", "--set expects key=value, got 'seed'"),
    "a group": ("corpus=5", "corpus is a group of settings, got 5"),
    "not one of several": (
        "pretraining.objective=mlm,ordre",
        "one or several separated by commas, got 'ordre' (nearest: 'order')",
    ),
    "twice": ("pretraining.objective=mlm,rtd,mlm", "pretraining.objective names 'mlm' twice: leave one out"),
    "two models": ("pretraining.objective=clm,mlm", "which takes two models: leave one out"),
    "no language": ("lang=klingon", "unknown language 'klingon'"),
    "no encoding": ("corpus.encoding=utf-9", "no text encoding is called 'utf-9'"),
}


@pytest.mark.parametrize(("assignment", "reason"), BAD_SETTING.values(), ids=BAD_SETTING)
def test_bad_settings(assignment, reason, fails, text_file, tmp_path):
    texts = text_file("one line\nanother line\n")
    code, line = fails("run", texts, "--out", tmp_path / "out", "--set", assignment)
    assert code == 2
    assert reason in line
    assert [path.name for path in tmp_path.iterdir()] == ["texts.txt"]


@pytest.mark.parametrize(
    ("toml", "reason"),
    [("seed = ", "is not a TOML file"), ("[pretraining]\nsede = 1", "unknown setting 'pretraining.sede'")],
)
def test_bad_settings_file(toml, reason, fails, six, text_file, tmp_path):
    code, line = fails("run", six, "--out", tmp_path / "out", "--config", text_file(toml, "settings.toml"))
    assert code == 2
    assert reason in line


def test_no_settings_file(fails, six, tmp_path):
    code, line = fails("run", six, "--out", tmp_path / "out", "--config", tmp_path / "none.toml")
    assert code == 2
    assert "cannot read the settings file" in line


def test_folder_that_is_taken(fails, six, text_file, tmp_path):
    (tmp_path / "out").mkdir()
    mine = text_file("dear diary", "out/diary.txt")
    code, line = fails("run", six, "--out", tmp_path / "out")
    assert code == 2
    assert "is not empty and contains no run" in line
    assert mine.read_text() == "dear diary"


def test_out_is_the_working_folder(fails, six, text_file, tmp_path, monkeypatch):
    text_file("dear diary")
    monkeypatch.chdir(tmp_path)
    code, line = fails("run", six, "--out", ".")
    assert code == 2
    assert "is not empty and contains no run" in line


def test_out_is_a_file(fails, six, text_file):
    path = text_file("dear diary")
    assert fails("run", six, "--out", path) == (2, f"textssl: {path} is a file: --out expects a folder")
    assert path.read_text() == "dear diary"


EVERY = "tokens, bags of words, token vectors, language model, encoder, embeddings, groups, levels, map, words, report"
LEARNED = EVERY.replace("words, report", "report")  # the words of texts depend on no setting but the language


@pytest.mark.parametrize(
    ("more", "difference", "replaced"),
    [
        (
            ["--seed", "1"],
            "(seed: 0, now 1)",
            LEARNED,
        ),
        (
            ["--set", "pretraining.vocabulary=500", "--clusters", "3"],
            "(pretraining.vocabulary: auto, now 500; clustering.n_clusters: 2, now 3)",
            LEARNED,
        ),
        (
            ["--set", "embedding.sif_a=0.1"],
            "(embedding.sif_a: auto, now 0.1)",
            "encoder, embeddings, groups, levels, map, report",
        ),
    ],
    ids=str,
)
def test_folder_of_a_run_with_other_settings(more, difference, replaced, fails, six, finished, quick):
    code, line = fails("run", six, "--out", finished, "--clusters", "2", *quick, *more)
    assert code == 2
    assert line == (
        f"textssl: {finished} was made with different settings {difference}: {replaced} would be replaced; "
        "add --fresh to replace them, or choose another --out"
    )
    assert json.loads((finished / "manifest.json").read_text())["finished"]


def test_folder_of_a_run_on_another_input(fails, text_file, finished, quick):
    other = text_file("one line\nanother line\n")
    code, line = fails("run", other, "--out", finished, "--clusters", "2", *quick)
    assert code == 2
    assert f"was made with another input: {EVERY} would be replaced" in line


def test_pretrain_in_the_folder_of_a_run_with_other_settings(fails, six, finished, quick):
    code, line = fails("pretrain", six, "--out", finished, *quick, "--set", "clustering.n_clusters=3")
    assert code == 2
    assert "(clustering.n_clusters: 2, now 3): groups, levels, report would be replaced; add --fresh" in line
    assert json.loads((finished / "manifest.json").read_text())["finished"]


def test_fewer_texts_than_clusters_in_the_folder_of_a_run(fails, six, finished, quick):
    code, line = fails("run", six, "--out", finished, "--clusters", "6", *quick)
    assert code == 1
    assert "5 distinct texts, fewer than the 6 requested clusters" in line
    assert json.loads((finished / "manifest.json").read_text())["finished"]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (
            "clustering.n_clusters=3",
            "textssl report does not read clustering.n_clusters: it reads reporting.*; leave it out",
        ),
        ("reporting.keywords=0", "reporting.keywords must lie in [1, 100], got 0"),
    ],
)
def test_settings_that_a_report_cannot_have(setting, reason, fails, finished):
    assert fails("report", finished, "--set", setting) == (2, f"textssl: {reason}")


def test_pooling_that_would_see_nothing(fails, six, tmp_path):
    code, line = fails("run", six, "--out", tmp_path / "out", "--objective", "clm", "--set", "embedding.pooling=cls")
    assert code == 2
    assert "pooling cls takes the first token" in line
    assert not (tmp_path / "out").exists()


def test_an_encoder_and_a_checkpoint(fails, six, finished, tmp_path):
    code, line = fails("run", six, "--out", tmp_path / "out", "--encoder", finished, "--start", finished)
    assert code == 2
    assert "a run begins with one of them" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("embedding.form=transformer", "got both the encoder"),
        (
            "embedding.objectives=splitviews",
            "one or several separated by commas, got 'splitviews' (nearest: 'split_views')",
        ),
    ],
)
def test_settings_that_an_encoder_leaves_no_use(setting, reason, fails, six, finished, tmp_path):
    code, line = fails("run", six, "--out", tmp_path / "out", "--encoder", finished, "--set", setting)
    assert (code, reason in line) == (2, True), line
    assert not (tmp_path / "out").exists()


def test_a_dictionary_that_cannot_serve(fails, six, tmp_path):
    given = ("run", six, "--out", tmp_path / "out", "--set", f"embedding.dictionary={tmp_path / 'nowhere'}")
    code, line = fails(*given)
    assert code == 2
    assert "set embedding.form=lexical" in line
    code, line = fails(*given, "--set", "embedding.form=lexical")
    assert code == 2
    assert "embedding.dictionary: there is no file" in line
    assert not (tmp_path / "out").exists()


def test_no_checkpoint_to_start_from(fails, six, tmp_path):
    code, line = fails("run", six, "--out", tmp_path / "out", "--start", tmp_path / "nowhere")
    assert code == 2
    assert "is not a folder: pass the folder of a checkpoint" in line
    (tmp_path / "empty").mkdir()
    code, line = fails("pretrain", six, "--out", tmp_path / "out", "--start", tmp_path / "empty")
    assert code == 1
    assert "holds no checkpoint that can learn mlm" in line
    assert not (tmp_path / "out").exists()


# What asks for a finished run, each with the rest of its arguments.
READERS = {
    "predict": ("predict", "RUN", "TEXTS", "--out", "OUT.csv"),
    "evaluate": ("evaluate", "RUN"),
    "export": ("export", "RUN", "--format", "csv", "--out", "OUT.csv"),
    "report": ("report", "RUN"),
    "robustness": ("robustness", "RUN"),
}


@pytest.fixture
def reads(fails, six, tmp_path):
    """Return a function that gives a command of READERS the run folder."""

    def call(command: str, run) -> tuple[int, str]:
        named = {"RUN": run, "TEXTS": six, "OUT.csv": tmp_path / "out.csv"}
        found = fails(*[named.get(argument, argument) for argument in READERS[command]])
        assert not (tmp_path / "out.csv").exists()
        return found

    return call


@pytest.mark.parametrize("command", READERS)
def test_no_run(command, reads, tmp_path, six):
    assert reads(command, tmp_path)[0] == 1
    for nothing in (tmp_path, tmp_path / "nowhere", six):
        assert "contains no run (no manifest.json)" in reads(command, nothing)[1]


@pytest.mark.parametrize("command", READERS)
def test_half_written_run(command, reads, broken):
    manifest = json.loads((broken / "manifest.json").read_text())
    (broken / "manifest.json").write_text(json.dumps(manifest | {"finished": False}))
    code, line = reads(command, broken)
    assert code == 1
    assert "is incomplete: run the same textssl run command again" in line


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("format", [0, 99, None])
def test_run_of_another_format(format, command, reads, broken):
    manifest = json.loads((broken / "manifest.json").read_text())
    (broken / "manifest.json").write_text(json.dumps(manifest | {"format": format}))
    code, line = reads(command, broken)
    assert code == 1
    assert f"has format {format}, expected format {FORMAT}" in line


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("content", [b'{"format": 2, "fini', b"\xff\xfe\x00", b""])
def test_damaged_manifest(content, command, reads, broken):
    (broken / "manifest.json").write_bytes(content)
    code, line = reads(command, broken)
    assert code == 1
    assert "manifest.json is damaged" in line


@pytest.mark.parametrize(
    "name", ["embeddings.npy", "assignments.parquet", "coordinates.parquet", "clusters.json", "metrics.json"]
)
@pytest.mark.parametrize("damage", ["cut short", "gone"])
def test_damaged_artefacts(name, damage, reads, broken):
    if damage == "gone":
        (broken / name).unlink()
    else:
        (broken / name).write_bytes((broken / name).read_bytes()[:20])
    code, line = reads("export", broken)
    assert code == 1
    assert "damaged" in line


@pytest.mark.parametrize("name", ["embeddings.npy", "assignments.parquet", "corpus.arrow", "clusterer.safetensors"])
@pytest.mark.parametrize("damage", ["cut short", "gone"])
def test_damaged_artefacts_of_a_report(name, damage, reads, broken):
    if damage == "gone":
        (broken / name).unlink()
    else:
        (broken / name).write_bytes((broken / name).read_bytes()[:20])
    assert reads("report", broken)[0] == 1


def test_judge_without_pretext_tasks(fails, finished):
    code, line = fails("judge", finished, "a fox")
    assert code == 2
    assert line == (
        "textssl: a mlm model has learned no pretext task, so it cannot judge a text: "
        "train one with --objective mlm,rtd,order"
    )


def test_fill_without_a_language_model(fails, tmp_path):
    code, line = fails("fill", tmp_path, "the ____")
    assert code == 1
    assert "holds no language model of textssl" in line


@pytest.mark.parametrize(
    ("text", "top", "reason"),
    [("____ and ____", "5", "expected at most one blank (____), got 2"), ("a", "0", "at least 1")],
)
def test_bad_blanks(text, top, reason, fails, finished):
    code, line = fails("fill", finished, text, "--top", top)
    assert code == 2
    assert reason in line


def test_embed_without_an_encoder(fails, six, tmp_path):
    code, line = fails("embed", tmp_path, six, "--out", tmp_path / "out.npy")
    assert code == 1
    assert "holds no SentenceTransformer (no modules.json)" in line


def test_embed_to_no_known_format(fails, six, finished, tmp_path):
    code, line = fails("embed", finished, six, "--out", tmp_path / "out.xlsx")
    assert code == 2
    assert "names no format: expected one of .npy" in line


NOT_VECTORS = {
    "NaN": (np.array([[1, 2], [np.nan, 4]], np.float32), "has NaN or infinity in row 1"),
    "one dimension": (np.arange(5.0), "has shape (5,), expected (texts, dimensions)"),
    "pickled": (np.array([{"a": 1}, None], dtype=object), "contains no embeddings"),
    "words": (np.array([["a", "b"]]), "expected numbers"),
    "no rows": (np.empty((0, 4), np.float32), "0 sample(s)"),
}


@pytest.mark.parametrize(("array", "reason"), NOT_VECTORS.values(), ids=NOT_VECTORS)
def test_cluster_what_are_no_vectors(array, reason, fails, tmp_path):
    np.save(tmp_path / "in.npy", array)
    code, line = fails("cluster", tmp_path / "in.npy", "--out", tmp_path / "out.csv", "--clusters", "2")
    assert code == 1
    assert reason in line


def test_cluster_no_file(fails, tmp_path):
    code, line = fails("cluster", tmp_path / "in.npy", "--out", tmp_path / "out.csv")
    assert (code, line) == (1, f"textssl: cannot read {tmp_path / 'in.npy'}: No such file or directory")


def test_cluster_fewer_vectors_than_clusters(fails, tmp_path):
    np.save(tmp_path / "in.npy", np.eye(3, dtype=np.float32))
    code, line = fails("cluster", tmp_path / "in.npy", "--out", tmp_path / "out.csv", "--clusters", "5")
    assert code == 1
    assert "3 distinct vectors cannot make 5 clusters" in line


def test_export_to_an_unknown_format(fails, finished, tmp_path):
    code, line = fails("export", finished, "--format", "parket", "--out", tmp_path / "out")
    assert code == 2
    assert line == "textssl: no export format is called 'parket' (nearest: 'parquet')"


@pytest.mark.parametrize("format", ["csv", "projector"])
def test_export_never_replaces_a_folder_of_others(format, fails, finished, text_file, tmp_path):
    (tmp_path / "mine").mkdir()
    mine = text_file("dear diary", "mine/diary.txt")
    code, line = fails("export", finished, "--format", format, "--out", tmp_path / "mine")
    assert code == 2
    assert "is a folder with other files" in line
    assert mine.read_text() == "dear diary"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_evaluate_without_labels(fails, finished):
    code, line = fails("evaluate", finished)
    assert code == 1
    assert "has no labels: name a column with --label-column" in line


def test_evaluate_by_a_column_that_is_not_there(fails, text_file, tmp_path, quick):
    table = text_file(TABLE, "t.csv")
    out = tmp_path / "out"
    assert main(["run", str(table), "--out", str(out), "--text-column", "review", *quick]) == 0
    code, line = fails("evaluate", out, "--label-column", "star")
    assert code == 2
    assert "(nearest: 'stars')" in line


def test_predict_nothing(fails, finished, text_file, tmp_path):
    code, line = fails("predict", finished, text_file(""), "--out", tmp_path / "out.csv")
    assert code == 1
    assert "is empty: expected texts" in line


def test_standard_input_that_is_empty(fails, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    code, line = fails("run", "-", "--out", tmp_path / "out")
    assert code == 1
    assert "standard input contains no texts" in line


def test_read_only_folder(fails, six, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("root writes everywhere")
    code, line = fails("run", six, "--out", closed / "out")
    assert code == 1
    assert "Permission denied" in line


def test_full_disk(six, quick, tmp_path):
    command = ["run", str(six), "--out", str(tmp_path / "out"), *quick]
    for largest_file in (300, 100_000, 1_000_000):  # the corpus, the weights, the weights do not fit
        limited = Command(command, tmp_path / "said", largest_file)
        assert limited.wait() == 1, (tmp_path / "said").read_text()
        said = (tmp_path / "said").read_text()
        assert "textssl: cannot write " in said.splitlines()[-1]
        assert "Traceback" not in said
        assert not list(tmp_path.rglob("*.part"))
    assert main(command) == 0  # and with room, the same command ends


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_stopped_runs_go_on(number, fails, six, tmp_path, quick, monkeypatch):
    from textssl.pipeline import learning

    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    fit = learning.make_encoder
    monkeypatch.setattr(learning, "make_encoder", lambda *given, **named: os.kill(os.getpid(), number))
    command = ["run", six, "--out", tmp_path / "out", "--clusters", "2", *quick]
    code, line = fails(*command)
    assert (code, line) == (130, "textssl: interrupted; run the same command again to continue")
    before = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert list(before["stages"]) == ["tokens", "token vectors", "language model"]
    monkeypatch.setattr(learning, "make_encoder", fit)
    assert main([str(argument) for argument in command]) == 0
    after = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert after["finished"]
    assert after["stages"]["language model"] == before["stages"]["language model"]
