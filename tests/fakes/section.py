"""The texts with the largest sums of coordinates."""

import numpy as np

from textssl.reporting.report import Column, Section, Table


def section(context):
    largest = np.argsort(-context.columns["coordinate_sum"])[:3]
    rows = [(context.texts[int(row)],) for row in largest]
    return Section("Largest sums", Table((Column("text", kind="text"),), rows))
