"""All settings of a run in one place; each stage declares its own. Loads nothing heavy."""

from dataclasses import dataclass

from textssl.clustering.settings import ClusteringSettings
from textssl.config import section, setting
from textssl.corpus.settings import CorpusSettings
from textssl.embedding.settings import EmbeddingSettings
from textssl.pretraining.settings import PretrainingSettings
from textssl.reporting.settings import ReportingSettings


@dataclass(frozen=True)
class RunSettings:
    """All settings of a run; each stage declares its own."""

    seed: int = setting(0, "the one seed; the same machine gives the same result", low=0)
    lang: str = setting("en", "language of the texts (ISO 639-1), for sentences, stop words and lemmas")
    memory: str = setting(
        "auto", "most memory a run may take, such as 4GB, by learning from fewer texts; auto = half of the machine's"
    )
    corpus: CorpusSettings = section(CorpusSettings, "reading texts")
    pretraining: PretrainingSettings = section(PretrainingSettings, "the language model")
    embedding: EmbeddingSettings = section(EmbeddingSettings, "sentence vectors")
    clustering: ClusteringSettings = section(ClusteringSettings, "groups")
    reporting: ReportingSettings = section(ReportingSettings, "the report")
