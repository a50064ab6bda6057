"""Where and how a model computes: device, precision, threads, random state, and rank among processes."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from threadpoolctl import ThreadpoolController


def best_device() -> torch.device:
    """Return the GPU if the machine has one (of several, the one of this rank), else the processor."""
    return torch.device("cuda", local_rank()) if torch.cuda.is_available() else torch.device("cpu")


def local_rank() -> int:
    """Return the rank of this process among those that torchrun started on this machine; 0 without torchrun."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def has_bfloat16(device: torch.device) -> bool:
    """Return whether `device` has instructions for matrix products in bfloat16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


@contextmanager
def own_randomness(seed: int | None = None) -> Iterator[None]:
    """Restore torch's random state at the end of the block, on the processor and on every GPU.

    Args:
        seed: seeds the random state at the start of the block; None leaves it unchanged. Default None.
    """
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        if seed is not None:
            torch.manual_seed(seed)
        yield


def use_one_thread() -> None:
    """Make the calling thread compute alone; torch.set_num_threads would also limit every later thread."""
    torch.get_num_threads()  # initialises the thread, which would undo the limit if it came later
    ThreadpoolController().select(user_api="openmp").limit(limits=1)
    library = Path(torch.__file__).with_name("lib") / "libtorch_cpu.so"
    if torch.backends.mkl.is_available() and library.exists():  # the MKL in torch, which threadpoolctl does not find
        ctypes.CDLL(str(library)).MKL_Set_Num_Threads_Local(1)


def keep_freed_memory() -> None:
    """Make glibc reuse freed blocks of up to 31 MiB, which a training step frees often, instead of unmapping them.

    When a mapped block is freed, glibc raises its mapping threshold to the size of the block, up to 32 MiB
    (mallopt(3)).
    """
    torch.empty(31 << 20, dtype=torch.uint8)
