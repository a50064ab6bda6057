"""8-bit integers: transformers whose matrix products OpenVINO (the extra "int8") computes in int8, on a processor.

Static quantisation as in Jacob et al. (2018): weights have one scale per output, inputs one per matrix, from their
range over sample texts. Attention, norms and pooling stay in floating point.
"""

import warnings
from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import nn
from torch.nn import functional

from textssl.encoder.inference.long_texts import is_transformer
from textssl.errors import UsageError

_LEAST_CHARACTERS = 1_000_000  # for fewer, the conversion takes longer than it saves
_SAMPLE = 256  # texts from which sizes and ranges are estimated
_EXAMPLE = torch.tensor([[1, 2, 3], [1, 2, 3]]), torch.tensor([[1, 1, 1], [1, 1, 0]])  # ids and mask


def pays(texts: Sequence[str]) -> bool:
    """Return whether `texts` are so long that converting a transformer saves time, estimated from a sample."""
    sample = _sample(texts)
    return sum(map(len, sample)) / max(1, len(sample)) * len(texts) >= _LEAST_CHARACTERS


def quantized(model: SentenceTransformer, texts: Sequence[str]) -> SentenceTransformer:
    """Return a copy of an encoder whose transformer computes in 8-bit integers on the processor.

    Args:
        model: the encoder, which is not changed; an encoder without a transformer is returned as it is.
        texts: texts to measure ranges on; evenly spaced ones are used.

    Raises:
        UsageError: if OpenVINO is not installed.
    """
    if not is_transformer(model):
        return model
    if not find_spec("openvino"):
        raise UsageError("compute int8 needs OpenVINO: pip install 'textssl[int8]', or set compute to auto")
    copy: Any = deepcopy(model).cpu().eval()
    ranges = _input_ranges(copy, _sample(texts))
    for name, (low, high) in ranges.items():
        parent, _, own = name.rpartition(".")
        setattr(copy[0].model.get_submodule(parent), own, _Quantized(copy[0].model.get_submodule(name), low, high))
    copy[0].model = _Compiled(copy[0].model)
    return copy


def _sample(texts: Sequence[str]) -> list[str]:
    return [texts[int(row)] for row in np.unique(np.linspace(0, len(texts) - 1, min(_SAMPLE, len(texts))).astype(int))]


def _input_ranges(model: Any, texts: list[str]) -> dict[str, tuple[float, float]]:
    """Return the smallest and the largest input of each matrix of the transformer when it reads `texts`."""
    seen: dict[str, list[torch.Tensor]] = defaultdict(list)
    linear = {name: module for name, module in model[0].model.named_modules() if isinstance(module, nn.Linear)}
    hooks = [
        module.register_forward_pre_hook(lambda _, inputs, name=name: seen[name].extend(inputs[0].aminmax()))
        for name, module in linear.items()
    ]
    model.encode(texts, show_progress_bar=False)
    for hook in hooks:
        hook.remove()
    return {name: (min(values).item(), max(values).item()) for name, values in seen.items()}


class _Quantized(nn.Module):
    """A linear layer with weights and inputs rounded to 8 bits, which OpenVINO converts to integer operations."""

    def __init__(self, linear: nn.Linear, low: float, high: float) -> None:
        super().__init__()
        self.linear = linear
        self.scales = nn.Buffer(linear.weight.detach().abs().amax(dim=1).clamp(min=1e-9) / 127)
        self.zeros = nn.Buffer(torch.zeros(len(self.scales), dtype=torch.int32))
        low, high = min(low, 0.0), max(high, 0.0)  # zero stays zero
        self.step = max(high - low, 1e-9) / 255
        self.zero = round(-low / self.step)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        inputs = torch.fake_quantize_per_tensor_affine(inputs, self.step, self.zero, 0, 255)
        weight = torch.fake_quantize_per_channel_affine(self.linear.weight, self.scales, self.zeros, 0, -127, 127)
        return functional.linear(inputs, weight, self.linear.bias)


class _Compiled(nn.Module):
    """A transformer compiled by OpenVINO, with the interface of the original."""

    def __init__(self, transformer: Any) -> None:
        super().__init__()
        import openvino

        self.config, self.device, self.dtype = transformer.config, torch.device("cpu"), torch.float32
        inputs = [([-1, -1], openvino.Type.i64)] * 2
        with warnings.catch_warnings(action="ignore"):  # tracing warns about every branch that depends on the example
            converted = openvino.convert_model(_Hidden(transformer), example_input=_EXAMPLE, input=inputs)
        threads = torch.get_num_threads()
        how = {"NUM_STREAMS": threads, "INFERENCE_NUM_THREADS": threads}
        self.compiled = openvino.Core().compile_model(converted, "CPU", how)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: Any) -> dict[str, torch.Tensor]:
        request = self.compiled.create_infer_request()
        hidden = request.infer([input_ids.numpy(), attention_mask.numpy()])[0]
        return {"last_hidden_state": torch.from_numpy(hidden)}


class _Hidden(nn.Module):
    def __init__(self, transformer: nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
