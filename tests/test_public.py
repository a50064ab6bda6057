"""The names a user imports are there and say what they are."""

import ast
from pathlib import Path

import pytest

import textssl

PACKAGE = Path(textssl.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("name", textssl.__all__)
def test_every_public_name_resolves(name):
    value = getattr(textssl, name)
    assert isinstance(value, str) if name == "__version__" else value.__doc__


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
