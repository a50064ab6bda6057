"""Write sentences from the docstrings of the installed Python packages as JSON lines, labelled by package.

python corpora/python_docs/make.py OUT.jsonl
"""

import argparse
import ast
import json
import re
import sysconfig
import warnings
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from textssl.corpus.segmentation import split_paragraphs, split_sentences

PACKAGES = 10
SENTENCES = 1500

# Doctests, underlines and tables, directives, fields, parameters ("name : type", "name (type): description").
NO_PROSE = re.compile(r"^\s*(>>>|\.\.|[-=~^*#+|]{3,}|:\w|@|[\w*`.,\[\] ]+ : |[-*] |[\w*`.]+( \([^)]*\))?:(\s|$))", re.M)
MARKUP = re.compile(r":[\w:]+:`[~!]?([^`<]+)[^`]*`|`+([^`<>]+)`+_*|\*\*?([^*\s][^*]*)\*\*?")
SENTENCE = re.compile(r"[A-Z][^<>{}=\\|`*#@\[\]~^]+[.!?]")


def main() -> None:
    """Write the corpus and print a summary."""
    parser = argparse.ArgumentParser(description="Collect sentences from the docstrings of the installed packages.")
    parser.add_argument("out", type=Path, metavar="OUT.jsonl")
    out = parser.parse_args().out
    # Docstrings of other packages contain invalid escapes, of which Python warns.
    warnings.simplefilter("ignore", SyntaxWarning)
    packages = sorted(_largest_packages())
    seen: dict[str, str] = {}
    for package in packages:
        for sentence in _sentences(package):
            seen.setdefault(sentence, package.name)
    with out.open("w", encoding="utf-8") as file:
        for sentence, name in seen.items():
            file.write(json.dumps({"text": sentence, "label": name}, ensure_ascii=False) + "\n")
    names = ", ".join(package.name for package in packages)
    print(f"{out}: {len(seen)} sentences of {len(packages)} packages: {names}")


def _largest_packages() -> list[Path]:
    """Return the installed packages with the most Python source."""
    sizes = {
        init.parent: sum(path.stat().st_size for path in init.parent.rglob("*.py"))
        for init in Path(sysconfig.get_path("purelib")).glob("[a-z]*/__init__.py")
    }
    return sorted(sizes, key=lambda package: (-sizes[package], package.name))[:PACKAGES]


def _sentences(package: Path) -> list[str]:
    """Return up to SENTENCES distinct sentences of a package."""
    found: dict[str, None] = {}
    for sentences in split_sentences(_paragraphs(package), "en"):
        if len(found) >= SENTENCES:
            break
        prose = (text for text in sentences if SENTENCE.fullmatch(text) and len(text.split()) >= 5)
        found.update(dict.fromkeys(prose))
    return list(found)[:SENTENCES]


def _paragraphs(package: Path) -> Iterator[str]:
    """Yield the prose paragraphs of a package; files are sorted by hash, so that the first are a random sample."""
    for path in sorted(package.rglob("*.py"), key=lambda path: _hash(str(path.relative_to(package)))):
        if "test" not in str(path.relative_to(package)):
            for docstring in _docstrings(path):
                yield from filter(None, map(_prose, split_paragraphs(docstring)))


def _docstrings(path: Path) -> Iterator[str]:
    try:
        nodes: list[ast.AST] = [ast.parse(path.read_bytes())]
    except (SyntaxError, ValueError):  # templates, and files for other versions of Python
        return
    for node in nodes:  # grows in the loop; only definitions have docstrings
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
            nodes += node.body


def _prose(paragraph: str) -> str:
    """Return a paragraph as one line without markup, or "" if it is not prose."""
    text = " ".join(MARKUP.sub(lambda match: next(filter(None, match.groups())), paragraph).split())
    letters = sum(character.isalpha() or character == " " for character in text)
    if NO_PROSE.search(paragraph) or not text.endswith(".") or letters < 0.9 * len(text):
        return ""
    return text


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


if __name__ == "__main__":
    main()
