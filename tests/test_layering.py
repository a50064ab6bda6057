"""What may import what, and what may not be there at all."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "textssl"
MODULES = sorted(PACKAGE.rglob("*.py"))
STAGES = {
    "corpus",
    "pretraining",
    "encoder",
    "clustering",
    "density",
    "refining",
    "reduction",
    "classification",
    "evaluation",
    "reporting",
    "formats",
}
GROUND = {"errors", "config", "run_folder", "progress", "training", "memory", "results", "language", "estimators"}
HEAVY = {"torch", "transformers", "sklearn", "spacy", "numpy", "pandas", "pyarrow"}


def part_of(module: Path) -> str:
    """Return the stage of a module, or its own name if it lies at the top."""
    return module.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(module: Path) -> Iterator[str]:
    """Yield the full names of all modules that `module` imports, also inside functions."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield node.module or ""


def parts_imported(module: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(module) if name.startswith("textssl.")}


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_imports_the_ground_and_itself(stage):
    modules = [module for module in MODULES if part_of(module) == stage]
    assert modules
    for module in modules:
        assert parts_imported(module) <= GROUND | {stage}, module


def test_the_ground_stands_on_itself():
    for module in MODULES:
        if part_of(module) in GROUND:
            assert parts_imported(module) <= GROUND, module


def test_only_the_pipeline_joins_stages():
    for module in MODULES:
        if part_of(module) in {"pipeline", "run_settings"}:
            continue
        stages = parts_imported(module) & STAGES
        assert len(stages) <= (2 if part_of(module) == "cli" else 1), module
    settings = [name for name in imported(PACKAGE / "run_settings.py") if name.split(".")[1:2][0:1]]
    assert {name.rsplit(".", 1)[1] for name in settings if name.split(".")[1] in STAGES} == {"settings"}


def test_no_stage_knows_the_pipeline_or_the_command_line():
    for module in MODULES:
        if part_of(module) not in {"cli", "__init__"}:
            assert not parts_imported(module) & {"cli"}, module
        if part_of(module) not in {"cli", "pipeline"}:
            assert "pipeline" not in parts_imported(module), module


LIGHT = [
    "import textssl; dir(textssl)",
    "from textssl.cli import main; main(['--help'])",
    "from textssl.cli import main; assert main(['run', 'x', '--out', 'y', '--start', 'nowhere']) == 2",
    "from textssl.cli import main; assert main(['run', 'x', '--out', 'y', '--method', 'kmean']) == 2",
]


@pytest.mark.parametrize("call", LIGHT)
def test_nothing_heavy_is_loaded(call):
    code = f"import sys\ntry:\n    {call}\nexcept SystemExit:\n    pass\nprint('loaded:', *sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = shown.rpartition("loaded:")[2].split()
    assert "textssl" in loaded
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_that_is_read_can_run(module):
    assert not {"pickle", "marshal", "shelve", "joblib", "dill"} & {name.split(".")[0] for name in imported(module)}
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in {"eval", "exec", "compile", "torch.load", "torch.save", "os.system"}, called
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        for risky in ("trust_remote_code", "allow_pickle", "shell"):
            assert given.get(risky, "False") == "False", f"{called} with {risky}"
