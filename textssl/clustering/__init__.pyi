"""The public names, for type checkers; a test compares them with those of `__init__.py`."""

from textssl.clustering.agglomerative import Agglomerative as Agglomerative
from textssl.clustering.base import Assignment as Assignment
from textssl.clustering.clustering import Clustering as Clustering
from textssl.clustering.clustering import cluster as cluster
from textssl.clustering.gmm import ReducedGaussianMixture as ReducedGaussianMixture
from textssl.clustering.hdbscan import ReducedHDBSCAN as ReducedHDBSCAN
from textssl.clustering.kmeans import MiniBatchSphericalKMeans as MiniBatchSphericalKMeans
from textssl.clustering.kmeans import SphericalKMeans as SphericalKMeans
from textssl.clustering.linked import LinkedKMeans as LinkedKMeans
from textssl.clustering.saving import load_clusterer as load_clusterer
from textssl.clustering.saving import save_clusterer as save_clusterer
from textssl.clustering.settings import ClusteringSettings as ClusteringSettings
from textssl.clustering.vmf import VonMisesFisherMixture as VonMisesFisherMixture
