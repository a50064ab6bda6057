import subprocess
import sys

import pytest

from textssl.errors import UsageError
from textssl.language.codes import language_code


@pytest.mark.parametrize(
    ("lang", "code"),
    [
        *[(lang, "en") for lang in ("en", "EN", "eng", "english", "English ", "en_US", "en-GB", "en_GB.UTF-8")],
        *[(lang, "de") for lang in ("de", "deu", "ger", "German", "deutsch", "DEUTSCH", "de_DE.UTF-8", "de_DE@euro")],
        *[
            (lang, "pt") for lang in ("pt_BR", "Brazilian Portuguese", "português", "portugue\u0302s")
        ],  # the accent a character of its own
        *[(lang, "zh") for lang in ("zh-Hant", "zh_Hant_TW", "zho", "chi", "cmn", "中文", "Traditional Chinese")],
        ("jpn", "ja"),
        ("日本語", "ja"),
        ("iw", "he"),  # the code it had until 1989
    ],
)
def test_codes_locales_and_names(lang, code):
    assert language_code(lang) == code


@pytest.mark.parametrize(("lang", "code"), [("Hausa", "ha"), ("Kiswahili", "sw"), ("amh", "am"), ("pcm", "pcm")])
def test_languages_that_spacy_lacks(lang, code):
    assert language_code(lang) == code


@pytest.mark.parametrize(
    ("lang", "code"), [("no", "nb"), ("Norwegian", "nb"), ("tgl", "tl"), ("Filipino", "tl"), ("kmr", "kmr")]
)
def test_codes_are_those_of_spacy(lang, code):
    assert language_code(lang) == code


def test_every_language_of_spacy_keeps_its_code():
    import pkgutil

    import spacy.lang

    codes = [module.name for module in pkgutil.iter_modules(spacy.lang.__path__) if module.ispkg]
    assert len(codes) > 60
    assert [language_code(code) for code in codes] == codes


@pytest.mark.parametrize("lang", ["klingon", "xx1", "", " ", "tlh", "und", "zxx", "auto", "en-", "e", "English text"])
def test_what_is_no_language_is_refused(lang):
    with pytest.raises(UsageError) as raised:
        language_code(lang)
    message = str(raised.value)
    assert message.startswith(f"unknown language {lang!r}")
    assert message.endswith(
        "expected a code (en, deu), a locale (pt_BR, zh-Hant) or a name (German, deutsch); xx stands for no particular "
        "language"
    )


@pytest.mark.parametrize(("lang", "near"), [("Englisch", "english"), ("deutch", "deutsch"), ("xx1", "xx")])
def test_the_nearest_is_given(lang, near):
    with pytest.raises(UsageError, match=rf"\(nearest: '{near}'\)"):
        language_code(lang)


def test_a_code_loads_nothing_heavy():
    code = "import sys; from textssl.language.codes import language_code; language_code('en'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "spacy", "torch", "transformers"} & set(loaded)
