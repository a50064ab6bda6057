"""textssl: text in, a language model that teaches itself, sentence vectors, groups a person can read."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Public names and where they live; a name is imported when it is first used, so that `import textssl` stays light.
# Type checkers read __init__.pyi.
_PUBLIC = {
    "ClassificationSettings": "textssl.classification.settings",
    "Clustering": "textssl.clustering.clustering",
    "ClusteringSettings": "textssl.clustering.settings",
    "Comparison": "textssl.pipeline.comparing",
    "Corpus": "textssl.corpus.corpus",
    "CorpusSettings": "textssl.corpus.settings",
    "DataError": "textssl.errors",
    "EmbeddingSettings": "textssl.encoder.settings",
    "LanguageModel": "textssl.pretraining.pretraining",
    "PretrainingSettings": "textssl.pretraining.settings",
    "Reduction": "textssl.reduction.reduction",
    "ReductionSettings": "textssl.reduction.settings",
    "ReportingSettings": "textssl.reporting.settings",
    "Results": "textssl.results",
    "Run": "textssl.pipeline.results",
    "RunSettings": "textssl.run_settings",
    "TextsslError": "textssl.errors",
    "UsageError": "textssl.errors",
    "cluster": "textssl.clustering.clustering",
    "find_duplicates": "textssl.pipeline.commands",
    "corrupt": "textssl.evaluation.corruptions.registry",
    "choose": "textssl.pipeline.choosing",
    "DensitySettings": "textssl.density.settings",
    "edit": "textssl.pipeline.editing",
    "compare": "textssl.pipeline.comparing",
    "encode": "textssl.encoder.inference.encode",
    "evaluate": "textssl.pipeline.results",
    "export": "textssl.formats.registry",
    "novelty": "textssl.pipeline.novelty",
    "fill": "textssl.pretraining.filling",
    "fit_classifier": "textssl.pipeline.classifier",
    "load_classifier": "textssl.pipeline.classifier",
    "TextClassifier": "textssl.pipeline.classifier",
    "judge": "textssl.pretraining.judging",
    "TextEncoder": "textssl.encoder.encoder",
    "load_run": "textssl.pipeline.results",
    "predict": "textssl.pipeline.predict",
    "pretrain": "textssl.pretraining.pretraining",
    "read_corpus": "textssl.corpus.reading",
    "robustness": "textssl.pipeline.robustness",
    "reduce": "textssl.reduction.reduction",
    "run": "textssl.pipeline.run",
    "show_progress": "textssl.progress",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'textssl' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return __all__
