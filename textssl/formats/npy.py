"""NumPy: the embeddings alone, (n, d) float32."""

from pathlib import Path

import numpy as np

from textssl.results import BATCH, Results


def write_npy(data: Results, path: Path) -> None:
    """Write the embeddings as a .npy file."""
    embeddings = data.need_embeddings("npy")
    header = {"descr": "<f4", "fortran_order": False, "shape": embeddings.shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(embeddings), BATCH):
            file.write(np.asarray(embeddings[start : start + BATCH], "<f4").tobytes())


def read_npy(path: Path) -> np.ndarray:
    """Return the array as a memory map; raise ValueError for anything that is not a plain array."""
    return np.load(path, mmap_mode="r", allow_pickle=False)
