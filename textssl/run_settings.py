"""All settings of a run in one place; each stage declares its own. Loads nothing heavy."""

from dataclasses import dataclass

from textssl.classification.settings import ClassificationSettings
from textssl.clustering.settings import ClusteringSettings, HierarchySettings
from textssl.config import Settings, section, setting
from textssl.corpus.settings import CorpusSettings
from textssl.density.settings import DensitySettings
from textssl.encoder.settings import EmbeddingSettings, form_of, forms_with
from textssl.errors import UsageError
from textssl.language.codes import language_code
from textssl.memory import check_size
from textssl.pretraining.settings import PretrainingSettings
from textssl.reduction.settings import ReductionSettings
from textssl.reporting.settings import ReportingSettings


@dataclass(frozen=True)
class RunSettings(Settings):
    """All settings of a run; each stage declares its own.

    Raises:
        UsageError: for a value of the wrong type or out of range, and for settings that contradict each other.
    """

    seed: int = setting(0, "the one seed; the same machine gives the same result", low=0)
    lang: str = setting(
        "en",
        "language of the texts, for sentences, stop words and lemmas: a code (en, deu), a locale (pt_BR) or a name",
        check=language_code,
    )
    memory: str = setting(
        "auto",
        "most memory a run may take, such as 4GB, by learning from fewer texts; auto = half of the machine's",
        check=check_size,
    )
    corpus: CorpusSettings = section(CorpusSettings, "reading texts")
    pretraining: PretrainingSettings = section(PretrainingSettings, "the language model")
    embedding: EmbeddingSettings = section(EmbeddingSettings, "sentence vectors")
    clustering: ClusteringSettings = section(ClusteringSettings, "groups")
    hierarchy: HierarchySettings = section(HierarchySettings, "levels of groups")
    density: DensitySettings = section(DensitySettings, "novelty")
    reduction: ReductionSettings = section(ReductionSettings, "fewer dimensions, and the map")
    classification: ClassificationSettings = section(ClassificationSettings, "classifiers")
    reporting: ReportingSettings = section(ReportingSettings, "the report")

    def __post_init__(self) -> None:
        """Check the settings, each and together."""
        super().__post_init__()
        start = self.pretraining.checkpoint
        form, encoder = self.embedding.form, self.embedding.teacher
        able = forms_with("dictionary")
        if self.embedding.dictionary and form_of(self.embedding, start != "none") not in able:
            only = " or ".join(able)
            raise UsageError(f"embedding.dictionary serves the {only} form only: set embedding.form={only}")
        if self.pretraining.causal and self.embedding.pooling == "cls":
            raise UsageError(
                f"pooling cls takes the first token, which in a {self.pretraining.objective} model has seen no other: "
                "set embedding.pooling to sif, mean, weightedmean or lasttoken"
            )
        if encoder and start != "none":
            raise UsageError(
                f"got both the encoder {encoder} and the checkpoint {start}: "
                "a run begins with one of them, drop --encoder or --start"
            )
        if encoder and form != "auto":
            raise UsageError(
                f"got both the encoder {encoder} and embedding.form={form}: "
                "with an encoder the vectors are its own, or static ones that it teaches; drop one of the two"
            )
