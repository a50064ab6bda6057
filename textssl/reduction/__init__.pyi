"""The public names, for type checkers; a test compares them with those of `__init__.py`."""

from textssl.reduction.autoencoder import DenoisingAutoencoder as DenoisingAutoencoder
from textssl.reduction.pca import PCA as PCA
from textssl.reduction.reduction import Reduction as Reduction
from textssl.reduction.reduction import reduce as reduce
from textssl.reduction.saving import load_reducer as load_reducer
from textssl.reduction.saving import save_reducer as save_reducer
from textssl.reduction.settings import ReductionSettings as ReductionSettings
from textssl.reduction.tsne import TSNE as TSNE
from textssl.reduction.umap import UMAP as UMAP
