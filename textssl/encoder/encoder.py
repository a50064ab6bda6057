"""The sentence encoder: made from a language model and its corpus, saved as a SentenceTransformer folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from scipy import sparse
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, WordWeights
from torch import nn
from transformers import PreTrainedTokenizerFast

from textssl.encoder.forms.lexical import lexical_table
from textssl.encoder.inference.encode import encode
from textssl.encoder.postprocessing import LinearMap, fit_map
from textssl.encoder.sentence_training import checkpoint_files, sentence_notes, train_sentences
from textssl.encoder.settings import EmbeddingSettings, form_of
from textssl.errors import DataError
from textssl.language.bag_of_words import by_text, sif_weights, word_bags
from textssl.language.cooccurrence import token_vectors
from textssl.language.texts import as_texts
from textssl.language.tokens import length_within, tokenize
from textssl.language.word_pieces import word_pieces
from textssl.progress import without_library_bars
from textssl.run_folder import read_json, write_json, write_whole
from textssl.training.loop import device_of_choice, own_randomness

_FACTS = "sentence_training.json"
_CENTRE_SAMPLE = 20_000  # texts the mean vector is taken of


class InFolder(Protocol):
    """Something that lies in a folder, such as what `pretrain` returns."""

    @property
    def folder(self) -> Path:
        """The folder."""


@without_library_bars()
@own_randomness()
def fit_encoder(
    language_model: str | Path | InFolder,
    texts: Sequence[str],
    out: str | Path,
    settings: EmbeddingSettings | None = None,
    seed: int = 0,
    pretrained: bool = False,
    lang: str = "en",
) -> SentenceTransformer:
    """Make a sentence encoder out of a language model and the corpus, and save it to `out`.

    Args:
        language_model: what `pretrain` returned, or the folder of a language model with its tokenizer.
        texts: the corpus, distinct and not blank; whatever `as_texts` reads.
        out: the folder to write; loads with sentence-transformers alone.
        settings: form, weights, post-processing; see EmbeddingSettings.
        seed: of factorisation and training.
        pretrained: whether the language model began as a checkpoint; decides what "auto" means.
        lang: language of the texts (ISO 639-1), for the lemmas of the lexical form.

    Raises:
        DataError: if there is no text, or no tokenizer in the folder.
    """
    settings, texts = settings or EmbeddingSettings(), as_texts(texts)
    if not len(texts):
        raise DataError("no texts to fit an encoder to: give at least one")
    folder = Path(language_model if isinstance(language_model, str | Path) else language_model.folder)
    if not (folder / "tokenizer.json").is_file():
        raise DataError(f"{folder} holds no language model (no tokenizer.json): give what textssl pretrain left there")
    form, length = form_of(settings, pretrained), settings.max_length
    facts: dict[str, Any] = {}
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    if form == "transformer":
        backbone = Transformer(str(folder))
        length, notes = length_within(settings.max_length, backbone.auto_model, "embedding.max_length")
        facts |= {"notes": notes} if notes else {}
        backbone.max_seq_length = length
    tokens = tokenize(tokenizer, texts, length)
    bags = word_bags(tokens, tokenizer, pieces=form == "lexical")
    sif = (0.001 if form == "lexical" else 0.01) if settings.sif_a == "auto" else float(settings.sif_a)
    weights = sif_weights(bags, sif)
    checkpoint = Path(out).with_name(f"{Path(out).name}.checkpoint")
    modules: list[nn.Module]
    if form == "static":
        vectors = token_vectors(bags, settings.dimensions, seed) * weights[:, None]
        modules = [StaticEmbedding(tokenizer, embedding_weights=vectors)]
    elif form == "lexical":
        vectors = lexical_table(tokenizer, bags, sif, settings, lang, seed)
        modules = [StaticEmbedding(tokenizer, embedding_weights=vectors)]
    else:
        modules = _pooled(backbone, tokenizer, weights, settings)
        model = nn.Sequential(*modules)
        words = (weights[tokens.ids] > 0) & ~word_pieces(tokenizer.backend_tokenizer).inner(tokens.ids)
        facts |= train_sentences(model, tokens, words, settings, seed, pretrained, checkpoint)
    centre = form != "lexical" if settings.centre == "auto" else settings.centre
    encoder = _postprocessed(modules, texts, centre, settings)

    def write(part: Path) -> None:
        encoder.save(str(part), create_model_card=False)
        if facts:
            write_json(part / _FACTS, facts)

    write_whole(Path(out), write)
    for left in checkpoint_files(checkpoint):
        left.unlink(missing_ok=True)
    return encoder


def encoder_notes(folder: str | Path) -> list[str]:
    """Return in words what is to be known of how the encoder in `folder` was made."""
    path = Path(folder) / _FACTS
    facts = read_json(path) if path.exists() else {}
    return facts.get("notes", []) + sentence_notes(facts)


def static_parts(encoder: SentenceTransformer) -> tuple[np.ndarray, LinearMap]:
    """Return the token vectors (vocabulary, d) of a static encoder and the map that its unit vectors go through."""
    state = {name: tensor.cpu().numpy() for name, tensor in encoder.state_dict().items()}
    return state["0.embedding.weight"], LinearMap(state["2.linear.weight"], state["2.linear.bias"])


@without_library_bars()
def save_tuned(encoder: SentenceTransformer, table: np.ndarray, out: str | Path) -> None:
    """Put other token vectors (vocabulary, d) into a static encoder and save it to `out`."""
    encoder.load_state_dict(encoder.state_dict() | {"0.embedding.weight": torch.from_numpy(table)})
    write_whole(Path(out), lambda part: encoder.save(str(part), create_model_card=False))


def corpus_bags(language_model: str | Path, texts: Sequence[str], max_length: int) -> sparse.csr_array:
    """Return the words of each text as a static encoder counts them: 1 or 0, float32 (texts, vocabulary)."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(language_model)
    tokens = tokenize(tokenizer, texts, max_length)
    return by_text(word_bags(tokens, tokenizer), tokens.owners)


def _pooled(
    backbone: Transformer, tokenizer: PreTrainedTokenizerFast, weights: np.ndarray, settings: EmbeddingSettings
) -> list[nn.Module]:
    """Return the language model with its pooling; SIF pooling is the mean of tokens weighted beforehand."""
    width = backbone.get_embedding_dimension()
    if settings.pooling != "sif":
        return [backbone, Pooling(width, settings.pooling)]
    vocabulary = [str(tokenizer.convert_ids_to_tokens(number)) for number in range(len(tokenizer))]
    by_token = dict(zip(vocabulary, weights.tolist(), strict=True))
    return [backbone, WordWeights(vocabulary, by_token), Pooling(width, "mean")]


def _postprocessed(
    modules: list[nn.Module], texts: Sequence[str], centre: bool, settings: EmbeddingSettings
) -> SentenceTransformer:
    """Return the encoder with its post-processing, fitted on a sample of the corpus, as further modules."""
    raw = SentenceTransformer(modules=[*modules, Normalize()], device=str(device_of_choice()))
    rows = np.unique(np.linspace(0, len(texts) - 1, _CENTRE_SAMPLE).astype(int))
    sample = encode(raw, [texts[int(row)] for row in rows])
    known = sample.any(axis=1)
    fitted = fit_map(sample[known] if known.any() else sample, centre, settings.remove_components, settings.whiten)
    dense = Dense(
        len(fitted.bias),
        len(fitted.bias),
        activation_function=nn.Identity(),
        init_weight=torch.from_numpy(fitted.matrix),
        init_bias=torch.from_numpy(fitted.bias),
    )
    return SentenceTransformer(modules=[*modules, Normalize(), dense, Normalize()], device=str(device_of_choice()))
