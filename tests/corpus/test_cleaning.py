import pytest

from textssl.corpus.cleaning import clean


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("\ufefffoo\ufeff bar", "foo bar"),
        ("e\u0301te\u0301", "été"),
        ("a\0b\x07c\x9fd", "a b c d"),
        ("lone \ud83d half", "lone half"),
        ("  a \t\r\n b\u3000c\u2028d ", "a b c d"),
        (" \0\n", ""),
        ("", ""),
        ("a b c", "a b c"),
    ],
)
def test_what_cannot_be_seen_goes(dirty, tidy):
    assert clean(dirty) == tidy


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧 and 🇩🇪 and 👍🏽",
        "مرحبا بالعالم",
        "שלום",
        "q\u0323\u0307",
        "می‌خواهم",
        "我喜欢吃饭。",
        "नमस्ते",
        "\u200eleft",
    ],
)
def test_what_was_written_stays(text):
    assert clean(text) == text


def test_cleaning_twice_changes_nothing_more():
    text = clean(" A\u030a \0 \ufeff\n n\u0303 \x85 x")
    assert clean(text) == text == "Å ñ x"
