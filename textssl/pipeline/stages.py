"""The stages of a run: what each does, and the table of what it reads, writes and depends on."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.base import clone
from transformers import PreTrainedTokenizerFast

from textssl.clustering.base import MOST_LEARNED
from textssl.clustering.calibration import CALIBRATED_ON
from textssl.clustering.refined import refined_kmeans
from textssl.clustering.registry import refinable
from textssl.clustering.saving import save_clusterer
from textssl.corpus.corpus import Corpus, Texts
from textssl.encoder.encoder import TextEncoder, make_encoder
from textssl.encoder.forms.registry import FORMS, FROM_NOTHING
from textssl.encoder.inference.encode import encode
from textssl.encoder.postprocessing import centred
from textssl.encoder.settings import form_of
from textssl.language.bag_of_words import text_bags
from textssl.language.tokens import Tokens, tokenize
from textssl.pipeline.corpus_index import distinct_texts, places_of, sample_numbers
from textssl.pipeline.groups import clustered, write_down
from textssl.pipeline.heads import HEADS
from textssl.pipeline.reports import write_report
from textssl.pipeline.table import Stage
from textssl.pretraining.pretraining import make_tokenizer, pretrain
from textssl.progress import bar
from textssl.refining.refine import LEAST_TEXTS, checkpoint_files, refine, refined_labels
from textssl.run_folder import RunFolder, encoder_folder, new_array, read_manifest, write_whole
from textssl.run_settings import RunSettings

_ROWS_AT_ONCE = 65_536


def _tokenize(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Train a tokenizer on the texts, or take that of the checkpoint, and tokenize every distinct text."""
    tokenizer = make_tokenizer(_learned_texts(files, corpus, settings), settings.pretraining)
    write_whole(files.tokenizer, lambda part: tokenizer.save_pretrained(part))
    tokenize(tokenizer, bar(distinct_texts(corpus), "tokenizing", unit="text")).save(files.tokens)


def _pretrain(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave a language model of the texts."""
    tokens = _tokens(files).select(_learned(files, corpus, settings))
    pretrain(tokens, files.language_model, settings.pretraining, settings.seed)


def _encode_with_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave the vectors that the ready-made encoder gives the texts."""
    teacher = encoder_folder(settings.embedding.teacher)
    encode(teacher, distinct_texts(corpus), files.teacher_embeddings, settings.embedding.compute)


def _copy_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    TextEncoder.load(encoder_folder(settings.embedding.teacher)).save(files.encoder)


def _copy_unrefined(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    TextEncoder.load(files.unrefined_encoder).save(files.encoder)


@cache
def _encoder(form: str, artefact: str) -> Stage:
    """Return the stage that fits an encoder of a form and leaves it as `artefact`, an attribute of RunFolder."""
    entry = FORMS[form]

    def fit(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
        folder = getattr(files, artefact)
        trained = entry.uses_language_model and files.language_model.exists()  # not if there is a teacher
        encoder = make_encoder(
            form,
            settings.embedding,
            language_model=files.language_model if trained else None,
            pretrained=settings.pretraining.checkpoint != "none",
            checkpoint=folder.with_name(f"{folder.name}.checkpoint"),
            random_state=settings.seed,
            **({"lang": settings.lang} if entry.uses_lang else {}),
        )
        tokens = _tokens(files).select(_learned(files, corpus, settings))
        encoder.fit(_learned_texts(files, corpus, settings), tokens=tokens).save(folder)

    return Stage(
        "encoder",
        fit,
        reads=("corpus", "learned", "tokens", *(("language_model",) if entry.uses_language_model else ())),
        writes=(artefact,),
        settings=(
            "embedding.form",
            *(f"embedding.{name}" for name in entry.settings),
            "pretraining.checkpoint",
            *(("lang",) if entry.uses_lang else ()),
            "seed",
        ),
        costly=True,
    )


def _refine(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Refine static vectors and k-means clusters together; leave the encoder and the clusterer of them."""
    encoder, tokens = TextEncoder.load(files.unrefined_encoder), _tokens(files)
    rows = sample_numbers(len(tokens), MOST_LEARNED, settings.seed)
    vectors, teacher = encoder.transform(Texts(corpus, corpus.unique_rows[rows]), tokens.select(rows)), None
    if settings.embedding.teacher:
        teacher = centred(np.load(files.teacher_embeddings, mmap_mode="r")[rows])
        vectors = np.hstack([vectors, teacher])
    else:
        known = vectors.any(axis=1)
        rows, vectors = rows[known], vectors[known]
    texts, tokens = Texts(corpus, corpus.unique_rows[rows]), tokens.select(rows)
    first = clustered(files, vectors, replace(settings.clustering, calibrate=False), settings.seed)
    bags = text_bags(tokens, settings.embedding.max_length)
    start = encoder.token_vectors, encoder.linear_map
    checkpoint = files.encoder.with_name("refining.checkpoint")
    refined = refine(bags, *start, first.labels, settings.seed, teacher, checkpoint)
    encoder.token_vectors = refined.token_vectors
    encoder.save(files.encoder)
    notes = first.notes
    if len(corpus.unique_rows) > MOST_LEARNED:
        notes += (f"vectors and groups were refined on {len(rows)} of {len(corpus.unique_rows)} distinct texts",)
    n_clusters = settings.clustering.n_clusters
    vectors_after = encoder.transform(texts, tokens)
    clusterer = refined_kmeans(
        vectors_after,
        refined.centres,
        refined.offsets,
        refined.concentration,
        None if n_clusters == "auto" else int(n_clusters),
        notes,
    )
    if settings.clustering.calibrate:
        some = sample_numbers(len(rows), CALIBRATED_ON, settings.seed)

        def refit(half: np.ndarray, seed: int) -> np.ndarray:
            """Return the clusters of all of `some` by a model of a half of them."""
            on = some[half]
            labels = clone(first.clusterer).set_params(random_state=seed).fit(vectors[on]).labels_
            again = refine(bags[on], *start, labels, seed, None if teacher is None else teacher[on])
            return refined_labels(again, bags[some], start[1])

        write_down(files, reliability=clusterer.calibrate(vectors_after[some], refit, settings.seed))
    save_clusterer(clusterer, files.clusterer)
    for left in checkpoint_files(checkpoint):
        left.unlink(missing_ok=True)


def _embed(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Encode each distinct text once, then give every row the vector of its text."""
    distinct = files.embeddings.with_name("embeddings.distinct.npy")
    tokens = _tokens(files) if files.tokens.exists() else None  # a ready-made encoder has its own tokenizer
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


def _tokens(files: RunFolder) -> Tokens:
    """Open the tokens of the distinct texts."""
    return Tokens.load(files.tokens, PreTrainedTokenizerFast.from_pretrained(files.tokenizer))


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
LANGUAGE_MODEL = Stage(
    "language model",
    _pretrain,
    reads=("corpus", "learned", "tokens"),
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
_REFINED_ENCODER = Stage(
    "refining",
    _refine,
    reads=("corpus", "tokens", "unrefined_encoder", "teacher_embeddings"),
    writes=("encoder", "clusterer"),
    settings=("clustering", "embedding.teacher", "embedding.max_length", "seed"),
)
_UNREFINED_ENCODER = Stage(
    "copy of the encoder", _copy_unrefined, reads=("unrefined_encoder",), writes=("encoder",), settings=()
)
_READY_ENCODER = Stage(
    "copy of the encoder", _copy_teacher, reads=(), writes=("encoder",), settings=("embedding.teacher",)
)
_EMBEDDINGS = Stage(
    "embeddings", _embed, reads=("corpus", "tokens", "encoder"), writes=("embeddings",), settings=("embedding.compute",)
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


def all_stages() -> Iterator[Stage]:
    """Yield every stage that a run can have."""
    yield from (TOKENS, LANGUAGE_MODEL, _TEACHER_EMBEDDINGS)
    for form, entry in FORMS.items():
        yield _encoder(form, "encoder")
        if entry.refinable:
            yield _encoder(form, "unrefined_encoder")
    yield from (_REFINED_ENCODER, _UNREFINED_ENCODER, _READY_ENCODER, _EMBEDDINGS)
    for head in HEADS.values():
        yield from {head.stage(refined) for refined in (False, True)}
    yield report_stage()


def stages_of(corpus: Corpus, settings: RunSettings) -> tuple[Stage, ...]:
    """Return the stages of a run in order.

    A ready-made encoder takes the place of the language model. Vectors and clusters are refined together where the
    form of the encoder and the clusterer allow it and there are texts enough.
    """
    ready = bool(settings.embedding.teacher)
    form = FROM_NOTHING if ready else form_of(settings.embedding, settings.pretraining.checkpoint != "none")
    may_refine = FORMS[form].refinable and len(corpus.unique_rows) >= LEAST_TEXTS
    refines = may_refine and settings.clustering.refine and refinable(settings.clustering.method)
    last = (_EMBEDDINGS, *(head.stage(refines) for head in HEADS.values()), report_stage())
    if ready and not refines:
        return (_READY_ENCODER, *last)
    first = (TOKENS, _TEACHER_EMBEDDINGS if ready else LANGUAGE_MODEL)
    if may_refine:
        refining = _REFINED_ENCODER if refines else _UNREFINED_ENCODER
        return (*first, _encoder(form, "unrefined_encoder"), refining, *last)
    return (*first, _encoder(form, "encoder"), *last)
