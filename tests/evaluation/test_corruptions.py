import unicodedata

import pytest

from textssl import UsageError, corrupt
from textssl.evaluation.corruptions.registry import CORRUPTIONS
from textssl.evaluation.corruptions.splitting import split_parts

ENGLISH = [
    f"The quick brown fox jumps over dog {number}, and café owners ask: why modern rivers?" for number in range(50)
]
SCRIPTS = [
    "今天天气很好，我们去公园",
    "كيف حالك اليوم يا صديقي",
    "Привет, как дела сегодня",
    "สวัสดีครับ",
    "",
    " \n",
    "a",
    "🦊🦊",
]
LETTERS = ("keyboard", "swap", "drop", "double", "ocr", "accents", "look_alikes")


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_same_seed_gives_the_same_texts_and_another_seed_others(name):
    corrupted = corrupt(ENGLISH, name, 0.3)
    assert corrupted == corrupt(ENGLISH, name, 0.3) != ENGLISH
    assert corrupted != corrupt(ENGLISH, name, 0.3, seed=1)


@pytest.mark.parametrize("rate", [0.2, 1.0])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_no_script_breaks(name, rate):
    corrupted = corrupt(SCRIPTS, name, rate)
    assert len(corrupted) == len(SCRIPTS)
    for text, changed in zip(SCRIPTS, corrupted, strict=True):
        assert bool(changed.strip()) == bool(text.strip())
        changed.encode("utf-8")


@pytest.mark.parametrize("name", LETTERS)
def test_the_rate_is_the_share_of_words(name):
    pairs = [
        (word, changed)
        for before, after in zip(ENGLISH, corrupt(ENGLISH, name, 0.2), strict=True)
        for word, changed in zip(before.split(), after.split(), strict=True)
    ]
    changed = [pair for pair in pairs if pair[0] != pair[1]]
    assert 0.08 < len(changed) / len(pairs) < 0.25  # some words hold no letter that can be misread
    assert all(abs(len(word) - len(other)) <= 1 for word, other in changed)


@pytest.mark.parametrize(
    ("name", "text", "possible"),
    [
        ("keyboard", "f", {"d", "g", "r", "t", "c", "v"}),
        ("keyboard", "A", {"Q", "W", "S", "Z"}),
        ("keyboard", "ф", {"й", "ц", "ы", "я"}),
        ("keyboard", "7", {"7"}),
        ("swap", "ab", {"ba"}),
        ("swap", "aa b", {"aa b"}),
        ("drop", "ab", {"a", "b"}),
        ("double", "ab", {"aab", "abb"}),
        ("case", "Fox", {"fOX"}),
        ("punctuation", "fox!", {"fox"}),
        ("punctuation", "fox", {f"fox{mark}" for mark in ".,;:!?-"}),
        ("spaces", "a b", {"a b", "ab"}),
        ("spaces", "ab", {"ab", "a b"}),
        ("ocr", "o", {"0"}),
        ("ocr", "rn", {"m"}),
        ("accents", "é", {"e"}),
        ("look_alikes", "x", {"х"}),
        ("look_alikes", "х", {"x"}),
        ("drop_words", "a b", {"a b"}),
        ("truncate", "a b c", {"a"}),
    ],
)
def test_what_becomes_of_a_word(name, text, possible):
    assert {corrupt([text], name, 1.0, seed)[0] for seed in range(100)} == possible


def test_an_accent_is_put_on():
    letters = {corrupt(["e"], "accents", 1.0, seed)[0] for seed in range(50)}
    assert len(letters) > 2
    assert {unicodedata.normalize("NFD", letter)[0] for letter in letters} == {"e"}


def test_words_are_kept_when_they_change_places():
    for before, after in zip(ENGLISH, corrupt(ENGLISH, "shuffle_words", 0.5), strict=True):
        assert sorted(before.split()) == sorted(after.split())


def test_words_are_dropped_and_cut_off_at_the_rate():
    words = sum(len(text.split()) for text in ENGLISH)
    for name in ("drop_words", "truncate"):
        left = sum(len(text.split()) for text in corrupt(ENGLISH, name, 0.2))
        assert 0.75 < left / words < 0.85
    assert all(text.startswith(cut) for text, cut in zip(ENGLISH, corrupt(ENGLISH, "truncate", 0.2), strict=True))


def test_parts_join_to_the_text():
    for text in [*ENGLISH, *SCRIPTS]:
        assert "".join(split_parts(text)) == text
    assert split_parts("天气 ok") == ["天", "气", " ", "ok"]


def test_an_unknown_corruption_names_the_nearest():
    with pytest.raises(UsageError, match=r"no corruption is called 'keybord' \(nearest: 'keyboard'\)"):
        corrupt(["a"], "keybord", 0.1)


@pytest.mark.parametrize("rate", [0, -0.1, 1.5, float("nan")])
def test_a_rate_out_of_range(rate):
    with pytest.raises(UsageError, match=r"a share of the words in \(0, 1\], got .*: 0.1 is one in ten"):
        corrupt(["a"], "drop", rate)
