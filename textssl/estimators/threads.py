"""Independent fits side by side."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_info, threadpool_limits

A = TypeVar("A")
B = TypeVar("B")


def in_threads(function: Callable[[A], B], items: Iterable[A]) -> list[B]:
    """Return the results of `function` for `items`, computed in as many threads as a matrix product would use.

    Each computes its matrix products in one thread, so that no more threads are busy than otherwise.

    Args:
        function: called once for each item; the calls must not depend on each other.
        items: in the order of the results.
    """
    items = list(items)
    threads = min(len(items), max((pool["num_threads"] for pool in threadpool_info()), default=1))
    if threads < 2:
        return [function(item) for item in items]
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))
