"""Runs that are killed at random moments and started again end in the same bytes as an unbroken one."""

import os
import random
import shutil
import signal
import time

import pytest
from processes import Command
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from subjects import WORDS

from textssl.cli import main
from textssl.pipeline import learning
from textssl.run_folder import RunFolder, read_manifest

KILLS = int(os.environ.get("TEXTSSL_KILLS", "5"))
SAME = ["language_model/model.safetensors", "encoder/model.safetensors", "embeddings.npy", "assignments.parquet"]
SAME += ["clusterer.safetensors", "clusters.json", "config.toml"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """1,200 texts of five subjects: enough for vectors and groups to be refined together."""
    draw = random.Random(5)
    lines = []
    for row in range(1200):
        subject = list(WORDS)[row % len(WORDS)]
        lines.append(f"{subject} {row} " + " ".join(draw.choices(WORDS[subject], k=7)))
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def teacher(tokenizer, tmp_path_factory):
    """The folder of an encoder that knows a few words."""
    folder = tmp_path_factory.mktemp("teacher")
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save(str(folder))
    return folder


def command(texts, out, form, teacher):
    settings = ["pretraining.tokens=25000", "pretraining.checkpoint_seconds=0.1", "reporting.map_points=100"]
    settings += [f"embedding.teacher={teacher}"] if form == "taught" else [f"embedding.form={form}"]
    settings += ["embedding.sentence_tokens=20000"]
    given = [argument for setting in settings for argument in ("--set", setting)]
    return ["run", str(texts), "--out", str(out), "--clusters", "5", *given]


@pytest.fixture(scope="module", params=["static", "transformer", "taught"])
def unbroken(request, texts, teacher, tmp_path_factory):
    """The form of a run, its folder, and how many seconds it took."""
    folder = tmp_path_factory.mktemp("unbroken")
    assert Command(["report", str(folder)], folder / "said").wait() == 1  # the first call loads the libraries
    started = time.monotonic()
    assert Command(command(texts, folder / "run", request.param, teacher), folder / "said").wait() == 0
    return request.param, folder / "run", time.monotonic() - started


def test_killed_runs_end_in_the_same_bytes(unbroken, texts, teacher, tmp_path):
    form, whole, seconds = unbroken
    broken = tmp_path / "broken"
    draw = random.Random(11)
    kills = KILLS if form == "static" else max(3, KILLS // 3)
    while kills:
        running = Command(command(texts, broken, form, teacher), tmp_path / "said")
        code = running.wait(draw.uniform(0.02, 0.5 * seconds))
        if code is None:
            running.kill() if kills % 3 else ask_to_stop(running, broken)
            kills -= 1
        else:  # it came to its end between two kills: the rest of them fall on a new one
            assert code == 0, (tmp_path / "said").read_text()
            check_same(broken, whole)
            shutil.rmtree(broken)
    assert Command(command(texts, broken, form, teacher), tmp_path / "said").wait() == 0, (
        tmp_path / "said"
    ).read_text()
    check_same(broken, whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "said"]


def ask_to_stop(running, out):
    """SIGTERM: nothing half-written stays, and nothing is said but one line."""
    asked = time.time()
    running.process.terminate()
    code = running.wait()
    if code == 0:  # it had done all its work, and was unloading its libraries
        assert read_manifest(RunFolder(out))["finished"]
        assert (out / "manifest.json").stat().st_mtime <= asked
        return
    assert code in (130, -signal.SIGTERM)  # the latter before it could listen
    if code == 130:
        assert not list(out.glob("*.part"))
        assert "textssl: interrupted; run the same command again to continue\n" in running.said.read_text()
        assert "Traceback" not in running.said.read_text()


def check_same(broken, whole):
    assert sorted(path.name for path in broken.iterdir()) == sorted(path.name for path in whole.iterdir())
    for name in SAME if (whole / "language_model").exists() else SAME[1:]:
        assert (broken / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_run_whose_folder_is_closed_goes_on_when_it_is_open(six, quick, tmp_path, monkeypatch, capsys):
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    out = tmp_path / "run"
    command = ["run", str(six), "--out", str(out), "--clusters", "2", *quick]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    with monkeypatch.context() as patch:
        patch.setattr(learning, "make_encoder", lambda *given, **named: os.kill(os.getpid(), signal.SIGINT))
        assert main(command) == 130
    left = sorted(out.rglob("*"))
    capsys.readouterr()
    out.chmod(0o555)
    assert main(command) == 1
    assert capsys.readouterr().err.startswith(f"textssl: cannot write {out}")
    assert sorted(out.rglob("*")) == left
    out.chmod(0o755)
    assert main(command) == 0
