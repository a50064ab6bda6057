"""Where and how numbers are computed: device, precision, threads, random state, and the rank among processes."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from threadpoolctl import ThreadpoolController


def best_device() -> torch.device:
    """Return the accelerator if the machine has one, else the processor; of several GPUs, the one of this rank."""
    return torch.device("cuda", local_rank()) if torch.cuda.is_available() else torch.device("cpu")


def local_rank() -> int:
    """Return the number of this process among those that torchrun started on this machine; 0 if it is alone."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies matrices in bfloat16 by instructions of its own."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


@contextmanager
def own_randomness(seed: int | None = None) -> Iterator[None]:
    """Restore torch's random state afterwards, on the processor and on every GPU.

    Args:
        seed: the state the block starts from; None leaves it as it is.
    """
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        if seed is not None:
            torch.manual_seed(seed)
        yield


def use_one_thread() -> None:
    """Limit the calling thread to itself; torch.set_num_threads would also limit every later thread."""
    torch.get_num_threads()  # sets the thread up, which later would undo the limit
    ThreadpoolController().select(user_api="openmp").limit(limits=1)
    library = Path(torch.__file__).with_name("lib") / "libtorch_cpu.so"
    if torch.backends.mkl.is_available() and library.exists():  # MKL within torch, which threadpoolctl does not see
        ctypes.CDLL(str(library)).MKL_Set_Num_Threads_Local(1)


def keep_freed_memory() -> None:
    """Make glibc keep freed blocks of up to 31 MiB, of which a training step makes many, instead of unmapping them.

    It raises its threshold, up to 32 MiB, to the size of the largest mapped block that was freed (mallopt(3)).
    """
    torch.empty(31 << 20, dtype=torch.uint8)
