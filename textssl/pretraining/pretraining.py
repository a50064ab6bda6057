"""A language model that teaches itself on the texts: make or load it, train it, measure it, save it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from textssl.errors import DataError, UsageError
from textssl.language.batches import Batches, Sequences, padded_lengths
from textssl.language.texts import as_texts
from textssl.language.tokenizer import train_tokenizer
from textssl.language.tokens import Tokens, length_within, tokenize
from textssl.language.word_pieces import word_pieces
from textssl.pretraining.backbones import (
    SIZES,
    begin_at_frequencies,
    load_backbone,
    load_tokenizer,
    new_backbone,
    size_for,
)
from textssl.pretraining.checkpoints import check_checkpoint
from textssl.pretraining.counted_start import counted_vectors, start_from_vectors, texts_in
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.settings import PretrainingSettings
from textssl.progress import bar, without_library_bars
from textssl.run_folder import language_model_folder, read_json, write_json, write_whole
from textssl.training.device import best_device, own_randomness
from textssl.training.early_stopping import EarlyStopping
from textssl.training.loop import train
from textssl.training.optimizers import Plan
from textssl.training.prediction_loss import prediction_loss
from textssl.training.tasks import Batch

_FACTS = "textssl.json"  # the file of `LanguageModelFacts`
# The default number of training tokens, unless an epoch has more: minutes for the smallest backbone.
_TOKENS = 800_000
# A corpus of fewer tokens than _SMALL trains for at least _LEAST_STEPS steps: fewer do not learn a corpus of six lines.
_SMALL, _LEAST_STEPS = 100_000, 600
_LEAST_BATCH = 256  # tokens
_LONGEST_WORD = 4  # tokens
# How often the held-out loss is measured while a model learns, and on how many batches.
_MEASUREMENTS, _BATCHES_MEASURED = 5, 20


@dataclass(frozen=True)
class LanguageModelFacts:
    """What was measured in training.

    Attributes:
        objective: the name of the training objective.
        parameters: the number of weights.
        vocabulary: the number of tokens in the vocabulary.
        corpus_tokens: the number of tokens in the corpus.
        learned_tokens: the number of training tokens, repeats included.
        held_out_texts: the number of held-out texts, or of blocks if texts are packed; 0 if the corpus was too small,
            and the loss is that of the training texts.
        loss: the mean loss of the predicted tokens of held-out texts, in nats.
        perplexity: the exponential of the loss.
        bits_per_byte: the loss per byte of UTF-8 text, in bits; for masked words, per byte of the masked text.
        pieces_per_word: the shares of the words in the corpus that have 1, 2, ... tokens.
        identity: a hash of texts, settings and seed, by which the folder of the same training is recognised.
        notes: sentences on settings that were changed to fit the model.
    """

    objective: str
    parameters: int
    vocabulary: int
    corpus_tokens: int
    learned_tokens: int
    held_out_texts: int
    loss: float
    perplexity: float
    bits_per_byte: float
    pieces_per_word: list[float]
    identity: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingSetup:
    """A model before its training, and all that the training needs."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    learned: Sequences  # to learn from
    held_out: Sequences  # kept aside
    n_bytes: int  # of all texts, in UTF-8
    batch_at: Callable[[int], Batch]
    per_epoch: int  # batches
    plan: Plan
    notes: list[str]

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the mean loss of a predicted token, in nats."""
        return prediction_loss(self.model, batch)


@dataclass(frozen=True)
class LanguageModel:
    """A trained language model, the facts measured in training, and its folder."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    facts: LanguageModelFacts
    folder: Path


def pretrain(
    texts: Sequence[str] | Tokens,
    out: str | Path,
    settings: PretrainingSettings | None = None,
    seed: int = 0,
    token_vectors: np.ndarray | None = None,
) -> LanguageModel:
    """Train a language model on `texts` and save it to `out`; a call that was interrupted continues where it was.

    Args:
        texts: the corpus, distinct and not blank; whatever `as_texts` reads, or its tokens, by the tokenizer of the
            checkpoint if there is one.
        out: gets tokenizer and model in transformers' format, and the facts measured.
        settings: objective, size, length of training; see PretrainingSettings.
        seed: the same seed on the same machine gives the same weights.
        token_vectors: float32 (vocabulary, d), what a new model starts from, zero for a token without a vector; d is
            below `table_width`. None = co-occurrences in the texts.

    Raises:
        DataError: if there is no text, or the checkpoint to start from cannot be used.
        UsageError: if the checkpoint's folder does not exist, or `out` holds a model of other texts or settings.
    """
    settings = settings or PretrainingSettings()
    texts, out = texts if isinstance(texts, Tokens) else as_texts(texts), Path(out)
    if not len(texts):
        raise DataError("no texts to learn from: every row of the corpus is blank")
    identity = _identity(texts, settings, seed, token_vectors)
    if (out / _FACTS).exists():
        found = load_language_model(out)
        if found.facts.identity != identity:
            raise UsageError(f"{out} holds a language model of other texts or settings: choose another folder")
        return found
    setup = prepare(texts, settings, seed, token_vectors)
    checkpoint = out.with_name(f"{out.name}.{identity}.checkpoint")
    stopping = _early_stopping(setup, settings, seed, checkpoint.with_suffix(f".best{checkpoint.suffix}"))
    train(setup, setup.plan, seed, "pretraining", checkpoint, stopping)
    if stopping:
        stopping.restore_best()
        setup = _until(setup, stopping.kept)
    if settings.checkpoint == "none":
        setup.model.set_attn_implementation("sdpa")  # as `load_language_model` has it
    facts = _measure(setup, settings, seed, identity)
    # On the processor, where `load_language_model` puts it, too.
    trained = LanguageModel(setup.model.cpu(), setup.tokenizer, facts, out)
    _save(trained, out)
    checkpoint.unlink(missing_ok=True)
    if stopping:
        stopping.path.unlink(missing_ok=True)
    return trained


def prepare(
    texts: Sequence[str] | Tokens,
    settings: PretrainingSettings,
    seed: int = 0,
    token_vectors: np.ndarray | None = None,
) -> TrainingSetup:
    """Tokenize `texts`, make or load the model, and plan the training that `pretrain` does."""
    if not isinstance(texts, Tokens):
        texts = tokenize(make_tokenizer(texts, settings), bar(texts, "tokenizing", unit="text"))
    tokenizer = texts.tokenizer
    continued, objective = settings.checkpoint != "none", OBJECTIVES[settings.objective]
    with own_randomness(seed):
        model, sequences, notes = (_continued if continued else _started)(texts, settings)
    learned, held_out = _split(sequences, settings.held_out, seed)
    batch_at, per_epoch = batch_source(learned, tokenizer, settings, seed)
    if not continued:
        counts = np.bincount(learned.ids, minlength=len(tokenizer))
        if not objective.predicts_special:
            counts[tokenizer.all_special_ids] = 0
        begin_at_frequencies(model, counts)
        if token_vectors is None:
            token_vectors = counted_vectors(learned, tokenizer, model.config.hidden_size - 1, seed)
        start_from_vectors(model, token_vectors)
    table_rate = _rate(settings.table_learning_rate, 5e-5 if continued else 2e-3)
    plan = Plan(
        steps_for(settings, len(learned.ids), per_epoch),
        _rate(settings.learning_rate, 5e-5 if continued else objective.learning_rate),
        table_rate,
        rates={} if continued else {"decoder.weight": table_rate},
        muon=objective.muon and not continued,
        bfloat16="always",
        checkpoint_seconds=settings.checkpoint_seconds,
    )
    torch.nn.Module.to(model, best_device())
    n_bytes = int(texts.n_bytes.sum())
    return TrainingSetup(model, tokenizer, learned, held_out, n_bytes, batch_at, per_epoch, plan, notes)


def table_width(tokens: Tokens, settings: PretrainingSettings) -> int:
    """Return the width of the token table of a new model."""
    return SIZES[_size(_sequences(tokens, settings.max_length, settings.objective), settings)].width


def learned_parts(tokens: Tokens, settings: PretrainingSettings, seed: int) -> Sequences:
    """Return the texts, or parts of them, that a new model learns from: not those that measure its loss."""
    learned, _ = _split(_sequences(tokens, settings.max_length, settings.objective), settings.held_out, seed)
    return texts_in(learned, tokens.tokenizer)


def make_tokenizer(texts: Sequence[str], settings: PretrainingSettings) -> PreTrainedTokenizerFast:
    """Return the tokenizer of the checkpoint to start from, or one trained on `texts`."""
    if settings.checkpoint != "none":
        check_checkpoint(language_model_folder(settings.checkpoint), settings.objective)
        return load_tokenizer(settings.checkpoint)
    return train_tokenizer(texts, settings.vocabulary, settings.lowercase, settings.tokenizer)


def load_language_model(folder: str | Path) -> LanguageModel:
    """Load a language model saved by `pretrain`.

    Raises:
        DataError: if the folder holds no language model of textssl.
    """
    known: dict[str, Any] = {name: math.nan if value is None else value for name, value in load_facts(folder).items()}
    facts = LanguageModelFacts(**known)  # a loss that could not be measured is null in JSON
    with own_randomness():
        model, tokenizer = load_backbone(folder, facts.objective)
    return LanguageModel(model.eval(), tokenizer, facts, Path(folder))


def load_facts(folder: str | Path) -> dict[str, Any]:
    """Return the fields of `LanguageModelFacts` of the language model in `folder`.

    Raises:
        DataError: if the folder holds no language model of textssl.
    """
    if not (Path(folder) / _FACTS).exists():
        raise DataError(f"{folder} holds no language model of textssl: make one with textssl pretrain")
    return read_json(Path(folder) / _FACTS)


def language_model_notes(folder: str | Path) -> list[str]:
    """Return the notes on the training of the language model in `folder`."""
    return load_facts(folder).get("notes", [])


def _identity(
    texts: Sequence[str] | Tokens, settings: PretrainingSettings, seed: int, token_vectors: np.ndarray | None
) -> str:
    decisive = replace(settings, checkpoint_seconds=0.0)  # how often it is saved changes nothing of the model
    digest = blake2b(repr((decisive, seed)).encode(), digest_size=8)
    if isinstance(texts, Tokens):
        for array in (texts.ids, texts.starts, texts.n_bytes):
            digest.update(np.ascontiguousarray(array).data)
    else:
        for text in texts:
            digest.update(text.encode() + b"\n")
    if token_vectors is not None:
        digest.update(np.ascontiguousarray(token_vectors).data)
    return digest.hexdigest()


def _started(tokens: Tokens, settings: PretrainingSettings) -> tuple[PreTrainedModel, Sequences, list[str]]:
    """Return a new model, what it is to read, and notes."""
    sequences = _sequences(tokens, settings.max_length, settings.objective)
    model = new_backbone(settings.objective, _size(sequences, settings), tokens.tokenizer, settings.max_length)
    return model, sequences, []


def _size(sequences: Sequences, settings: PretrainingSettings) -> str:
    return size_for(len(sequences.ids)) if settings.size == "auto" else settings.size


def _continued(tokens: Tokens, settings: PretrainingSettings) -> tuple[PreTrainedModel, Sequences, list[str]]:
    """Return the model of the checkpoint, what it is to read, and notes."""
    model, _ = load_backbone(settings.checkpoint, settings.objective)
    max_length, notes = length_within(settings.max_length, model, "pretraining.max_length")
    return model, _sequences(tokens, max_length, settings.objective), notes


def _sequences(tokens: Tokens, max_length: int, objective: str) -> Sequences:
    """Return a sequence per text; for clm texts end to end, unless a few lines would be memorised by their order.

    The blocks are as long as 99 of 100 texts: attention to more costs time, and in short training learns nothing.
    """
    sequences = tokens.sequences(max_length)
    pack_above = OBJECTIVES[objective].pack_above
    if pack_above is None or len(sequences.ids) < pack_above:
        return sequences
    return sequences.packed(int(padded_lengths(np.quantile(sequences.lengths, 0.99)).clip(max=max_length)))


def _split(sequences: Sequences, share: float, seed: int) -> tuple[Sequences, Sequences]:
    """Return the sequences to learn from and those kept aside; none is kept aside of fewer than 100."""
    count = len(sequences.lengths)
    aside = round(share * count) if count >= 100 else 0
    order = np.random.default_rng([seed, 1]).permutation(count)
    return sequences.select(np.sort(order[aside:])), sequences.select(np.sort(order[:aside]))


def batch_source(
    sequences: Sequences, tokenizer: PreTrainedTokenizerFast, settings: PretrainingSettings, seed: int
) -> tuple[Callable[[int], Batch], int]:
    """Return the batch of a step as a function of the step, and the number of batches in an epoch."""
    corrupt = OBJECTIVES[settings.objective].corrupt
    batches = Batches(sequences.lengths, batch_tokens_for(settings, len(sequences.ids)), seed)
    special = torch.tensor(tokenizer.all_special_ids)

    def batch_at(step: int) -> Batch:
        ids, mask = sequences.padded(batches(step), tokenizer.pad_token_id)
        rng = np.random.default_rng([seed, 2, step])
        return corrupt(ids, mask, special, tokenizer.mask_token_id, settings.mask_rate, rng)

    return batch_at, batches.per_epoch


def batch_tokens_for(settings: PretrainingSettings, corpus_tokens: int) -> int:
    """Return the tokens in a batch, fewer for a small corpus, which needs more steps rather than smooth gradients."""
    return min(settings.batch_tokens, max(_LEAST_BATCH, corpus_tokens // 50))


def steps_for(settings: PretrainingSettings, corpus_tokens: int, per_epoch: float) -> int:
    """Return the number of steps; by default of 20 epochs, fewer for a large corpus and more for a few lines."""
    if settings.tokens != "auto":
        return max(1, round(int(settings.tokens) / corpus_tokens * per_epoch))
    epochs = max(1.0, min(20.0, _TOKENS / corpus_tokens))
    least = _LEAST_STEPS if corpus_tokens < _SMALL else 1
    return max(least, round(epochs * per_epoch))


def _early_stopping(setup: TrainingSetup, settings: PretrainingSettings, seed: int, path: Path) -> EarlyStopping | None:
    """Return what keeps the state with the lowest loss on held-out texts, where there are any.

    Few texts are learned by heart: their loss falls while that of others rises.
    """
    if not len(setup.held_out.ids):
        return None
    batch_at, batches = batch_source(setup.held_out, setup.tokenizer, settings, seed)

    def measure() -> dict[str, float]:
        setup.model.eval()
        loss = mean_loss(setup.model, batch_at, min(batches, _BATCHES_MEASURED), shifted=settings.causal)
        setup.model.train()
        return {"loss": 0.0 if math.isnan(loss) else -loss}

    return EarlyStopping(setup.model, measure, ["loss"], setup.plan.steps, path, measurements=_MEASUREMENTS)


def _until(setup: TrainingSetup, kept: int) -> TrainingSetup:
    """Return the setup of a training whose state after `kept` steps was kept, with a note if it was not the last."""
    steps = setup.plan.steps
    if kept == steps:
        return setup
    note = f"the language model is that after {kept} of {steps} steps: the loss of held-out texts rose afterwards"
    return replace(setup, plan=replace(setup.plan, steps=kept), notes=[*setup.notes, note])


def _rate(setting: float | str, auto: float) -> float:
    return auto if setting == "auto" else float(setting)


def _measure(setup: TrainingSetup, settings: PretrainingSettings, seed: int, identity: str) -> LanguageModelFacts:
    measured = setup.held_out if len(setup.held_out.ids) else setup.learned
    source = batch_source(measured, setup.tokenizer, settings, seed)
    loss = mean_loss(setup.model, *source, shifted=settings.causal)
    return LanguageModelFacts(
        objective=settings.objective,
        parameters=setup.model.num_parameters(),
        vocabulary=len(setup.tokenizer),
        corpus_tokens=len(setup.learned.ids) + len(setup.held_out.ids),
        learned_tokens=setup.plan.steps * len(setup.learned.ids) // setup.per_epoch,
        held_out_texts=len(setup.held_out.lengths),
        loss=loss,
        perplexity=math.exp(min(loss, 700.0)),
        bits_per_byte=loss / math.log(2) / _bytes_per_token(setup),
        pieces_per_word=_pieces_per_word(setup.learned, setup.tokenizer),
        identity=identity,
        notes=setup.notes,
    )


@torch.inference_mode()
def mean_loss(model: PreTrainedModel, batch_at: Callable[[int], Batch], batches: int, shifted: bool) -> float:
    """Return the mean loss of the predicted tokens of at most 100 batches, in nats; NaN if there are none.

    Args:
        model: a language model.
        batch_at: the batch of a step.
        batches: the number of batches.
        shifted: whether the model predicts the next token, so that the first label of each text does not count.
    """
    total = predicted = 0.0
    for step in range(min(batches, 100)):
        batch = {name: tensor.to(model.device) for name, tensor in batch_at(step).items()}
        count = int((batch["labels"][:, int(shifted) :] != -100).sum())
        total += prediction_loss(model, batch).item() * count
        predicted += count
    return total / predicted if predicted else math.nan


def _bytes_per_token(setup: TrainingSetup) -> float:
    """Return bytes of UTF-8 per token; the closing token counts, the opening one, never predicted, does not."""
    tokens = sum(len(part.ids) - len(part.lengths) for part in (setup.learned, setup.held_out))
    return max(1, setup.n_bytes) / max(1, tokens)


def _pieces_per_word(sequences: Sequences, tokenizer: PreTrainedTokenizerFast, sample: int = 1_000_000) -> list[float]:
    ids = sequences.ids[:sample]
    inner = word_pieces(tokenizer.backend_tokenizer).inner(ids)[~np.isin(ids, tokenizer.all_special_ids)]
    pieces = np.diff(np.flatnonzero(np.append(~inner, True)))
    shares = np.bincount(pieces, minlength=2)[1:] / max(1, len(pieces))
    return [round(float(share), 4) for share in shares[:_LONGEST_WORD]]


@without_library_bars()
def _save(language_model: LanguageModel, out: Path) -> None:
    def write(part: Path) -> None:
        language_model.model.save_pretrained(part)
        language_model.tokenizer.save_pretrained(part)
        write_json(part / _FACTS, asdict(language_model.facts))

    write_whole(out, write)
