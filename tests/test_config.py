import tomllib
from dataclasses import asdict, dataclass, replace
from typing import Literal

import pytest

from textssl.clustering.settings import ClusteringSettings
from textssl.config import (
    Settings,
    build,
    describe,
    from_assignments,
    merge,
    nested,
    read_toml,
    section,
    setting,
    to_toml,
)
from textssl.corpus.settings import CorpusSettings
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import UsageError
from textssl.pretraining.settings import PretrainingSettings
from textssl.reporting.settings import ReportingSettings
from textssl.run_settings import RunSettings


@dataclass(frozen=True)
class Inner(Settings, path="inner"):
    rate: float = setting(0.5, "a share", low=0.0, high=1.0)
    name: str = setting("x", "a name")


@dataclass(frozen=True)
class Outer(Settings):
    steps: int = setting(3, "how many", low=1)
    size: int | Literal["auto"] = setting("auto", "how large", low=2)
    mode: Literal["slow", "fast"] = setting("slow", "which way")
    loud: bool = setting(False, "say more")
    inner: Inner = section(Inner, "the inner group")


def stripped(word: str) -> str:
    if word == "odd":
        raise UsageError("word is odd")
    return word.strip()


@dataclass(frozen=True)
class Checked(Settings):
    word: str = setting("x", "a word", check=stripped)


COLOURS = {"red": 1, "green": 2}


@dataclass(frozen=True)
class Registered(Settings, path="paint"):
    colour: str = setting("red", "the colour, of {choices}", choices=COLOURS)
    stripes: str = setting("red", "the colours of the stripes, of {choices}", choices=COLOURS, several=True)


def test_describe_yields_each_leaf_in_order():
    described = list(describe(Outer))
    assert [leaf.path for leaf in described] == ["steps", "size", "mode", "loud", "inner.rate", "inner.name"]
    assert described[4] == ("inner.rate", 0.5, "a share")


def test_build_takes_what_fits():
    built = build(Outer, {"steps": 7, "size": 9, "mode": "fast", "loud": True, "inner": {"rate": 1}})
    assert built == Outer(7, 9, "fast", True, Inner(1.0))
    assert type(built.inner.rate) is float
    assert build(Outer, {}) == Outer()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"step": 1}, "unknown setting 'step' (nearest: 'steps')"),
        ({"inner": {"rat": 1}}, "unknown setting 'inner.rat' (nearest: 'inner.rate')"),
        ({"rate": 1}, "unknown setting 'rate' (nearest: 'inner.rate')"),
        ({"rates": 1}, "unknown setting 'rates' (nearest: 'inner.rate')"),
        ({"innr": {"rate": 1}}, "unknown setting 'innr.rate' (nearest: 'inner.rate')"),
        ({"qqq": 1}, "unknown setting 'qqq' (valid: steps, size, mode, loud, inner)"),
        ({"steps": "3"}, "steps expects a whole number, got '3'"),
        ({"steps": 3.0}, "steps expects a whole number, got 3.0"),
        ({"steps": True}, "steps expects a whole number, got True"),
        ({"steps": [3]}, "steps expects a whole number, got [3]"),
        ({"size": "big"}, "size expects a whole number or 'auto', got 'big'"),
        ({"mode": "fats"}, "mode expects 'slow' or 'fast', got 'fats' (nearest: 'fast')"),
        ({"mode": "x"}, "mode expects 'slow' or 'fast', got 'x'"),
        ({"loud": 1}, "loud expects true or false, got 1"),
        ({"inner": {"name": 5}}, "inner.name expects text, got 5"),
        ({"inner": {"rate": "high"}}, "inner.rate expects a number, got 'high'"),
        ({"inner": {"rate": True}}, "inner.rate expects a number, got True"),
        ({"steps": 0}, "steps must lie in [1, inf], got 0"),
        ({"size": 1}, "size must lie in [2, inf], got 1"),
        ({"inner": {"rate": 1.5}}, "inner.rate must lie in [0.0, 1.0], got 1.5"),
        ({"inner": {"rate": float("nan")}}, "inner.rate must lie in [0.0, 1.0], got nan"),
        ({"inner": 3}, "inner is a group of settings, got 3: set inner.NAME instead"),
    ],
)
def test_build_refuses(values, message):
    with pytest.raises(UsageError) as caught:
        build(Outer, values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Outer(steps=0), "steps must lie in [1, inf], got 0"),
        (lambda: Inner(rate=7.0), "inner.rate must lie in [0.0, 1.0], got 7.0"),
        (lambda: Outer(inner={"rate": 1}), "inner is a group of settings, got {'rate': 1}: set inner.NAME instead"),
        (lambda: replace(Outer(), mode="fats"), "mode expects 'slow' or 'fast', got 'fats' (nearest: 'fast')"),
        (lambda: Checked("odd"), "word is odd"),
    ],
)
def test_settings_check_themselves(make, message):
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"colour": "gren"}, "paint.colour expects 'red' or 'green', got 'gren' (nearest: 'green')"),
        ({"colour": "blue"}, "paint.colour expects 'red' or 'green', got 'blue'"),
        ({"colour": "red,green"}, "paint.colour expects 'red' or 'green', got 'red,green' (nearest: 'green')"),
        ({"colour": 3}, "paint.colour expects 'red' or 'green', got 3"),
        (
            {"stripes": "green, rod"},
            "paint.stripes expects 'red' or 'green', one or several separated by commas, got 'rod' (nearest: 'red')",
        ),
        ({"stripes": ""}, "paint.stripes expects 'red' or 'green', one or several separated by commas, got ''"),
        ({"stripes": 3}, "paint.stripes expects 'red' or 'green', one or several separated by commas, got 3"),
    ],
)
def test_a_name_that_is_not_registered(values, message):
    with pytest.raises(UsageError) as caught:
        build(Registered, values)
    assert str(caught.value) == message


def test_names_registered_at_run_time_are_valid(monkeypatch):
    assert Registered("green", "green , red").stripes == "green,red"
    monkeypatch.setitem(COLOURS, "blue", 3)
    assert Registered("blue").colour == "blue"
    assert [leaf.help for leaf in describe(Registered)] == [
        "the colour, of red, green, blue",
        "the colours of the stripes, of red, green, blue",
    ]


def test_settings_are_kept_in_their_declared_form():
    assert type(Inner(rate=1).rate) is float
    assert Checked(" even ").word == "even"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PretrainingSettings(size="huge"), "pretraining.size expects 'auto' or 'tiny' or"),
        (lambda: PretrainingSettings(tokenizer="wordz"), r"got 'wordz' \(nearest: 'words'\)"),
        (lambda: PretrainingSettings(mask_rate=7.0), r"pretraining.mask_rate must lie in \[0.01, 0.99\], got 7.0"),
        (lambda: EmbeddingSettings(form="statik"), r"embedding.form .* got 'statik' \(nearest: 'static'\)"),
        (lambda: ClusteringSettings(method="kmean"), r"clustering.method .* got 'kmean' \(nearest: 'kmeans'\)"),
        (lambda: ReportingSettings(keywords=0), "reporting.keywords must lie in"),
        (lambda: CorpusSettings(unit="line"), "corpus.unit expects 'row' or"),
        (lambda: RunSettings(memory="lots"), "memory expects a size such as 4GB"),
    ],
)
def test_every_stage_refuses_what_it_cannot_use(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_merge_overrides_leaves_and_changes_neither():
    base, override = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}, "e": 4}
    assert merge(base, override) == {"a": {"b": 9, "c": 2}, "d": 3, "e": 4}
    assert (base, override) == ({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}, "e": 4})
    assert merge({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}


def test_assignments_are_read_as_toml_else_as_text():
    assert from_assignments(["a.b=1", "a.c=1.5", "d=true", 'e="7"', "f=mlm", "g=x=y", " h = two words ", "i="]) == {
        "a": {"b": 1, "c": 1.5},
        "d": True,
        "e": "7",
        "f": "mlm",
        "g": "x=y",
        "h": "two words",
        "i": "",
    }
    assert from_assignments(["a=1", "a=2"]) == {"a": 2}
    assert nested("a.b.c", 1) == {"a": {"b": {"c": 1}}}


@pytest.mark.parametrize("assignment", ["seed", "", "=3", " =3"])
def test_an_assignment_needs_key_and_equals(assignment):
    with pytest.raises(UsageError, match=r"--set expects key=value, got .*: write --set pretraining\.tokens=500000"):
        from_assignments([assignment])


def test_read_toml(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('lang = "de"\n[pretraining]\ntokens = 5\n', encoding="utf-8")
    assert read_toml(path) == {"lang": "de", "pretraining": {"tokens": 5}}
    path.write_bytes(b"\xef\xbb\xbfseed = 3\r\n")
    assert read_toml(path) == {"seed": 3}


def test_read_toml_refuses(tmp_path):
    path = tmp_path / "settings.toml"
    with pytest.raises(UsageError, match=r"cannot read the settings file .*settings\.toml: No such file"):
        read_toml(path)
    with pytest.raises(UsageError, match=r"cannot read the settings file .*: Is a directory"):
        read_toml(tmp_path)
    for damaged in (b"seed = = 3", b"\xff\xfe", b"seed"):
        path.write_bytes(damaged)
        with pytest.raises(UsageError, match=r"settings\.toml is not a TOML file: ") as caught:
            read_toml(path)
        assert "\n" not in str(caught.value)


def test_all_settings_come_back_from_their_toml():
    settings = build(RunSettings, {"seed": 5, "pretraining": {"vocabulary": 500}, "clustering": {"method": "gmm"}})
    assert settings != RunSettings()
    assert build(RunSettings, tomllib.loads(to_toml(settings))) == settings
    assert build(RunSettings, tomllib.loads(to_toml(RunSettings()))) == RunSettings()


def test_every_setting_is_described_and_its_own_default_is_valid():
    described = list(describe(RunSettings))
    assert len({leaf.path for leaf in described}) == len(described) == _leaves(asdict(RunSettings()))
    for leaf in described:
        assert leaf.help
        build(RunSettings, nested(leaf.path, leaf.default))


def test_the_example_in_the_message_of_set_names_a_setting():
    with pytest.raises(UsageError) as caught:
        from_assignments(["x"])
    path, _, value = str(caught.value).rpartition("--set ")[2].partition("=")
    assert path in {leaf.path for leaf in describe(RunSettings)}
    build(RunSettings, from_assignments([f"{path}={value}"]))


def _leaves(values: dict) -> int:
    return sum(_leaves(value) if isinstance(value, dict) else 1 for value in values.values())
