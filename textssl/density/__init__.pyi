"""The public names, for type checkers; a test compares them with those of `__init__.py`."""

from textssl.density.autoencoder import AutoencoderDensity as AutoencoderDensity
from textssl.density.flow import FlowDensity as FlowDensity
from textssl.density.gmm import GaussianMixtureDensity as GaussianMixtureDensity
from textssl.density.groups import GroupDistance as GroupDistance
from textssl.density.kernel import KernelLogDensity as KernelLogDensity
from textssl.density.neighbours import NeighbourDistance as NeighbourDistance
from textssl.density.novelty import Novelty as Novelty
from textssl.density.novelty import fit_novelty as fit_novelty
from textssl.density.saving import load_detector as load_detector
from textssl.density.saving import save_detector as save_detector
from textssl.density.settings import DensitySettings as DensitySettings
from textssl.density.words import BagNeighbours as BagNeighbours
from textssl.density.words import WordRarity as WordRarity
from textssl.density.words import hashed_letters as hashed_letters
from textssl.density.words import hashed_words as hashed_words
