"""The report as one self-contained page, which needs no network and no other file."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from textssl.reporting.packing import figure_columns, packed, text_columns
from textssl.reporting.report import Facts, Figure, Report, Table, TextGroups, format_value
from textssl.run_folder import write_whole

# Each needs only those before it.
_LIBRARIES = (
    *("d3-dispatch", "d3-color", "d3-ease", "d3-timer", "d3-selection", "d3-interpolate", "d3-drag", "d3-transition"),
    *("d3-zoom", "d3-quadtree", "d3-polygon", "minisearch"),
)
_SCRIPTS = ("columns", "search", "map", "list", "legend", "report")


def write_html(report: Report, path: str | Path) -> None:
    """Write the report as a self-contained page.

    Texts stay data: the template escapes them, those for the script are in base64, and the security policy of the page
    allows only its own scripts and no requests.
    """
    page = render_html(report)
    # A lone surrogate cannot be encoded: it becomes a question mark.
    write_whole(Path(path), lambda part: part.write_text(page, encoding="utf-8", errors="replace"))


def render_html(report: Report) -> str:
    """Return the page as text."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"format_value": format_value, "capitalized": _capitalized}
    environment.tests |= {
        "table": lambda content: isinstance(content, Table),
        "facts": lambda content: isinstance(content, Facts),
        "figure": lambda content: isinstance(content, Figure),
        "text_groups": lambda content: isinstance(content, TextGroups),
    }
    explorers = {
        name: _explorer(section.content)
        for name, section in report.sections.items()
        if isinstance(section.content, Figure | TextGroups)
    }
    scripts = _scripts() if explorers else []
    return environment.from_string(_packaged("report.html.j2")).render(
        report=report,
        explorers=explorers,
        style=Markup(_packaged("report.css")),
        scripts=[Markup(script) for script in scripts],
        policy=" ".join(map(_policy, scripts)) or "'none'",
        data=packed(explorers),
    )


def _scripts() -> list[str]:
    """Return the libraries, with their licences, and the page's own script."""
    licences = f"/*\n{_packaged('vendor/LICENSES.txt')}*/\n"
    libraries = licences + "\n".join(_packaged(f"vendor/{name}.js") for name in _LIBRARIES)
    return [libraries, "\n".join(_packaged(f"scripts/{name}.js") for name in _SCRIPTS)]


def _policy(script: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _packaged(name: str) -> str:
    return resources.files("textssl.reporting").joinpath(name).read_text(encoding="utf-8")


def _capitalized(heading: str) -> str:
    """Return `heading` with a capital first letter; the others keep their case."""
    return heading[:1].upper() + heading[1:]


def _explorer(content: Figure | TextGroups) -> dict[str, object]:
    """Return what the page's script needs to tie the texts to a map and a list of groups; either may be missing."""
    if isinstance(content, Figure):
        return {
            "unit": "groups",
            "groups": _groups(content.names),
            "rest": content.unlabelled,
            "texts": figure_columns(content),
        }
    texts = text_columns(content.texts) if content.texts else content.map and figure_columns(content.map)
    names = {group.id: group.name for group in content.groups}
    rest = content.rest.name if content.rest else "In no group"
    return {"unit": content.unit, "groups": _groups(names), "rest": rest, "texts": texts}


def _groups(names: Mapping[int, str]) -> list[dict[str, object]]:
    """Return each group with a hue in degrees; consecutive groups are a golden angle apart."""
    return [
        {"id": id, "name": name, "hue": round((250 + 137.508 * i) % 360, 1)}
        for i, (id, name) in enumerate(names.items())
    ]
