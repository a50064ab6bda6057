"""A language model that teaches itself on the texts: make or load it, train it, measure it, save it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn
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
from textssl.pretraining.facts import FACTS, LanguageModelFacts, load_facts
from textssl.pretraining.heads import new_heads, restore_heads, save_heads
from textssl.pretraining.objectives.heads import Head
from textssl.pretraining.objectives.registry import main_objective, named, pretexts
from textssl.pretraining.objectives.vocabulary import Vocabulary, vocabulary_of
from textssl.pretraining.settings import PretrainingSettings
from textssl.pretraining.tasks import Answering, CorruptedBatches, PretextTask, WordTask, accuracy, mean_loss
from textssl.progress import bar, without_library_bars
from textssl.run_folder import language_model_folder, write_json, write_whole
from textssl.training.device import best_device, own_randomness
from textssl.training.early_stopping import EarlyStopping
from textssl.training.loop import train
from textssl.training.optimizers import Plan
from textssl.training.tasks import Sum, Task

# The default number of training tokens, unless an epoch has more: minutes for the smallest backbone.
_TOKENS = 800_000
# A corpus of fewer tokens than _SMALL trains for at least _LEAST_STEPS steps: fewer do not learn a corpus of six lines.
_SMALL, _LEAST_STEPS = 100_000, 600
_LEAST_BATCH = 256  # tokens
_LONGEST_WORD = 4  # tokens
# How often the held-out loss is measured while a model learns, and on how many batches.
_MEASUREMENTS, _BATCHES_MEASURED = 5, 20


@dataclass(frozen=True)
class TrainingSetup:
    """A model before its training, and all that the training needs."""

    model: PreTrainedModel
    heads: dict[str, Head]  # of the pretext tasks, by objective
    tokenizer: PreTrainedTokenizerFast
    learned: Sequences  # to learn from
    held_out: Sequences  # kept aside
    n_bytes: int  # of all texts, in UTF-8
    task: Task  # the sum of all objectives, on the texts to learn from
    measured: dict[str, WordTask | PretextTask]  # by objective, on the texts kept aside; on the others if there is none
    per_epoch: int  # batches
    plan: Plan
    notes: list[str]


@dataclass(frozen=True)
class LanguageModel:
    """A trained language model, the heads of its pretext tasks, the facts measured in training, and its folder."""

    model: PreTrainedModel
    heads: dict[str, Head]
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
    if (out / FACTS).exists():
        found = load_language_model(out)
        if found.facts.identity != identity:
            raise UsageError(f"{out} holds a language model of other texts or settings: choose another folder")
        return found
    setup = prepare(texts, settings, seed, token_vectors)
    checkpoint = out.with_name(f"{out.name}.{identity}.checkpoint")
    stopping = _early_stopping(setup, checkpoint.with_suffix(f".best{checkpoint.suffix}"))
    train(setup.task, setup.plan, seed, "pretraining", checkpoint, stopping)
    if stopping:
        stopping.restore_best()
        setup = _until(setup, stopping.kept)
    if settings.checkpoint == "none":
        setup.model.set_attn_implementation("sdpa")  # as `load_language_model` has it
    facts = _measure(setup, settings, identity)
    # On the processor, where `load_language_model` puts it, too.
    heads = {name: head.cpu() for name, head in setup.heads.items()}
    trained = LanguageModel(setup.model.cpu(), heads, setup.tokenizer, facts, out)
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
    continued, objective = settings.checkpoint != "none", main_objective(settings.objective)
    with own_randomness(seed):
        model, sequences, notes = (_continued if continued else _started)(texts, settings)
        heads = new_heads(settings.objective, model.config.hidden_size)
    learned, held_out = _split(sequences, settings.held_out, seed)
    vocabulary = vocabulary_of(tokenizer, learned.ids)
    _check_words(learned, vocabulary, settings.objective)
    if continued:
        restore_heads(heads, language_model_folder(settings.checkpoint))
    else:
        counts = np.bincount(learned.ids, minlength=len(tokenizer)) if objective.predicts_special else vocabulary.counts
        begin_at_frequencies(model, counts)
        if token_vectors is None:
            token_vectors = counted_vectors(learned, tokenizer, model.config.hidden_size - 1, seed)
        start_from_vectors(model, token_vectors)
    for module in (model, *heads.values()):
        nn.Module.to(module, best_device())
    tasks, measured = (
        make_tasks(model, heads, tokenizer, vocabulary, part, settings, seed)
        for part in (learned, held_out if len(held_out.ids) else learned)
    )
    task, per_epoch = _sum(tasks), next(iter(tasks.values())).batch_at.batches.per_epoch
    plan = _plan(model, task, steps_for(settings, len(learned.ids), per_epoch), settings)
    n_bytes = int(texts.n_bytes.sum())
    return TrainingSetup(model, heads, tokenizer, learned, held_out, n_bytes, task, measured, per_epoch, plan, notes)


def make_tasks(
    model: PreTrainedModel,
    heads: Mapping[str, Head],
    tokenizer: PreTrainedTokenizerFast,
    vocabulary: Vocabulary,
    sequences: Sequences,
    settings: PretrainingSettings,
    seed: int,
) -> dict[str, WordTask | PretextTask]:
    """Return the task of each objective on the same sequences, by name; those that predict words come first."""
    tasks: dict[str, WordTask | PretextTask] = {}
    for name, objective in sorted(named(settings.objective).items(), key=lambda item: bool(item[1].pretext)):
        own = texts_in(sequences, tokenizer) if objective.pretext else sequences
        batches = Batches(own.lengths, batch_tokens_for(settings, len(own.ids)), seed)
        rate, pad = getattr(settings, objective.rate), tokenizer.pad_token_id
        batch_at = CorruptedBatches(objective, own, vocabulary, rate, pad, batches, seed)
        if objective.pretext:
            tasks[name] = PretextTask(Answering(model, heads[name]), batch_at)
        else:
            tasks[name] = WordTask(model, batch_at, settings.causal)
    return tasks


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
        heads = new_heads(facts.objective, model.config.hidden_size)
    missing = restore_heads(heads, folder)
    if missing:
        raise DataError(f"{folder} has no head for {', '.join(missing)}: train the language model again")
    return LanguageModel(model.eval(), heads, tokenizer, facts, Path(folder))


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
    pack_above = main_objective(objective).pack_above
    if pack_above is None or len(sequences.ids) < pack_above:
        return sequences
    return sequences.packed(int(padded_lengths(np.quantile(sequences.lengths, 0.99)).clip(max=max_length)))


def _split(sequences: Sequences, share: float, seed: int) -> tuple[Sequences, Sequences]:
    """Return the sequences to learn from and those kept aside; none is kept aside of fewer than 100."""
    count = len(sequences.lengths)
    aside = round(share * count) if count >= 100 else 0
    order = np.random.default_rng([seed, 1]).permutation(count)
    return sequences.select(np.sort(order[aside:])), sequences.select(np.sort(order[:aside]))


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


def _early_stopping(setup: TrainingSetup, path: Path) -> EarlyStopping | None:
    """Return what keeps the state with the lowest loss on held-out texts, where there are any.

    Few texts are learned by heart: their loss falls while that of others rises.
    """
    if not len(setup.held_out.ids):
        return None
    model = setup.task.model

    def measure() -> dict[str, float]:
        model.eval()
        loss = sum(_weight(name) * mean_loss(task, _BATCHES_MEASURED) for name, task in setup.measured.items())
        model.train()
        return {"loss": 0.0 if math.isnan(loss) else -loss}

    return EarlyStopping(model, measure, ["loss"], setup.plan.steps, path, measurements=_MEASUREMENTS)


def _until(setup: TrainingSetup, kept: int) -> TrainingSetup:
    """Return the setup of a training whose state after `kept` steps was kept, with a note if it was not the last."""
    steps = setup.plan.steps
    if kept == steps:
        return setup
    note = f"the language model is that after {kept} of {steps} steps: the loss of held-out texts rose afterwards"
    return replace(setup, plan=replace(setup.plan, steps=kept), notes=[*setup.notes, note])


def _sum(tasks: dict[str, WordTask | PretextTask]) -> Task:
    """Return one task, or the weighted sum of several."""
    if len(tasks) == 1:
        return next(iter(tasks.values()))
    return Sum([(_weight(name), task) for name, task in tasks.items()])


def _weight(objective: str) -> float:
    asked = pretexts(objective)
    return asked[objective].weight if asked else 1.0


def _check_words(sequences: Sequences, vocabulary: Vocabulary, objective: str) -> None:
    """Raise DataError if no text has as many words as an objective changes."""
    words = vocabulary.begins.numpy()[sequences.ids]
    most = np.add.reduceat(words, sequences.starts[:-1], dtype=np.int64).max()
    for name, pretext in pretexts(objective).items():
        if most < pretext.min_words:
            raise DataError(
                f"no text has {pretext.min_words} words, which {name} needs: leave {name} out of --objective, "
                "or give longer texts"
            )


def _plan(model: PreTrainedModel, task: Task, steps: int, settings: PretrainingSettings) -> Plan:
    """Return the plan of a training; the output matrix of a new model learns as fast as its token table."""
    new, objective = settings.checkpoint == "none", main_objective(settings.objective)
    table_rate = _rate(settings.table_learning_rate, 2e-3 if new else 5e-5)
    output = model.get_output_embeddings().weight
    outputs = [name for name, parameter in task.model.named_parameters() if parameter is output]
    return Plan(
        steps,
        _rate(settings.learning_rate, objective.learning_rate if new else 5e-5),
        table_rate,
        rates=dict.fromkeys(outputs, table_rate) if new else {},
        muon=objective.muon and new,
        bfloat16="always",
        checkpoint_seconds=settings.checkpoint_seconds,
    )


def _rate(setting: float | str, auto: float) -> float:
    return auto if setting == "auto" else float(setting)


def _measure(setup: TrainingSetup, settings: PretrainingSettings, identity: str) -> LanguageModelFacts:
    words = [task for task in setup.measured.values() if isinstance(task, WordTask)]
    loss = mean_loss(words[0]) if words else math.nan
    return LanguageModelFacts(
        objective=settings.objective,
        parameters=sum(
            parameter.numel() for part in (setup.model, *setup.heads.values()) for parameter in part.parameters()
        ),
        vocabulary=len(setup.tokenizer),
        corpus_tokens=len(setup.learned.ids) + len(setup.held_out.ids),
        learned_tokens=setup.plan.steps * len(setup.learned.ids) // setup.per_epoch,
        held_out_texts=len(setup.held_out.lengths),
        loss=loss,
        perplexity=math.exp(min(loss, 700.0)),
        bits_per_byte=loss / math.log(2) / _bytes_per_token(setup),
        pieces_per_word=_pieces_per_word(setup.learned, setup.tokenizer),
        identity=identity,
        pretext={name: accuracy(task) for name, task in setup.measured.items() if isinstance(task, PretextTask)},
        notes=setup.notes,
    )


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
        save_heads(language_model.heads, part)
        write_json(part / FACTS, asdict(language_model.facts))

    write_whole(out, write)
