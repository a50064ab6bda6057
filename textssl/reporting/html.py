"""The report as one self-contained page: no network, no other file."""

import hashlib
import json
from base64 import b64encode
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from textssl.reporting.measures import measure
from textssl.reporting.report import Report, spelled
from textssl.run_folder import write_whole

# Characters that would end a script element, open a comment in it, or break a line of its text.
_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_html(report: Report, path: str | Path) -> None:
    """Write the report as a self-contained page.

    Texts are data throughout: the template escapes them, the inline JSON cannot end its element, and the page's
    policy lets only its own script run and nothing be fetched.
    """
    page = render_html(report)
    # A lone surrogate cannot be encoded: it becomes a question mark.
    write_whole(Path(path), lambda part: part.write_text(page, encoding="utf-8", errors="replace"))


def render_html(report: Report) -> str:
    """Return the page as text."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"spelled": spelled, "measure": measure}
    script = _packaged("report.js")
    return environment.from_string(_packaged("report.html.j2")).render(
        report=report,
        hues=_hues(report),
        style=Markup(_packaged("report.css")),
        script=Markup(script),
        script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=Markup(inline_json(_explorer(report))),
    )


def inline_json(value: Any) -> str:
    """Return JSON that is safe inside a script element, whatever texts it contains."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE)


def _packaged(name: str) -> str:
    return resources.files("textssl.reporting").joinpath(name).read_text(encoding="utf-8")


def _hues(report: Report) -> dict[int, float]:
    """Return a hue in degrees for each cluster; clusters of similar size are a golden angle apart."""
    return {cluster.id: round((250 + 137.508 * i) % 360, 1) for i, cluster in enumerate(report.clusters)}


def _explorer(report: Report) -> dict[str, Any]:
    """Return what the page's script needs: the clusters' names and colours, and the points as columns."""
    hues = _hues(report)
    clusters = [{"id": c.id, "name": c.name, "hue": hues[c.id]} for c in report.clusters]
    if report.points is None:
        return {"clusters": clusters, "points": None}
    low = report.points.xy.min(axis=0)
    scale = max(float(np.ptp(report.points.xy, axis=0).max()), 1e-9)
    middle = (1 - np.ptp(report.points.xy, axis=0) / scale) / 2
    xy = ((report.points.xy - low) / scale + middle).round(4)
    return {
        "clusters": clusters,
        "points": {
            "x": [round(x, 4) for x in xy[:, 0].tolist()],
            "y": [round(y, 4) for y in xy[:, 1].tolist()],
            "cluster": report.point_labels.tolist(),
            "row": report.points.rows.tolist(),
            "text": report.point_texts,
        },
    }
