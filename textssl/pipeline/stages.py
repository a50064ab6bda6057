"""The stages of a run: what each does, and the table of what it reads, writes and depends on."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from scipy import sparse

from textssl.clustering.base import MOST_LEARNED
from textssl.clustering.kmeans import SphericalKMeans
from textssl.corpus.corpus import Corpus, Texts
from textssl.encoder.encoder import TextEncoder, make_encoder
from textssl.encoder.forms.registry import FORMS
from textssl.encoder.inference.encode import encode
from textssl.encoder.postprocessing import LinearMap, centred, mapped
from textssl.encoder.settings import form_of
from textssl.estimators.unit_vectors import unique_nonzero_rows
from textssl.language.bag_of_words import sif_weights, text_bags, word_bags
from textssl.language.cooccurrence import token_vectors
from textssl.language.tokens import tokenize
from textssl.pipeline.corpus_index import distinct_texts, places_of, sample_numbers
from textssl.pipeline.heads import HEADS
from textssl.pipeline.reports import write_report
from textssl.pipeline.table import Stage
from textssl.pipeline.tokens import tokens_of
from textssl.pretraining.pretraining import learned_parts, make_tokenizer, pretrain, table_width
from textssl.progress import bar
from textssl.refining.refine import LEAST_TEXTS, Refined, refine, text_vectors
from textssl.run_folder import RunFolder, encoder_folder, new_array, read_manifest, write_whole
from textssl.run_settings import RunSettings
from textssl.training.agreement import cluster_numbers

_ROWS_AT_ONCE = 65_536
_CLUSTERED_ON = 20_000  # texts that the clusters to agree on are learned from; all texts are assigned to them
_SIF_A = 0.01  # of the weights of the token vectors while they are refined


def _tokenize(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Train a tokenizer on the texts, or take that of the checkpoint, and tokenize every distinct text."""
    tokenizer = make_tokenizer(_learned_texts(files, corpus, settings), settings.pretraining)
    write_whole(files.tokenizer, lambda part: tokenizer.save_pretrained(part))
    tokenize(tokenizer, bar(distinct_texts(corpus), "tokenizing", unit="text")).save(files.tokens)


def _learn_token_vectors(files: RunFolder, corpus: Corpus, settings: RunSettings) -> str | None:
    """Leave the vectors of tokens: factorised co-occurrences, refined until the halves of the texts agree."""
    note = None
    tokens = tokens_of(files).select(_learned(files, corpus, settings))
    bags = word_bags(learned_parts(tokens, settings.pretraining, settings.seed), tokens.tokenizer)
    vectors = token_vectors(bags, table_width(tokens, settings.pretraining) - 1, settings.seed)
    if settings.embedding.refine:
        weights = sif_weights(bags, _SIF_A)[:, None]
        found, note = _refined(files, bags, vectors * weights, settings.seed)
        vectors = np.divide(found.token_vectors, weights, out=vectors, where=weights > 0)
    write_whole(files.token_vectors, lambda part: _write_array(part, vectors))
    _checkpoint(files).unlink(missing_ok=True)
    return note


def _pretrain(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave a language model of the texts; a new one starts from the vectors of the tokens."""
    tokens = tokens_of(files).select(_learned(files, corpus, settings))
    vectors = np.load(files.token_vectors) if files.token_vectors.exists() else None
    pretrain(tokens, files.language_model, settings.pretraining, settings.seed, vectors)


def _encode_with_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave the vectors that the ready-made encoder gives the texts."""
    teacher = encoder_folder(settings.embedding.teacher)
    encode(teacher, distinct_texts(corpus), files.teacher_embeddings, settings.embedding.compute)


def _copy_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    TextEncoder.load(encoder_folder(settings.embedding.teacher)).save(files.encoder)


def _adapt_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> str | None:
    """Leave the ready-made encoder with a linear map, by which its vectors agree with the words of the texts."""
    bags = text_bags(tokens_of(files), settings.embedding.max_length)
    vectors = token_vectors(bags, settings.embedding.dimensions, settings.seed) * sif_weights(bags, _SIF_A)[:, None]
    found, note = _refined(files, bags, vectors, settings.seed, np.load(files.teacher_embeddings, mmap_mode="r"))
    assert found.teacher_map is not None
    encoder = TextEncoder.load(encoder_folder(settings.embedding.teacher))
    encoder.followed_by(LinearMap(*found.teacher_map)).save(files.encoder)
    _checkpoint(files).unlink(missing_ok=True)
    return note


def _refined(
    files: RunFolder, bags: sparse.csr_array, vectors: np.ndarray, seed: int, teacher: np.ndarray | None = None
) -> tuple[Refined, str | None]:
    """Refine token vectors, each times its weight, and a teacher, on a sample of the texts that differ in their words.

    The initial clusters are those of the vectors, beside the teacher's.

    Returns:
        What was refined, and a note on it; no note if there are too few such texts, and nothing was refined.
    """
    some = sample_numbers(bags.shape[0], MOST_LEARNED, seed)
    rows, _ = text_vectors(bags[some], vectors)
    different = np.sort(unique_nonzero_rows(rows))
    some, rows = some[different], rows[different]
    if teacher is not None:
        teacher = teacher[some]
        rows = np.hstack([rows, centred(teacher)])
    numbers = cluster_numbers(len(some)) if len(some) >= LEAST_TEXTS else []
    clusterings = [
        SphericalKMeans(k, n_init=2, max_samples=_CLUSTERED_ON, random_state=seed).fit(rows).labels_
        for k in bar(numbers, "clusters to agree on")
    ]
    found = refine(bags[some], vectors, clusterings, seed, teacher, _checkpoint(files))
    if not numbers:
        return found, None
    of = f"{len(some)} of {bags.shape[0]}" if len(some) < bags.shape[0] else f"{len(some)}"
    range_ = f"{numbers[0]} to {numbers[-1]}"
    note = f"vectors were refined on {of} texts, until their halves agree on their clusters ({range_})"
    return found, note


def _checkpoint(files: RunFolder) -> Path:
    """Return the file that an interrupted refining resumes from."""
    return files.encoder.with_name("refining.checkpoint")


def _write_array(path: Path, array: np.ndarray) -> None:
    with path.open("wb") as file:
        np.save(file, array)


@cache
def _encoder(form: str) -> Stage:
    """Return the stage that fits an encoder of a form."""
    entry = FORMS[form]

    def fit(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
        encoder = make_encoder(
            form,
            settings.embedding,
            language_model=files.language_model if entry.uses_language_model else None,
            pretrained=settings.pretraining.checkpoint != "none",
            checkpoint=files.encoder.with_name(f"{files.encoder.name}.checkpoint"),
            random_state=settings.seed,
            **({"lang": settings.lang} if entry.uses_lang else {}),
        )
        tokens = tokens_of(files).select(_learned(files, corpus, settings))
        encoder.fit(_learned_texts(files, corpus, settings), tokens=tokens).save(files.encoder)

    return Stage(
        "encoder",
        fit,
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


def _embed(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Encode each distinct text once, then give every row the vector of its text."""
    distinct = files.embeddings.with_name("embeddings.distinct.npy")
    if files.teacher_embeddings.exists():  # what the encoder was adapted from
        linear_map = TextEncoder.load(files.encoder).linear_map
        encoded = mapped(np.load(files.teacher_embeddings, mmap_mode="r"), linear_map, distinct)
    else:
        tokens = tokens_of(files) if files.tokens.exists() else None  # a ready-made encoder has its own tokenizer
        encoded = encode(files.encoder, distinct_texts(corpus), distinct, settings.embedding.compute, tokens=tokens)

    def write(part: Path) -> None:
        mapped = new_array(part, (len(corpus), encoded.shape[1]))
        for start in range(0, len(corpus), _ROWS_AT_ONCE):
            places = places_of(corpus, slice(start, start + _ROWS_AT_ONCE))
            vectors = np.load(distinct, mmap_mode="r")  # opened again: what was read of a map stays in memory with it
            mapped[start : start + len(places)] = np.where(places[:, None] < 0, 0, vectors[places])
        mapped.flush()

    write_whole(files.embeddings, write)
    distinct.unlink()


def _learned(files: RunFolder, corpus: Corpus, settings: RunSettings) -> np.ndarray:
    """Return which distinct texts are learned from: all, or as many as fitted under the ceiling of memory."""
    return sample_numbers(len(corpus.unique_rows), read_manifest(files)["learned"], settings.seed)


def _learned_texts(files: RunFolder, corpus: Corpus, settings: RunSettings) -> Texts:
    return Texts(corpus, corpus.unique_rows[_learned(files, corpus, settings)])


TOKENS = Stage(
    "tokens",
    _tokenize,
    reads=("corpus", "learned"),
    writes=("tokenizer", "tokens"),
    settings=(
        *(f"pretraining.{name}" for name in ("checkpoint", "objective", "vocabulary", "lowercase", "tokenizer")),
        "seed",
    ),
    costly=True,
)
TOKEN_VECTORS = Stage(
    "token vectors",
    _learn_token_vectors,
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
    _pretrain,
    reads=("corpus", "learned", "tokens", "token_vectors"),
    writes=("language_model",),
    settings=("pretraining", "seed"),
    costly=True,
)
_TEACHER_EMBEDDINGS = Stage(
    "teacher embeddings",
    _encode_with_teacher,
    reads=("corpus",),
    writes=("teacher_embeddings",),
    settings=("embedding.teacher", "embedding.compute"),
    costly=True,
)
_ADAPTED_ENCODER = Stage(
    "encoder",
    _adapt_teacher,
    reads=("corpus", "tokens", "teacher_embeddings"),
    writes=("encoder",),
    settings=("embedding.teacher", "embedding.dimensions", "embedding.max_length", "seed"),
    costly=True,
)
_READY_ENCODER = Stage(
    "copy of the encoder", _copy_teacher, reads=(), writes=("encoder",), settings=("embedding.teacher",)
)
_EMBEDDINGS = Stage(
    "embeddings",
    _embed,
    reads=("corpus", "tokens", "teacher_embeddings", "encoder"),
    writes=("embeddings",),
    settings=("embedding.compute",),
)


def report_stage() -> Stage:
    """Return the stage that reports what all heads have found."""
    tables = (head.table for head in HEADS.values())
    return Stage(
        "report",
        write_report,
        reads=("corpus", "learned", "language_model", "encoder", "embeddings", "clusterer", *tables),
        writes=("metrics", "clusters", "report", "report_text"),
        settings=("reporting", "clustering.method", "clustering.n_clusters", "lang", "seed"),
    )


def language_model_stages(settings: RunSettings) -> tuple[Stage, ...]:
    """Return the stages that make a language model: of the texts alone, or from a checkpoint."""
    continued = settings.pretraining.checkpoint != "none"
    return (TOKENS, LANGUAGE_MODEL) if continued else (TOKENS, TOKEN_VECTORS, LANGUAGE_MODEL)


def all_stages() -> Iterator[Stage]:
    """Yield every stage that a run can have."""
    yield from (TOKENS, TOKEN_VECTORS, LANGUAGE_MODEL, _TEACHER_EMBEDDINGS)
    yield from map(_encoder, FORMS)
    yield from (_ADAPTED_ENCODER, _READY_ENCODER, _EMBEDDINGS)
    yield from (head.stage for head in HEADS.values())
    yield report_stage()


def stages_of(corpus: Corpus, settings: RunSettings) -> tuple[Stage, ...]:
    """Return the stages of a run in order; a ready-made encoder takes the place of the language model."""
    last = (_EMBEDDINGS, *(head.stage for head in HEADS.values()), report_stage())
    if not settings.embedding.teacher:
        form = form_of(settings.embedding, settings.pretraining.checkpoint != "none")
        return (*language_model_stages(settings), _encoder(form), *last)
    if settings.embedding.refine and len(corpus.unique_rows) >= LEAST_TEXTS:
        return (TOKENS, _TEACHER_EMBEDDINGS, _ADAPTED_ENCODER, *last)
    return (_READY_ENCODER, *last)
