from textssl.language.scripts import has_spaces

ENGLISH = ["the mouse ate the cheese", "the cat saw the mouse"]


def test_spaces_part_the_words():
    assert has_spaces(ENGLISH)
    assert has_spaces(["Ελληνικά και ελληνικά", "한국어 문장입니다"])
    assert has_spaces([])
    assert has_spaces(["12 34", "!?"])
    assert has_spaces([*ENGLISH, "猫"])


def test_scripts_without_spaces():
    assert not has_spaces(["今天天气很好我们去公园散步", "他喜欢喝咖啡也喜欢看书"])
    assert not has_spaces(["ภาษาไทยไม่มีช่องว่าง"])
    assert not has_spaces(["これは日本語の文章です"])
