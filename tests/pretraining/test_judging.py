import pytest

import textssl
from textssl.cli import main
from textssl.errors import DataError, UsageError
from textssl.pretraining.judging import Judgement, judge
from textssl.pretraining.pretraining import pretrain
from textssl.pretraining.settings import PretrainingSettings

FOX = "The quick brown fox jumps over the lazy"


@pytest.fixture(scope="module")
def learned(six, tmp_path_factory):
    """Return a function that gives the language model of the fox and the dog for a seed."""
    texts = list(dict.fromkeys((six.parent / "fox_dog.txt").read_text(encoding="utf-8").splitlines()))
    root, made = tmp_path_factory.mktemp("learned"), {}

    def of(seed):
        if seed not in made:
            settings = PretrainingSettings(objective="mlm,order,rtd", tokens=40_000, learning_rate=0.003)
            made[seed] = pretrain(texts, root / f"{seed}", settings, seed)
        return made[seed]

    return of


def findings(model, text):
    return {(found.finding, found.word) for found in judge(model, text)}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_fox_and_the_dog_are_judged(learned, seed):
    model = learned(seed)
    assert model.facts.pretext["rtd"]["accuracy"] > model.facts.pretext["rtd"]["chance"]
    assert findings(model, FOX) == {("in order", ""), ("no word replaced", "")}
    assert ("out of order", "") in findings(model, "jumps over the lazy The quick brown fox")
    assert ("replaced", "active") in findings(model, "The quick brown fox active over the lazy")
    for text in (FOX, "The quick brown fox active over the lazy"):
        assert all(0.5 <= found.probability <= 1 for found in judge(model, text))
    assert textssl.fill(model, f"{FOX.rpartition(' ')[0]} ____", top=1)[0].word == "lazy"


def test_the_command_prints_a_line_for_each_finding(learned, capsys):
    assert main(["judge", str(learned(0).folder), "The quick brown fox active over the lazy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("in order ")
    assert any(line.startswith("replaced: 'active' ") for line in lines)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (Judgement("order", "in order", 0.974), "in order .97"),
        (Judgement("rtd", "replaced", 0.91, "jumps"), "replaced: 'jumps' .91"),
        (Judgement("shuffle", "moved", 1.0, "0.5"), "moved: '0.5' 1.00"),
    ],
)
def test_a_judgement_in_one_line(found, line):
    assert str(found) == line


def test_a_word_in_pieces_and_a_text_longer_than_the_model_reads(learned):
    model = learned(0)
    words = {found.word for found in judge(model, "The quick brown foxjumper over the lazy")}
    assert words <= {"The", "quick", "brown", "foxjumper", "over", "the", "lazy", ""}
    assert "out of order" not in {found.finding for found in judge(model, FOX)}
    assert judge(model, " ".join([FOX] * 50))


def test_one_word_is_in_no_order(learned):
    assert {found.objective for found in judge(learned(0), "fox")} == {"rtd"}


def test_refusals(learned, tmp_path):
    for text in ("", "  \n", "!?"):
        with pytest.raises(UsageError, match=r"^expected a text of at least one word, got "):
            judge(learned(0), text)
    alone = pretrain(["a fox", "a dog"], tmp_path / "alone", PretrainingSettings(objective="order", tokens=10))
    with pytest.raises(UsageError, match=r"^expected a text of at least 2 words, got 'fox'$"):
        judge(alone, "fox")
    mlm = pretrain(["a fox", "a dog"], tmp_path / "mlm", PretrainingSettings(tokens=10))
    with pytest.raises(
        UsageError,
        match=r"^a mlm model has learned no pretext task, so it cannot judge a text: "
        r"train one with --objective mlm,rtd,order$",
    ):
        judge(mlm, FOX)
    with pytest.raises(DataError, match="holds no language model of textssl"):
        judge(tmp_path, FOX)
