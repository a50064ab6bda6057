"""The registry of reducers. It imports none of them, so that settings and help texts load quickly.

To add a reducer, write its class in a file of this folder and add its entry to `REDUCERS`.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from textssl.errors import UsageError, lookup

if TYPE_CHECKING:
    from textssl.reduction.base import Reducer


@dataclass(frozen=True)
class Entry:
    """A reducer and its properties.

    Attributes:
        path: where its class is, as ``"package.module:Class"``.
        settings: the fields of `ReductionSettings` that are parameters of it, beside `max_samples`.
        extra: the optional module that it imports, and the extra of textssl that installs it; empty for none.
    """

    path: str
    settings: tuple[str, ...] = ()
    extra: str = ""

    @property
    def estimator(self) -> "type[Reducer]":
        """The class, imported on first use."""
        return resolve_name(self.path)


REDUCERS: dict[str, Entry] = {
    "pca": Entry("textssl.reduction.pca:PCA"),
    "tsne": Entry("textssl.reduction.tsne:TSNE", ("perplexity",)),
    "umap": Entry("textssl.reduction.umap:UMAP", ("n_neighbors",), extra="umap"),
    "autoencoder": Entry("textssl.reduction.autoencoder:DenoisingAutoencoder", ("density_components",)),
}


def entry_of(method: str) -> Entry:
    """Return the entry of a method whose extra is installed.

    Raises:
        UsageError: for an unknown method, naming the nearest, or if its extra is not installed.
    """
    entry = lookup(REDUCERS, method, "reduction method")
    if entry.extra:
        require_extra(entry.extra)
    return entry


def require_extra(extra: str) -> None:
    """Raise UsageError unless the module of an extra of the same name is installed."""
    if find_spec(extra) is None:
        raise UsageError(f"{extra} is not installed: pip install textssl[{extra}], or choose another reduction method")
