import pytest

from textssl.config import build
from textssl.errors import DataError, UsageError
from textssl.pipeline.estimate import estimate
from textssl.run_settings import RunSettings


def settings(**values):
    return build(RunSettings, values)


def test_all_texts_are_learned_from_where_they_fit():
    expected = estimate(1_000_000, 81_000_000, settings(memory="4GB"))
    assert expected.learned == 1_000_000
    assert 2e9 < expected.memory < 4e9
    assert 300 < expected.seconds < 7200


def test_fewer_are_learned_from_where_they_do_not():
    expected = estimate(1_000_000, 81_000_000, settings(memory="2300MB"))
    assert 800_000 < expected.learned < 950_000
    assert expected.memory <= 2.3e9
    long = estimate(1_000_000, 8_100_000_000, settings(memory="4GB"))
    assert 1_000 < long.learned < 50_000
    assert long.memory <= 4e9


def test_a_few_lines_fit_everywhere():
    expected = estimate(6, 400, settings(memory="1GB"))
    assert expected.learned == 6
    assert expected.seconds < 90


def test_what_does_not_fit_is_refused():
    with pytest.raises(
        DataError, match=r"^1000000 texts .* take 2.2 GB of memory at least, more than the 2.0 GB allowed"
    ):
        estimate(1_000_000, 81_000_000, settings(memory="2GB"))
    with pytest.raises(DataError, match=r"take 3.9 GB of memory at least"):
        estimate(5_000, 1_000_000_000, settings(memory="3GB"))
    with pytest.raises(UsageError, match="memory expects a size"):
        estimate(6, 400, settings(memory="lots"))


def test_more_work_takes_longer():
    seconds = [
        estimate(20_000, 1_600_000, settings(**values)).seconds
        for values in (
            {"pretraining": {"tokens": 1_000}},
            {},
            {"pretraining": {"size": "medium"}},
        )
    ]
    assert seconds == sorted(seconds)
    read = estimate(20_000, 1_600_000, settings(embedding={"teacher": "minilm"})).seconds
    assert read > seconds[0]
