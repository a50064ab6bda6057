import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from textssl.estimators.threads import in_threads


@pytest.mark.parametrize("threads", [1, 2])
def test_results_are_in_order_and_the_limits_stay(threads):
    X = np.random.default_rng(0).normal(size=(300, 40))
    with threadpool_limits(threads):
        before = threadpool_info()
        used = set()

        def total(number):
            used.add(threading.get_ident())
            return number, (X * number).sum()

        assert in_threads(total, range(5)) == [(number, (X * number).sum()) for number in range(5)]
        assert (threading.get_ident() in used) == (threads == 1)
        assert threadpool_info() == before


def test_an_error_is_raised():
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda number: 1 / number, [1, 0])
    assert in_threads(abs, []) == []
