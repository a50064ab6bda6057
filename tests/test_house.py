"""Measures of the code itself: short functions, no import cycles, typed and documented public calls."""

import ast
import inspect
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

import textssl
import textssl.clustering
import textssl.reduction

PACKAGE = Path(textssl.__file__).parent
MODULES = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
LONGEST_FUNCTION = 60  # lines


@pytest.mark.parametrize("module", MODULES)
def test_no_function_is_long(module):
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


def imported_when_loaded(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            for part in ("body", "orelse", "finalbody"):
                if not isinstance(node, ast.FunctionDef):
                    yield from imported_when_loaded(getattr(node, part, []))


def test_no_import_cycle():
    graph = {
        name: set(imported_when_loaded(ast.parse(path.read_text(encoding="utf-8")).body)) & MODULES.keys() - {name}
        for name, path in MODULES.items()
    }
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert (
        order.index("textssl.errors") < order.index("textssl.clustering.kmeans") < order.index("textssl.pipeline.run")
    )


def public() -> Iterator[tuple[str, Any]]:
    """Yield public functions, and the public methods of public classes."""
    packages = (textssl.clustering, textssl.reduction)
    estimators = [getattr(package, name) for package in packages for name in package.__all__]
    for value in [*(getattr(textssl, name) for name in textssl.__all__), *estimators]:
        if inspect.isfunction(value):
            yield value.__name__, value
        elif inspect.isclass(value):
            for name, method in vars(value).items():
                method = method.__func__ if isinstance(method, classmethod) else method
                if inspect.isfunction(method) and not name.startswith("_"):
                    yield f"{value.__name__}.{name}", method


CALLS = dict(public())
# X and y are what they are everywhere in scikit-learn.
CONVENTIONAL = {"self", "cls", "X", "y"}


@pytest.mark.parametrize("name", CALLS)
def test_every_public_parameter_is_documented(name):
    text = inspect.getdoc(CALLS[name])
    assert text
    for parameter in inspect.signature(CALLS[name]).parameters.keys() - CONVENTIONAL:
        assert f"{parameter}:" in text or f"`{parameter}`" in text, parameter


def holds_any(hint: Any) -> bool:
    numpys = str(getattr(get_origin(hint), "__module__", "")).startswith("numpy")  # whose ArrayLike is made of Any
    return hint is Any or (not numpys and any(holds_any(part) for part in get_args(hint)))


@pytest.mark.parametrize("name", CALLS)
def test_no_public_type_is_any(name):
    try:
        hints = get_type_hints(CALLS[name])
    except NameError:  # of a library that is imported for type checkers only
        hints = {}
        assert "Any" not in str(inspect.signature(CALLS[name]).return_annotation)
    assert not [parameter for parameter, hint in hints.items() if holds_any(hint)]
