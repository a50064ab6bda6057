"""The stages of a run: the table of what each reads, writes and depends on. Loads nothing heavy."""

from collections.abc import Iterator
from functools import cache

from textssl.corpus.corpus import Corpus
from textssl.encoder.forms.registry import FORMS
from textssl.encoder.settings import form_of
from textssl.pipeline.heads import HEADS
from textssl.pipeline.reports import write_report
from textssl.pipeline.table import Stage, deferred
from textssl.run_settings import RunSettings

LEAST_REFINED = 200  # texts; with fewer, clusters have too few words to learn from
_LEARNING = "textssl.pipeline.learning"

TOKENS = Stage(
    "tokens",
    deferred(f"{_LEARNING}:tokenize_texts"),
    reads=("corpus", "learned"),
    writes=("tokenizer", "tokens"),
    settings=(
        *(f"pretraining.{name}" for name in ("checkpoint", "objective", "vocabulary", "lowercase", "tokenizer")),
        "seed",
    ),
    costly=True,
)
BAGS = Stage(
    "bags of words",
    deferred(f"{_LEARNING}:bag_words"),
    reads=("corpus", "tokens"),
    writes=("bags",),
    settings=("embedding.max_length",),
)
TOKEN_VECTORS = Stage(
    "token vectors",
    deferred(f"{_LEARNING}:learn_token_vectors"),
    reads=("corpus", "learned", "tokens"),
    writes=("token_vectors",),
    settings=(
        "embedding.refine",
        *(f"pretraining.{name}" for name in ("objective", "size", "max_length", "held_out")),
        "seed",
    ),
    costly=True,
)
LANGUAGE_MODEL = Stage(
    "language model",
    deferred(f"{_LEARNING}:learn_language_model"),
    reads=("corpus", "learned", "tokens", "token_vectors"),
    writes=("language_model",),
    settings=("pretraining", "seed"),
    costly=True,
)
_TEACHER_EMBEDDINGS = Stage(
    "teacher embeddings",
    deferred(f"{_LEARNING}:encode_with_teacher"),
    reads=("corpus",),
    writes=("teacher_embeddings",),
    settings=("embedding.teacher", "embedding.compute"),
    costly=True,
)
_ADAPTED_ENCODER = Stage(
    "encoder",
    deferred(f"{_LEARNING}:adapt_teacher"),
    reads=("corpus", "bags", "teacher_embeddings"),
    writes=("encoder",),
    settings=("embedding.teacher", "embedding.dimensions", "seed"),
    costly=True,
)
_READY_ENCODER = Stage(
    "copy of the encoder",
    deferred(f"{_LEARNING}:copy_teacher"),
    reads=(),
    writes=("encoder",),
    settings=("embedding.teacher",),
)
_EMBEDDINGS = Stage(
    "embeddings",
    deferred(f"{_LEARNING}:embed_texts"),
    reads=("corpus", "tokens", "teacher_embeddings", "encoder"),
    writes=("embeddings",),
    settings=("embedding.compute",),
)


@cache
def _encoder(form: str) -> Stage:
    """Return the stage that fits an encoder of a form."""
    entry = FORMS[form]
    return Stage(
        "encoder",
        deferred(f"{_LEARNING}:fit_encoder", form),
        reads=("corpus", "learned", "tokens", *(("language_model",) if entry.uses_language_model else ())),
        writes=("encoder",),
        settings=(
            "embedding.form",
            *(f"embedding.{name}" for name in entry.settings),
            "pretraining.checkpoint",
            *(("lang",) if entry.uses_lang else ()),
            "seed",
        ),
        costly=True,
    )


WORDS = Stage(
    "words", deferred(f"{_LEARNING}:split_into_words"), reads=("corpus",), writes=("words",), settings=("lang",)
)


def report_stage() -> Stage:
    """Return the stage that reports what all heads have found."""
    tables = (head.table for head in HEADS.values())
    return Stage(
        "report",
        write_report,
        reads=("corpus", "learned", "language_model", "encoder", "embeddings", "clusterer", "words", *tables),
        writes=("metrics", "clusters", "report", "report_text"),
        settings=("reporting", "clustering.method", "clustering.n_clusters", "lang", "seed"),
    )


def language_model_stages(settings: RunSettings) -> tuple[Stage, ...]:
    """Return the stages that make a language model: of the texts alone, or from a checkpoint."""
    continued = settings.pretraining.checkpoint != "none"
    return (TOKENS, LANGUAGE_MODEL) if continued else (TOKENS, TOKEN_VECTORS, LANGUAGE_MODEL)


def all_stages() -> Iterator[Stage]:
    """Yield every stage that a run can have."""
    yield from (TOKENS, BAGS, TOKEN_VECTORS, LANGUAGE_MODEL, _TEACHER_EMBEDDINGS)
    yield from map(_encoder, FORMS)
    yield from (_ADAPTED_ENCODER, _READY_ENCODER, _EMBEDDINGS)
    yield from (head.stage for head in HEADS.values())
    yield from (WORDS, report_stage())


def stages_of(corpus: Corpus, settings: RunSettings) -> tuple[Stage, ...]:
    """Return the stages of a run in order; a ready-made encoder takes the place of the language model."""
    last = (_EMBEDDINGS, *(head.stage for head in HEADS.values()), WORDS, report_stage())
    if not settings.embedding.teacher:
        form = form_of(settings.embedding, settings.pretraining.checkpoint != "none")
        tokens, *rest = language_model_stages(settings)
        return (tokens, BAGS, *rest, _encoder(form), *last)
    if settings.embedding.refine and len(corpus.unique_rows) >= LEAST_REFINED:
        return (TOKENS, BAGS, _TEACHER_EMBEDDINGS, _ADAPTED_ENCODER, *last)
    return (_READY_ENCODER, *last)
