import numpy as np
import pytest


@pytest.fixture(scope="session")
def texts():
    """150 distinct sentences of a small grammar."""
    rng = np.random.default_rng(0)
    who = ["farmer", "pilot", "teacher", "sailor", "doctor"]
    does = ["paints", "repairs", "sells", "carries", "cleans"]
    what = ["boat", "house", "engine", "table", "fence", "wagon"]
    every = [f"the {a} {b} the {c} at {d}" for a in who for b in does for c in what for d in ("noon", "night")]
    return sorted(rng.choice(every, 150, replace=False).tolist())
