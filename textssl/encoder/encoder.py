"""The sentence encoder: a scikit-learn transformer from texts to vectors, saved as a SentenceTransformer folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from pkgutil import resolve_name
from tempfile import TemporaryDirectory
from typing import Any, Literal, Protocol, Self

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from torch import nn
from transformers import PreTrainedTokenizerFast

from textssl.encoder.forms.inputs import FormInputs, Modules
from textssl.encoder.forms.registry import FORMS
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.encoder.postprocessing import LinearMap, fit_map
from textssl.encoder.record import EncoderRecord
from textssl.encoder.sentence_training import checkpoint_files
from textssl.encoder.settings import Compute, EmbeddingSettings, form_of
from textssl.errors import DataError
from textssl.language.texts import as_texts
from textssl.language.tokenizer import train_tokenizer
from textssl.language.tokens import Tokens, tokenize
from textssl.progress import bar, without_library_bars
from textssl.run_folder import write_whole
from textssl.training.device import best_device, own_randomness

_POSTPROCESSED_TEXTS = 20_000  # texts to which the post-processing is fitted


class InFolder(Protocol):
    """Something that is stored in a folder, such as what `pretrain` returns."""

    @property
    def folder(self) -> Path:
        """The folder that holds it."""


class TextEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Sentence vectors learned from the texts themselves.

    An encoder computes the vector of a text (by its form), scales it to unit length, and applies a linear map
    (centring, removal of the strongest directions, whitening). It fits into a scikit-learn `Pipeline`, before a
    clusterer.

    Parameters:
        language_model: what `pretrain` returns, or the folder of a language model or tokenizer; None trains a
            tokenizer on the texts, which suffices for the forms static and lexical. The form static takes its token
            vectors from a language model that is not `pretrained`, and else computes them from the texts. Default None.
        form: "static", "lexical", "transformer" or "auto" (transformer if `pretrained`, else static). Default "auto".
        dictionary: lexical: path of a file of definitions; "" uses none. Default "".
        dimensions: static, lexical: int, dimensions of the vectors; static has at most as many as the language model.
            Default 256.
        sif_a: float, a of the token weights a / (a + share of the token) (SIF, Arora et al. 2017), or "auto" (0.01,
            lexical 0.001). Default "auto".
        centre: bool, subtract the mean vector, or "auto" (yes, unless the form is lexical). Default "auto".
        remove_components: int, number of strongest directions to remove after centring (Mu & Viswanath 2018).
            Default 0.
        whiten: bool, give the remaining directions the same variance (Su et al. 2021). Default False.
        pooling: transformer: "sif", "mean", "cls", "lasttoken" or "weightedmean". Default "sif".
        objectives: transformer: names of sentence objectives, separated by commas; the mean of their losses is
            minimised. Default "cluster_agreement".
        sentence_tokens: transformer: int, tokens of the sentence training, 0 for no training, or "auto" (1,000,000, but
            at most 10 epochs). Default "auto".
        temperature: transformer: float, temperature of the contrastive loss. Default 0.2.
        batch_texts: transformer: int, texts per batch of the sentence training. Default 256.
        learning_rate: transformer: float, peak learning rate of the layers, or "auto" (0.0003, or 0.00002 if
            `pretrained`). Default "auto".
        max_length: int, tokens read at once. Default 256.
        compute: transformer: "auto", "float32", "bfloat16" or "int8", the numbers to compute with. Default "auto".
        pretrained: bool, whether the language model started from a checkpoint. Default False.
        lang: lexical: language of the texts, for lemmas; a code, locale or name. Default "en".
        checkpoint: transformer: path of a file that an interrupted training resumes from, and that `save` removes;
            None keeps none. Default None.
        random_state: int, seed of factorisation, projection and training. Default 0.

    Attributes:
        n_features_out_: int, dimensions of the vectors.
        notes_: list of str, what to report of how the encoder was fitted.
        training_: SentenceTraining, the record of the sentence training; None if there was none.

    Example:
        >>> from textssl import TextEncoder
        >>> encoder = TextEncoder(dimensions=2).fit(["a red fox", "a red dog", "one blue boat", "one blue ship"])
        >>> encoder.transform(["a fox", "a boat"]).shape
        (2, 2)
    """

    def __init__(
        self,
        language_model: str | Path | InFolder | None = None,
        *,
        form: str = EmbeddingSettings.form,
        dictionary: str = EmbeddingSettings.dictionary,
        dimensions: int = EmbeddingSettings.dimensions,
        sif_a: float | Literal["auto"] = EmbeddingSettings.sif_a,
        centre: bool | Literal["auto"] = EmbeddingSettings.centre,
        remove_components: int = EmbeddingSettings.remove_components,
        whiten: bool = EmbeddingSettings.whiten,
        pooling: str = EmbeddingSettings.pooling,
        objectives: str = EmbeddingSettings.objectives,
        sentence_tokens: int | Literal["auto"] = EmbeddingSettings.sentence_tokens,
        temperature: float = EmbeddingSettings.temperature,
        batch_texts: int = EmbeddingSettings.batch_texts,
        learning_rate: float | Literal["auto"] = EmbeddingSettings.learning_rate,
        max_length: int = EmbeddingSettings.max_length,
        compute: Compute = EmbeddingSettings.compute,
        pretrained: bool = False,
        lang: str = "en",
        checkpoint: str | Path | None = None,
        random_state: int = 0,
    ) -> None:
        self.language_model = language_model
        self.form = form
        self.dictionary = dictionary
        self.dimensions = dimensions
        self.sif_a = sif_a
        self.centre = centre
        self.remove_components = remove_components
        self.whiten = whiten
        self.pooling = pooling
        self.objectives = objectives
        self.sentence_tokens = sentence_tokens
        self.temperature = temperature
        self.batch_texts = batch_texts
        self.learning_rate = learning_rate
        self.max_length = max_length
        self.compute = compute
        self.pretrained = pretrained
        self.lang = lang
        self.checkpoint = checkpoint
        self.random_state = random_state

    def fit(self, texts: Sequence[str], y: object = None, tokens: Tokens | None = None) -> Self:
        """Learn from `texts`.

        Args:
            texts: list or other collection of str, distinct and not blank.
            y: ignored.
            tokens: the texts as token numbers, by the tokenizer of the language model; None computes them. Default
                None.

        Raises:
            DataError: if there are no texts, or the folder of the language model holds no tokenizer.
            UsageError: if a parameter is invalid, or the form needs a language model and none is given.
        """
        settings, texts = self._settings(), as_texts(texts)
        if not len(texts):
            raise DataError("no texts to fit an encoder to: give at least one")
        folder = self._language_model_folder()
        if tokens is None:
            tokens = tokenize(_tokenizer(folder, texts), bar(texts, "tokenizing", unit="text"))
        form = FORMS[form_of(settings, self.pretrained)]
        with TemporaryDirectory() as temporary, without_library_bars(), own_randomness():
            inputs = FormInputs(
                tokens=tokens,
                settings=settings,
                sif_a=form.sif_a if settings.sif_a == "auto" else float(settings.sif_a),
                lang=self.lang,
                seed=self.random_state,
                language_model=folder,
                pretrained=self.pretrained,
                checkpoint=Path(self.checkpoint or Path(temporary) / "checkpoint"),
            )
            fit: Callable[[FormInputs], Modules] = resolve_name(form.path)
            fitted = fit(inputs)
            centre = form.centre if settings.centre == "auto" else settings.centre
            model = _postprocessed(fitted.modules, texts, tokens, bool(centre), settings)
        return self._set(model, EncoderRecord(tuple(fitted.notes), fitted.training))

    def transform(self, texts: Sequence[str], tokens: Tokens | None = None) -> np.ndarray:
        """Return the vectors of texts, float32 (texts, dimensions), of unit length; see `encode`.

        Args:
            texts: list or other collection of str.
            tokens: the texts as token numbers, by the tokenizer of the encoder; None computes them. Default None.

        Raises:
            NotFittedError: if the encoder is not fitted.
        """
        return encode(self.sentence_transformer, texts, compute=self.compute, tokens=tokens)

    def save(self, folder: str | Path) -> None:
        """Write a folder that also loads with sentence-transformers, without this package.

        Args:
            folder: the folder; an encoder saved there before is replaced.
        """
        model = self.sentence_transformer

        @without_library_bars()
        def write(part: Path) -> None:
            model.save(str(part), create_model_card=False)
            self._record.save(part)

        write_whole(Path(folder), write)
        for left in checkpoint_files(Path(self.checkpoint)) if self.checkpoint else ():
            left.unlink(missing_ok=True)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load what `save` wrote, or any SentenceTransformer folder; no code in it is executed.

        Args:
            folder: the folder.

        Raises:
            DataError: if the folder holds no SentenceTransformer.
        """
        return cls()._set(load_encoder(folder), EncoderRecord.load(Path(folder)))

    @property
    def sentence_transformer(self) -> SentenceTransformer:
        """The encoder as a SentenceTransformer."""
        check_is_fitted(self, "n_features_out_")
        return self._model

    def followed_by(self, linear_map: LinearMap) -> Self:
        """Return an encoder whose vectors are those of this one, mapped linearly and scaled to unit length.

        Args:
            linear_map: a matrix (k, d) and a bias (k,).
        """
        check_is_fitted(self, "n_features_out_")
        modules = [*self._model, Normalize(), _dense(linear_map), Normalize()]
        model = SentenceTransformer(modules=modules, device=str(best_device()))
        return clone(self)._set(model, self._record)

    @property
    def linear_map(self) -> LinearMap:
        """The linear map of the unit vectors of texts, which are then scaled to unit length again."""
        linear: Any = self.sentence_transformer[-2]
        return LinearMap(*(part.detach().cpu().numpy() for part in (linear.linear.weight, linear.linear.bias)))

    @property
    def _n_features_out(self) -> int:
        return self.n_features_out_

    def _set(self, model: SentenceTransformer, record: EncoderRecord) -> Self:
        self._model, self._record = model, record
        self.training_, self.notes_ = record.training, record.notes
        self.n_features_out_ = int(model.get_embedding_dimension() or 0)
        return self

    def _settings(self) -> EmbeddingSettings:
        named = self.get_params(deep=False)
        return EmbeddingSettings(**{name: named[name] for name in vars(EmbeddingSettings()) if name in named})

    def _language_model_folder(self) -> Path | None:
        given = self.language_model
        return None if given is None else Path(given if isinstance(given, str | Path) else given.folder)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that the input is texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


def make_encoder(form: str, settings: EmbeddingSettings, **parameters: object) -> TextEncoder:
    """Return an unfitted encoder.

    Args:
        form: name of the form.
        settings: settings, of which those that the form depends on are used.
        **parameters: further parameters of `TextEncoder`.
    """
    used = {name: getattr(settings, name) for name in FORMS[form].settings}
    return TextEncoder(form=form).set_params(**used, **parameters)


def _tokenizer(folder: Path | None, texts: Sequence[str]) -> PreTrainedTokenizerFast:
    if folder is None:
        return train_tokenizer(texts)
    if not (folder / "tokenizer.json").is_file():
        raise DataError(f"{folder} holds no language model (no tokenizer.json): give a folder from textssl pretrain")
    return PreTrainedTokenizerFast.from_pretrained(folder)


def _postprocessed(
    modules: Sequence[nn.Module], texts: Sequence[str], tokens: Tokens, centre: bool, settings: EmbeddingSettings
) -> SentenceTransformer:
    """Return the encoder with its post-processing as further modules, fitted to a sample of the texts."""
    raw = SentenceTransformer(modules=[*modules, Normalize()], device=str(best_device()))
    rows = np.unique(np.linspace(0, len(texts) - 1, _POSTPROCESSED_TEXTS).astype(int))
    sample = encode(raw, [texts[int(row)] for row in rows], tokens=tokens.select(rows))
    known = sample.any(axis=1)
    fitted = fit_map(sample[known] if known.any() else sample, centre, settings.remove_components, settings.whiten)
    return SentenceTransformer(modules=[*modules, Normalize(), _dense(fitted), Normalize()], device=str(best_device()))


def _dense(linear_map: LinearMap) -> Dense:
    """Return a linear map as a module."""
    rows, columns = linear_map.matrix.shape
    return Dense(
        columns,
        rows,
        activation_function=nn.Identity(),
        init_weight=torch.from_numpy(np.ascontiguousarray(linear_map.matrix)),
        init_bias=torch.from_numpy(linear_map.bias),
    )
