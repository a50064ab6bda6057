import time

import pytest

from textssl.corpus.cleaning import clean, strip_markup


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


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("it&#39;s &quot;new&quot; &amp; caf&eacute;", 'it\'s "new" & café'),
        ("&amp;lt;b&amp;gt;Opinion&amp;lt;/b&amp;gt; of AT&amp;T", "Opinion of AT&T"),
        ("it #39;s  quot;new quot; at AT amp;T", 'it\'s "new" at AT&T'),
        ("#36;5 for a quot;fox quot;", '$5 for a"fox"'),
        ("one<br>two<br />three<HR>", "one two three"),
        ("<p>Fox</p><p class='x'>dog</p>", "Fox dog"),
        ('<b>H</b>ello <A HREF="http://a.b/c?d=e" target=/x>MSFT.O</A>', "Hello MSFT.O"),
        ("cut off <a href='http://a.b'>here", "cut off here"),
        ("&#150;&#x2014;&nbsp;x", "–— x"),
    ],
)
def test_markup_goes(marked, plain):
    assert clean(strip_markup(marked)) == plain
    assert clean(strip_markup(plain)) == plain


@pytest.mark.parametrize(
    "text",
    [
        "x < y and z > w",
        "a<b and c>d",
        "List<String> or IQueryable<T>",
        "#include <stdio.h>",
        "what does <div> do, and <li>?",
        "a Set<I> where I is an interface",
        "AT&T; R&D &foo; &;",
        "?a=1&copy=2&lt=3",
        "issue #123; done",
        "I <3 you; <you> too",
        "<tfs-server>:8080 <b",
        "résumé; 日本語; < >",
    ],
)
def test_what_only_looks_like_markup_stays(text):
    assert strip_markup(text) == text


@pytest.mark.parametrize("part", ["<b>", "<", "&amp;", "&", "</p>", "<p ", " #39;", "&lt;"])
def test_markup_in_masses_takes_no_time(part):
    started = time.process_time()
    strip_markup(part * 100_000)
    assert time.process_time() - started < 5
