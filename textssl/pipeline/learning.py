"""What the stages before the heads do: tokens, language model, encoder and vectors. Loads torch and transformers."""

from pathlib import Path

import numpy as np
from scipy import sparse

from textssl.clustering.base import MOST_LEARNED
from textssl.clustering.kmeans import SphericalKMeans
from textssl.corpus.corpus import Corpus, Texts
from textssl.encoder.encoder import TextEncoder, make_encoder
from textssl.encoder.forms.registry import FORMS
from textssl.encoder.inference.encode import encode, share_cut
from textssl.encoder.postprocessing import LinearMap, centred, mapped
from textssl.estimators.unit_vectors import unique_nonzero_rows
from textssl.language.bag_of_words import load_bags, save_bags, sif_weights, text_bags, word_bags
from textssl.language.cooccurrence import token_vectors
from textssl.language.tokens import tokenize
from textssl.language.words import TokenizedTexts
from textssl.pipeline.corpus_index import all_texts, distinct_texts, places_of, sample_numbers
from textssl.pipeline.stages import LEAST_REFINED
from textssl.pipeline.tokens import tokens_of
from textssl.pretraining.pretraining import learned_parts, make_tokenizer, pretrain, table_width
from textssl.progress import bar
from textssl.refining.refine import Refined, refine, text_vectors
from textssl.run_folder import RunFolder, encoder_folder, new_array, read_manifest, write_whole
from textssl.run_settings import RunSettings
from textssl.training.agreement import cluster_numbers

_ROWS_AT_ONCE = 65_536
_CLUSTERED_ON = 20_000  # texts that the clusters to agree on are learned from; all texts are assigned to them
_MOST_TOKENIZED, _MOST_CHARACTERS = 50_000, 20_000_000  # rows and characters whose tokens are kept
_SIF_A = 0.01  # of the weights of the token vectors while they are refined


def tokenize_texts(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Train a tokenizer on the texts, or take that of the checkpoint, and tokenize every distinct text."""
    tokenizer = make_tokenizer(_learned_texts(files, corpus, settings), settings.pretraining)
    write_whole(files.tokenizer, lambda part: tokenizer.save_pretrained(part))
    tokenize(tokenizer, bar(distinct_texts(corpus), "tokenizing", unit="text")).save(files.tokens)


def bag_words(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave the words of every distinct text."""
    save_bags(text_bags(tokens_of(files), settings.embedding.max_length), files.bags)


def split_into_words(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave the tokens of every row, which keywords are made of; of a large corpus, keywords read only some rows."""
    counts = corpus.statistics
    small = counts.rows <= _MOST_TOKENIZED and counts.characters <= _MOST_CHARACTERS
    TokenizedTexts.of(all_texts(corpus) if small else [], settings.lang).save(files.words)


def learn_token_vectors(files: RunFolder, corpus: Corpus, settings: RunSettings) -> str | None:
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


def learn_language_model(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave a language model of the texts; a new one starts from the vectors of the tokens."""
    tokens = tokens_of(files).select(_learned(files, corpus, settings))
    vectors = np.load(files.token_vectors) if files.token_vectors.exists() else None
    pretrain(tokens, files.language_model, settings.pretraining, settings.seed, vectors)


def encode_with_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave the vectors that the ready-made encoder gives the texts."""
    teacher = encoder_folder(settings.embedding.teacher)
    encode(teacher, distinct_texts(corpus), files.teacher_embeddings, settings.embedding.compute)


def copy_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave the ready-made encoder as it is."""
    TextEncoder.load(encoder_folder(settings.embedding.teacher)).save(files.encoder)


def adapt_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> str | None:
    """Leave the ready-made encoder with a linear map, by which its vectors agree with the words of the texts."""
    bags = load_bags(files.bags)
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
    numbers = cluster_numbers(len(some)) if len(some) >= LEAST_REFINED else []
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


def fit_encoder(form: str, files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave an encoder of a form."""
    entry = FORMS[form]
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


def embed_texts(files: RunFolder, corpus: Corpus, settings: RunSettings) -> str | None:
    """Encode each distinct text once, then give every row the vector of its text; a note says what was not read."""
    distinct, texts = files.embeddings.with_name("embeddings.distinct.npy"), distinct_texts(corpus)
    encoder = TextEncoder.load(files.encoder)
    if files.teacher_embeddings.exists():  # what the encoder was adapted from
        encoded = mapped(np.load(files.teacher_embeddings, mmap_mode="r"), encoder.linear_map, distinct)
    else:
        tokens = tokens_of(files) if files.tokens.exists() else None  # a ready-made encoder has its own tokenizer
        encoded = encode(encoder, texts, distinct, settings.embedding.compute, tokens=tokens)

    def write(part: Path) -> None:
        mapped = new_array(part, (len(corpus), encoded.shape[1]))
        for start in range(0, len(corpus), _ROWS_AT_ONCE):
            places = places_of(corpus, slice(start, start + _ROWS_AT_ONCE))
            vectors = np.load(distinct, mmap_mode="r")  # opened again: what was read of a map stays in memory with it
            mapped[start : start + len(places)] = np.where(places[:, None] < 0, 0, vectors[places])
        mapped.flush()

    write_whole(files.embeddings, write)
    distinct.unlink()
    cut = share_cut(encoder.sentence_transformer, texts)
    return f"long texts were truncated: the encoder did not read {cut:.1%} of the text" if cut else None


def _learned(files: RunFolder, corpus: Corpus, settings: RunSettings) -> np.ndarray:
    """Return which distinct texts are learned from: all, or as many as fitted under the ceiling of memory."""
    return sample_numbers(len(corpus.unique_rows), read_manifest(files)["learned"], settings.seed)


def _learned_texts(files: RunFolder, corpus: Corpus, settings: RunSettings) -> Texts:
    return Texts(corpus, corpus.unique_rows[_learned(files, corpus, settings)])
