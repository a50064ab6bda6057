"""One JSON object with all columns."""

import json

from textssl.formats.registry import Format


def write(results, path):
    path.write_text(json.dumps(results.to_table().to_pydict()))


ENTRY = Format(write, is_suffix=False)
