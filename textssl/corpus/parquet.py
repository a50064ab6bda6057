"""Reader of Parquet files."""

from collections.abc import Iterator
from pathlib import Path

from textssl.corpus.arrow_readers import read_batches
from textssl.corpus.files import open_seekable
from textssl.corpus.records import Rows
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError


def read_parquet(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a Parquet file, a batch in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_seekable(path) as stream:
        try:
            file = pq.ParquetFile(stream)
            yield from read_batches(file.schema_arrow, file.iter_batches(), settings, str(path))
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} is not a whole Parquet file: {str(error).splitlines()[0]}") from None
