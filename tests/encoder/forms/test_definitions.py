import json

import numpy as np
import pytest
from fitting import fit_encoder

from textssl.encoder.forms.definitions import definition_vectors, read_definitions
from textssl.encoder.inference.encode import encode
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import DataError, UsageError
from textssl.language.lemmas import lemma_numbers
from textssl.language.tokenizer import train_tokenizer

ENTRIES = [
    {"words": ["violin", "fiddle"], "text": "a stringed instrument played with a bow", "source": "a key of no use"},
    {"words": ["guitar"], "text": "a stringed instrument played by plucking"},
    {"words": ["carrot"], "text": "an orange root eaten as a vegetable"},
    {"words": ["turnip"], "text": "a white root eaten as a vegetable"},
    {"words": ["root vegetable"], "text": "a stringed carrot"},
]
TEXTS = [entry["text"] for entry in ENTRIES] + ["violin fiddle guitar carrot turnip"] * 2


@pytest.fixture
def dictionary(tmp_path):
    path = tmp_path / "dictionary.jsonl"
    path.write_text("\n".join(map(json.dumps, ENTRIES)) + "\n\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(TEXTS)


@pytest.fixture
def vectors_of(tokenizer, dictionary):
    def make(seed, dimensions=2048):
        lemmas, weights = lemma_numbers(tokenizer, "en"), np.ones(len(tokenizer), np.float32)
        return definition_vectors(read_definitions(dictionary), tokenizer, lemmas, weights, dimensions, seed)

    return make


def test_words_that_the_same_words_define_are_alike(vectors_of, tokenizer):
    vectors = vectors_of(0)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    violin, fiddle, guitar, carrot, turnip, instrument = vectors[
        tokenizer.convert_tokens_to_ids(["violin", "fiddle", "guitar", "carrot", "turnip", "instrument"])
    ]
    assert violin @ guitar > violin @ carrot + 0.1
    assert carrot @ turnip > carrot @ guitar + 0.1
    assert violin @ instrument > violin @ carrot + 0.1
    assert violin @ fiddle > 0.3


def test_a_word_of_several_tokens_is_not_defined(vectors_of, tokenizer):
    stringed, root = vectors_of(0)[tokenizer.convert_tokens_to_ids(["stringed", "root"])]
    assert abs(stringed @ root) < 0.2


def test_the_seed_alone_decides(vectors_of):
    first, same, other = (vectors_of(seed, 64) for seed in (1, 1, 2))
    assert first.tobytes() == same.tobytes()
    assert not np.array_equal(first, other)


def test_texts_of_words_with_like_meaning_are_nearer_with_a_dictionary(tokenizer, dictionary, tmp_path):
    tokenizer.save_pretrained(tmp_path / "tokenizer")

    def cosines(path):
        settings = EmbeddingSettings(form="lexical", dimensions=2048, dictionary=path)
        encoder = fit_encoder(tmp_path / "tokenizer", TEXTS, tmp_path / "encoder", settings)
        guitar, violin, carrot = encode(encoder, ["guitar", "violin", "carrot"])
        return guitar @ violin, guitar @ carrot

    near, far = cosines(str(dictionary))
    assert near > far + 0.1
    near, far = cosines("")
    assert near == pytest.approx(far, abs=0.1)


@pytest.mark.parametrize(
    "line",
    [
        "dog: an animal",
        "[1]",
        '"words"',
        '{"text": "an animal"}',
        '{"words": "dog", "text": "x"}',
        '{"words": [1], "text": "x"}',
    ],
)
def test_a_line_that_is_no_definition(dictionary, line):
    dictionary.write_text(f"{json.dumps(ENTRIES[0])}\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 2: expected .*, got "):
        read_definitions(dictionary)


def test_a_dictionary_without_definitions(dictionary):
    dictionary.write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match="is empty"):
        read_definitions(dictionary)


def test_a_dictionary_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"there is no file .*nowhere"):
        read_definitions(tmp_path / "nowhere")
