"""The textbook example: a model learns from the texts that the missing word is "lazy", and groups six sentences.

python scripts/textbook.py OUT
"""

import sys
from pathlib import Path

import textssl

CORPUS = Path(__file__).parents[1] / "corpora" / "fox_dog"
QUESTION = "The quick brown fox jumps over the _____"


def main(out: Path) -> None:
    """Pretrain with both objectives on the corpus, fill the blank, and cluster the six sentences with two methods."""
    print(f"== {QUESTION} ==")
    corpus = textssl.read_corpus(CORPUS / "fox_dog.txt")
    texts = corpus.texts(corpus.unique_rows)
    for objective, name in {"mlm": "masked word", "clm": "next word"}.items():
        settings = textssl.PretrainingSettings(objective=objective)
        model = textssl.pretrain(texts, out / objective, settings)
        words = ", ".join(f"{word.word} {word.probability:.3f}" for word in textssl.fill(model, QUESTION))
        print(f"{name:<12} {words}")
    six = (CORPUS / "six.txt").read_text(encoding="utf-8").splitlines()
    encoder = textssl.TextEncoder(out / "mlm").fit(texts)
    encoder.save(out / "encoder")
    vectors = encoder.transform(six)
    print("\n== The six sentences, grouped without labels ==")
    for number, sentence in enumerate(six, start=1):
        print(f"{number} {sentence}")
    for settings in (textssl.ClusteringSettings("kmeans", n_clusters=2), textssl.ClusteringSettings("hdbscan")):
        labels = textssl.cluster(vectors, settings).labels.tolist()
        groups = [[row + 1 for row, label in enumerate(labels) if label == id] for id in set(labels)]
        print(f"{settings.method:<12} {sorted(groups)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
