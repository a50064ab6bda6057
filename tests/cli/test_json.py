"""With --json every command prints one object on standard output, and everything else on standard error."""

import json
import shutil

import numpy as np
import pytest

from textssl.cli import COMMANDS, main

FOXES = [f"{fox} {jumps} {over}" for fox in ("fox", "vixen") for jumps in ("jumps", "leaps", "runs") for over in "ab"]
DOGS = [f"{dog} {sleeps} {long}" for dog in ("dog", "hound") for sleeps in ("sleeps", "rests", "naps") for long in "cd"]
QUICK = "--set pretraining.tokens=500 --set reporting.map_points=0"

# Of each command its arguments, and the keys that the README promises.
CALLS = {
    "run": (f"IN --out NEW --clusters 2 {QUICK}", {"run", "report", "clusters", "metrics"}),
    "pretrain": ("IN --out NEW --set pretraining.tokens=500", {"language_model", "facts"}),
    "fill": ("RUN ____", {"predictions"}),
    "judge": ("RUN fox_jumps_a", {"judgements"}),
    "embed": ("RUN IN --out NEW.npy", {"out", "rows", "dimensions"}),
    "cluster": ("VECTORS --out NEW.csv", {"out", "rows", "notes", "choice", "reliability"}),
    "reduce": ("VECTORS --method pca --out NEW.csv", {"out", "rows", "dimensions", "notes"}),
    "choose": ("RUN --count 2 --out NEW.csv", {"out", "rows"}),
    "classify": ("RUN IN --label-column animal --out NEW", {"classifier", "report", "classes"}),
    "predict": ("RUN IN --out NEW.csv", {"out", "rows"}),
    "novelty": ("RUN IN --out NEW.csv", {"out", "rows", "outliers"}),
    "evaluate": ("COPY --label-column animal", {"run", "metrics"}),
    "duplicates": ("RUN --out NEW.csv", {"out", "rows", "duplicates", "groups", "notes"}),
    "edit": ("COPY --rename 0=Foxes", {"run", "changes"}),
    "robustness": ("RUN --rates 0.1", {"measured", "out"}),
    "compare": ("RUN RUN", {"clusters", "moved", "rows", "agreement", "out"}),
    "export": ("RUN --format csv --out NEW.csv", {"out"}),
    "report": ("COPY", {"run", "report", "clusters", "metrics"}),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a labelled table of texts, a finished run on it, and vectors."""
    folder = tmp_path_factory.mktemp("json")
    lines = [f"{text},{text.split()[0]}" for text in [*FOXES, *DOGS]]
    (folder / "animals.csv").write_text("\n".join(["text,animal", *lines]), encoding="utf-8")
    run = ["run", str(folder / "animals.csv"), "--text-column", "text", "--out", str(folder / "run")]
    assert main([*run, "--clusters", "2", "--objective", "mlm,order", *QUICK.split()]) == 0
    np.save(folder / "vectors.npy", np.load(folder / "run" / "embeddings.npy"))
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_prints_one_object(command, made, tmp_path, capsys):
    arguments, keys = CALLS[command]
    if "COPY" in arguments:
        shutil.copytree(made / "run", tmp_path / "copy")
    places = {
        "RUN": made / "run",
        "IN": made / "animals.csv",
        "VECTORS": made / "vectors.npy",
        "COPY": tmp_path / "copy",
    }
    filled = [str(places.get(argument, argument)) for argument in arguments.replace("NEW", f"{tmp_path}/new").split()]
    assert main([command, *(argument.replace("_jumps_", " jumps ") for argument in filled), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == keys
    for value in answer.values():
        assert value is None or isinstance(value, str | int | float | list | dict)


def test_the_object_says_what_the_text_says(made, capsys):
    assert main(["compare", str(made / "run"), str(made / "run"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["moved"] == 0
    assert answer["agreement"] == 1
    assert sum(cluster["size"] for cluster in answer["clusters"]) == answer["rows"] == 24
    assert main(["fill", str(made / "run"), "the ____ runs", "--json", "--top", "3"]) == 0
    predictions = json.loads(capsys.readouterr().out)["predictions"]
    assert [set(prediction) for prediction in predictions] == [{"word", "probability"}] * 3


def test_an_error_leaves_standard_output_empty(tmp_path, capsys):
    assert main(["report", str(tmp_path), "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("textssl: ")
