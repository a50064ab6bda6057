"""Threads that share an encoder, and what is left of threads and random states after work is done."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from fitting import fit_encoder

from textssl.encoder.inference.encode import encode, load_encoder
from textssl.encoder.settings import EmbeddingSettings
from textssl.pretraining.pretraining import pretrain
from textssl.pretraining.settings import PretrainingSettings


@pytest.fixture(scope="module", params=["static", "transformer"])
def encoder(request, language_model, texts, tmp_path_factory):
    settings = EmbeddingSettings(form=request.param, dimensions=12, sentence_tokens=0, max_length=16)
    return fit_encoder(language_model, texts, tmp_path_factory.mktemp("shared") / request.param, settings)


def test_eight_threads_get_the_vectors_of_one(encoder, texts):
    long = " ".join(texts[:30])  # read in pieces
    rng = np.random.default_rng(0)
    calls = [[*rng.choice(texts, rng.integers(1, 18)), *[long] * (call % 3 == 0)] for call in range(120)]
    alone = [encode(encoder, call) for call in calls]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda call: encode(encoder, call), calls))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(other, one)


_WATCHED = """
import os, sys, threading
import torch
from threadpoolctl import threadpool_info
from textssl.encoder.inference import forward
from textssl.encoder.inference.encode import encode, load_encoder

torch.set_num_threads(3)
encoder, texts = load_encoder(sys.argv[1]), ["boat sail wind harbour", "oven flour butter sugar"] * 200
square, vectors, seen = torch.rand(1200, 1200), forward._vectors, []

def running():
    return len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 0

def counts():
    later = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return torch.get_num_threads(), later, [library["num_threads"] for library in threadpool_info()]

def watched(*given):
    square @ square, torch.nn.functional.gelu(square)  # large enough to be shared out
    seen.append((threading.current_thread().name, torch.get_num_threads(), running()))
    return vectors(*given)

square @ square
encode(encoder, texts, batch_tokens=40)
before, at_rest = counts(), running()
forward._vectors = watched
encode(encoder, texts, batch_tokens=40)
assert counts() == before, (counts(), before)
assert len({name for name, *_ in seen}) > 1, seen
assert all(threads == 1 and at_work <= at_rest + 3 for _, threads, at_work in seen), (at_rest, seen)
print("one thread each")
"""


def test_work_in_parallel_is_done_by_one_thread_each_and_no_count_changes(language_model, texts, tmp_path):
    fit_encoder(language_model, texts, tmp_path / "encoder", EmbeddingSettings(form="transformer", sentence_tokens=0))
    command = [sys.executable, "-c", _WATCHED, str(tmp_path / "encoder")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "one thread each", done.stderr[-2000:]


def random_states():
    numbers = np.random.get_state()
    return [random.getstate(), torch.get_rng_state().tolist(), numbers[1].tolist(), numbers[2:]]


@pytest.mark.parametrize("objective", ["mlm", "clm"])
def test_the_random_states_are_the_callers(objective, texts, tmp_path):
    before = random_states()
    pretrain(texts, tmp_path / "lm", PretrainingSettings(tokens=500, objective=objective))
    assert random_states() == before
    settings = EmbeddingSettings(sentence_tokens=500, objectives="denoising,dropout", batch_texts=32, max_length=16)
    for form in ("static", "lexical", "transformer"):
        fit_encoder(tmp_path / "lm", texts, tmp_path / form, EmbeddingSettings(**vars(settings) | {"form": form}))
        assert random_states() == before
        encode(tmp_path / form, texts)
        encode(load_encoder(tmp_path / form), texts[:3])
        assert random_states() == before
