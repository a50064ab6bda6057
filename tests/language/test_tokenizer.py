import os
import subprocess
import sys

import pytest
from transformers import AutoTokenizer

from textssl.language.tokenizer import train_tokenizer

ENGLISH = ["the mouse ate the cheese", "the cat saw the mouse", "a cheese for the cat"]
CHINESE = ["今天天气很好我们去公园散步", "他喜欢喝咖啡也喜欢看书", "今天我们去看书然后喝咖啡"]


def back(tokenizer, text):
    return tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True)


def test_a_text_stands_between_its_special_tokens():
    tokenizer = train_tokenizer(ENGLISH)
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("The cat ATE!")["input_ids"])
    assert tokens == ["[CLS]", "the", "cat", "ate", "[UNK]", "[SEP]"]
    assert tokenizer.all_special_tokens == ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"]


def test_case_is_kept_if_asked_for():
    tokenizer = train_tokenizer(["Polish polish", "polish Polish"], lowercase=False)
    assert tokenizer.tokenize("Polish polish") == ["Polish", "polish"]


def test_every_repeated_word_is_whole():
    words = [f"w{a}{b}x" for a in "abcdefghijklmnopqrstuvwxyz" for b in "abcdefghijklmnopqrstuvwxyz"]
    once = [f"{word}y" for word in words]
    tokenizer = train_tokenizer([" ".join(words), " ".join(words + once)])
    assert all(tokenizer.tokenize(word) == [word] for word in words)
    assert all(len(tokenizer.tokenize(word)) > 1 for word in once)


def test_an_unseen_word_is_made_of_pieces():
    tokenizer = train_tokenizer(ENGLISH)
    assert len(tokenizer.tokenize("cheesemouse")) > 1
    assert back(tokenizer, "cheesemouse") == "cheesemouse"


@pytest.mark.parametrize("size", [64, 100, 250])
def test_the_vocabulary_is_no_larger_than_asked_for(size):
    tokenizer = train_tokenizer(["zebra quartz jump fox vow", "größe слово мир λόγος ñandú şiir 東京"] * 3, size)
    assert len(tokenizer) <= size
    assert train_tokenizer(ENGLISH, size).tokenize("the") == ["the"]


def test_the_vocabulary_of_bytes():
    assert len(train_tokenizer(CHINESE * 20, 300)) == 300
    assert len(train_tokenizer(CHINESE, 64)) == 261  # each byte and the special tokens: no fewer can spell all texts


def test_one_text():
    tokenizer = train_tokenizer(["a lonely text"])
    assert tokenizer.tokenize("a lonely text") == ["a", "lonely", "text"]


def test_texts_without_spaces_are_cut_in_pieces_of_several_characters():
    tokenizer = train_tokenizer(CHINESE * 5)
    for text in [*CHINESE, "未见过的字: 龘 and Latin 🦊"]:
        assert back(tokenizer, text) == text.lower()
    assert len(tokenizer.tokenize(CHINESE[0])) < len(CHINESE[0])


@pytest.mark.parametrize(
    "text",
    [
        "a fox 🦊 ran",
        "👩‍👩‍👧 family",
        "שלום עולם",
        "العربية لغة جميلة",
        "caf\u0065\u0301 na\u00efve",
        "हिन्दी में लिखा",
        "ß ſ ﬁ",
    ],
)
def test_scripts_come_back_whole(text):
    import unicodedata

    tokenizer = train_tokenizer([text] * 3)
    assert tokenizer.unk_token_id not in tokenizer(text)["input_ids"]
    assert back(tokenizer, text) == unicodedata.normalize("NFC", text).lower()


def test_composed_and_decomposed_letters_are_one():
    tokenizer = train_tokenizer(["caf\u00e9 au lait"] * 2)
    assert tokenizer("cafe\u0301")["input_ids"] == tokenizer("caf\u00e9")["input_ids"]


def test_a_saved_tokenizer_loads_with_transformers(tmp_path):
    tokenizer = train_tokenizer(ENGLISH)
    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert loaded.get_vocab() == tokenizer.get_vocab()
    for text in [*ENGLISH, "Unseen: CHEESEcat?"]:
        assert loaded(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert (loaded.mask_token, loaded.pad_token, loaded.cls_token) == ("[MASK]", "[PAD]", "[CLS]")


def test_two_processes_make_the_same_bytes():
    program = """
import random
from textssl.language.tokenizer import train_tokenizer
draw = random.Random(0)
for first, space in ((0x4E00, ""), (0x61, " ")):
    words = ["".join(chr(first + draw.randrange(26)) for _ in range(draw.randrange(1, 6))) for _ in range(900)]
    texts = [space.join(draw.choices(words, k=9)) for _ in range(300)]
    print(train_tokenizer(texts).backend_tokenizer.to_str())
"""
    made = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert len(made.pop()) > 20_000


def test_bytes_keep_every_character_of_spaced_texts():
    texts = [" The <unk> of A @-@ b , 's", "The  old fox"] * 5
    tokenizer = train_tokenizer(texts, 300, lowercase=False, kind="bytes")
    for text in [*texts, "Ünseen 🦊  spaces "]:
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text
    assert train_tokenizer(texts, 300, kind="words").get_vocab() == train_tokenizer(texts, 300).get_vocab()
