"""The public names and their types, for type checkers; at run time `__init__.py` loads each when it is first used."""

from textssl.classification.settings import ClassificationSettings as ClassificationSettings
from textssl.clustering.clustering import Clustering as Clustering
from textssl.clustering.clustering import cluster as cluster
from textssl.clustering.settings import ClusteringSettings as ClusteringSettings
from textssl.corpus.corpus import Corpus as Corpus
from textssl.corpus.reading import read_corpus as read_corpus
from textssl.corpus.settings import CorpusSettings as CorpusSettings
from textssl.density.settings import DensitySettings as DensitySettings
from textssl.encoder.encoder import TextEncoder as TextEncoder
from textssl.encoder.inference.encode import encode as encode
from textssl.encoder.settings import EmbeddingSettings as EmbeddingSettings
from textssl.errors import DataError as DataError
from textssl.errors import TextsslError as TextsslError
from textssl.errors import UsageError as UsageError
from textssl.evaluation.corruptions.registry import corrupt as corrupt
from textssl.formats.registry import export as export
from textssl.pipeline.choosing import choose as choose
from textssl.pipeline.classifier import TextClassifier as TextClassifier
from textssl.pipeline.classifier import fit_classifier as fit_classifier
from textssl.pipeline.classifier import load_classifier as load_classifier
from textssl.pipeline.commands import find_duplicates as find_duplicates
from textssl.pipeline.comparing import Comparison as Comparison
from textssl.pipeline.comparing import compare as compare
from textssl.pipeline.editing import edit as edit
from textssl.pipeline.novelty import novelty as novelty
from textssl.pipeline.predict import predict as predict
from textssl.pipeline.results import Run as Run
from textssl.pipeline.results import evaluate as evaluate
from textssl.pipeline.results import load_run as load_run
from textssl.pipeline.robustness import robustness as robustness
from textssl.pipeline.run import run as run
from textssl.pretraining.filling import fill as fill
from textssl.pretraining.judging import judge as judge
from textssl.pretraining.pretraining import LanguageModel as LanguageModel
from textssl.pretraining.pretraining import pretrain as pretrain
from textssl.pretraining.settings import PretrainingSettings as PretrainingSettings
from textssl.progress import show_progress as show_progress
from textssl.reduction.reduction import Reduction as Reduction
from textssl.reduction.reduction import reduce as reduce
from textssl.reduction.settings import ReductionSettings as ReductionSettings
from textssl.reporting.settings import ReportingSettings as ReportingSettings
from textssl.results import Results as Results
from textssl.run_settings import RunSettings as RunSettings

__version__: str
