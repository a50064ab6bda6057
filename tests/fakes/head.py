"""The sum of the coordinates of each vector."""

import numpy as np

from textssl.formats.registry import export
from textssl.pipeline.table import Head, Stage
from textssl.results import Results


def work(files, corpus, settings):
    columns = predict(files, np.load(files.embeddings), corpus)
    export(Results({"row": np.arange(len(corpus)), **columns}), "parquet", files.path("sums.parquet"))


def predict(files, vectors, texts):
    return {"coordinate_sum": vectors.sum(axis=1)}


STAGE = Stage("sums", work, reads=("corpus", "embeddings"), writes=("sums.parquet",), settings=())
ENTRY = Head(STAGE, table="sums.parquet", predict=predict)
