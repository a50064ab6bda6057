"""The report as one self-contained page, which needs no network and no other file."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from textssl.reporting.report import Facts, Figure, Report, Table, TextGroups, format_value
from textssl.run_folder import write_whole

# Characters that would end a script element, open a comment in it, or end a line of it.
_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_html(report: Report, path: str | Path) -> None:
    """Write the report as a self-contained page.

    Texts stay data: the template escapes them, the inline JSON cannot end its element, and the security policy of the
    page allows only its own script and no requests.
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
    script = _packaged("report.js")
    return environment.from_string(_packaged("report.html.j2")).render(
        report=report,
        explorers=explorers,
        style=Markup(_packaged("report.css")),
        script=Markup(script),
        script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=Markup(inline_json(explorers)),
    )


def inline_json(value: object) -> str:
    """Return JSON that is safe inside a script element, whatever texts it contains."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE)


def _packaged(name: str) -> str:
    return resources.files("textssl.reporting").joinpath(name).read_text(encoding="utf-8")


def _capitalized(heading: str) -> str:
    """Return `heading` with a capital first letter; the others keep their case."""
    return heading[:1].upper() + heading[1:]


def _explorer(content: Figure | TextGroups) -> dict[str, object]:
    """Return what the page's script needs to tie a map to a list of groups; either may be missing."""
    if isinstance(content, TextGroups):
        names: Mapping[int, str] = {group.id: group.name for group in content.groups}
        return {"unit": content.unit, "groups": _groups(names), **_points(content.map)}
    return {"unit": "groups", "groups": _groups(content.names), **_points(content)}


def _groups(names: Mapping[int, str]) -> list[dict[str, object]]:
    """Return each group with a hue in degrees; consecutive groups are a golden angle apart."""
    return [
        {"id": id, "name": name, "hue": round((250 + 137.508 * i) % 360, 1)}
        for i, (id, name) in enumerate(names.items())
    ]


def _points(figure: Figure | None) -> dict[str, object]:
    """Return the points of a map as columns, scaled to the unit square."""
    if figure is None:
        return {"unlabelled": "", "points": None}
    xy = figure.points.xy
    extent = np.ptp(xy, axis=0)
    scale = max(float(extent.max()), 1e-9)
    scaled = ((xy - xy.min(axis=0)) / scale + (1 - extent / scale) / 2).round(4)
    columns = {
        "x": [round(x, 4) for x in scaled[:, 0].tolist()],
        "y": [round(y, 4) for y in scaled[:, 1].tolist()],
        "group": figure.labels.tolist(),
        "row": figure.points.rows.tolist(),
        "text": list(figure.texts),
    }
    return {"unlabelled": figure.unlabelled, "points": columns}
