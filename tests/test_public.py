"""The names a user imports are there and say what they are."""

import ast
import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import textssl

PACKAGE = Path(textssl.__file__).parent
PUBLIC = set(textssl.__all__) - {"__version__"}
JUDGE = textssl.PretrainingSettings(objective="mlm,rtd", tokens=100)
QUICK = textssl.RunSettings(
    pretraining=textssl.PretrainingSettings(tokens=100), reporting=textssl.ReportingSettings(map_points=0)
)
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("name", textssl.__all__)
def test_every_public_name_resolves(name):
    value = getattr(textssl, name)
    assert isinstance(value, str) if name == "__version__" else value.__doc__


def finished_with_labels(six, tmp_path):
    """Return the folder of a finished run on a table with known classes."""
    rows = [{"text": text, "kind": "dog" if "dog" in text else "fox"} for text in six.read_text().splitlines()]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = dataclasses.replace(QUICK, corpus=textssl.CorpusSettings(text_column="text", label_column="kind"))
    return textssl.run(tmp_path / "rows.jsonl", tmp_path / "labelled", settings).folder


def classifier(finished):
    return textssl.fit_classifier(
        finished, ["a fox", "a fox leaps", "a dog", "a dog runs"], ["fox", "fox", "dog", "dog"]
    )


def test_what_is_callable_stays_callable(finished, six, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(20, 3))
    calls = {
        "corrupt": lambda: textssl.corrupt(["a fox"], "keyboard", 0.5),
        "cluster": lambda: textssl.cluster(vectors),
        "choose": lambda: textssl.choose(finished, 2),
        "edit": lambda: textssl.edit(finished),
        "compare": lambda: textssl.compare(finished, finished),
        "encode": lambda: textssl.encode(finished / "encoder", ["a fox"]),
        "evaluate": lambda: textssl.evaluate(finished_with_labels(six, tmp_path)),
        "export": lambda: textssl.export(textssl.Results({"row": np.arange(2)}), "csv", tmp_path / "out.csv"),
        "fill": lambda: textssl.fill(finished / "language_model", "the ____"),
        "fit_classifier": lambda: classifier(finished).save(tmp_path / "classifier"),
        "find_duplicates": lambda: textssl.find_duplicates(six),
        "judge": lambda: textssl.judge(textssl.pretrain(["a fox"], tmp_path / "judge", JUDGE), "a fox"),
        "load_classifier": lambda: textssl.load_classifier(tmp_path / "classifier"),
        "load_run": lambda: textssl.load_run(finished),
        "novelty": lambda: textssl.novelty(finished, six),
        "predict": lambda: textssl.predict(finished, six),
        "pretrain": lambda: textssl.pretrain(["a fox"], tmp_path / "lm", textssl.PretrainingSettings(tokens=100)),
        "read_corpus": lambda: textssl.read_corpus(six),
        "robustness": lambda: textssl.robustness(
            shutil.copytree(finished, tmp_path / "measured", dirs_exist_ok=True), corruptions=["swap"], rates=[0.5]
        ),
        "reduce": lambda: textssl.reduce(vectors),
        "run": lambda: textssl.run(six, tmp_path / "run", QUICK),
        "show_progress": lambda: textssl.show_progress(True),
    }
    classes = {name for name in PUBLIC if isinstance(getattr(textssl, name), type)}
    assert set(calls) == PUBLIC - classes
    for _ in range(2):
        for name, call in calls.items():
            call()
            assert callable(getattr(textssl, name)), name


USERS_SCRIPT = """
import numpy as np
import textssl

settings = textssl.RunSettings(clustering=textssl.ClusteringSettings(n_clusters=12))
run = textssl.run(["a list", "of texts"], "runs/mine", settings)
reveal_type(run.labels)
encoder = textssl.TextEncoder("lm").fit(["a", "b"])
reveal_type(textssl.cluster(textssl.encode(encoder, ["a", "b"])).probabilities)
textssl.ClusteringSettings(clusterz=3)
textssl.runn(["a"])
"""


def test_a_type_checker_knows_every_public_name(tmp_path):
    (tmp_path / "script.py").write_text(USERS_SCRIPT)
    options = ["--ignore-missing-imports", "--follow-imports=silent", f"--cache-dir={tmp_path}"]
    command = [sys.executable, "-m", "mypy", *options, str(tmp_path / "script.py")]
    said = subprocess.run(command, capture_output=True, text=True, cwd=PACKAGE.parent).stdout.splitlines()
    assert 'script.py:7: note: Revealed type is "numpy.ndarray' in said[0]
    assert 'script.py:9: note: Revealed type is "numpy.ndarray' in said[1]
    assert 'Unexpected keyword argument "clusterz" for "ClusteringSettings"' in said[2]
    assert 'has no attribute "runn"' in said[3]


def test_the_stub_names_what_the_module_has():
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    found = {alias.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert found == textssl._PUBLIC


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        _ = textssl.runn


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_public_thing_has_a_docstring(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), module
    undescribed = [name for name, node in public_things(tree) if not ast.get_docstring(node)]
    assert not undescribed


def public_things(tree, inside=""):
    """Yield functions, classes and methods whose names do not begin with an underscore."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        overload = any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list)
        if not overload:
            yield f"{inside}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public_things(node, f"{node.name}.")
