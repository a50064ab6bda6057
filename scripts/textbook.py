"""The textbook example: what a model that teaches itself can do with some sentences about foxes and dogs.

python scripts/textbook.py OUT
"""

import sys
from pathlib import Path

import numpy as np

import textssl

CORPUS = Path(__file__).parents[1] / "corpora" / "fox_dog"
QUESTION = "The quick brown fox jumps over the _____"
IN_ORDER = "The quick brown fox jumps over the lazy"
SWAPPED = "jumps over the lazy The quick brown fox"
REPLACED = "The quick brown fox sleeps over the lazy"
NEW = "A lazy dog runs under the fox"
MISSPELT = "A swift brwon fox laeps over the lazy"


def main(out: Path) -> None:
    """Learn from the sentences, and show each result on the six of the textbook."""
    corpus = textssl.read_corpus(CORPUS / "fox_dog.txt")
    texts = corpus.texts(corpus.unique_rows)
    six = (CORPUS / "six.txt").read_text(encoding="utf-8").splitlines()
    fill(texts, out)
    judge(texts, out)
    vectors = group(texts, six, out)
    reduce(vectors)
    settings = textssl.RunSettings(clustering=textssl.ClusteringSettings(n_clusters=2))
    run = textssl.run(texts, out / "run", settings)
    novelty(six, run)
    classify(six, run)
    misspell(six, run)


def fill(texts: list[str], out: Path) -> None:
    """Fill the blank with both language models."""
    print(f"== Self-supervised: {QUESTION} ==")
    for objective, name in {"mlm": "masked word", "clm": "next word"}.items():
        model = textssl.pretrain(texts, out / objective, textssl.PretrainingSettings(objective=objective))
        words = ", ".join(f"{word.word} {word.probability:.3f}" for word in textssl.fill(model, QUESTION))
        print(f"{name:<12} {words}")


def judge(texts: list[str], out: Path) -> None:
    """Judge the order and the words of three sentences."""
    print("\n== Pretext tasks: was the sentence swapped, was a word replaced? ==")
    model = textssl.pretrain(texts, out / "judge", textssl.PretrainingSettings(objective="mlm,order,rtd"))
    for sentence in (IN_ORDER, SWAPPED, REPLACED):
        print(f"{sentence:<44} {'; '.join(map(str, textssl.judge(model, sentence)))}")


def group(texts: list[str], six: list[str], out: Path) -> np.ndarray:
    """Group the six sentences with two methods; return their vectors."""
    vectors = textssl.TextEncoder(out / "mlm").fit(texts).transform(six)
    print("\n== Unsupervised: the six sentences, grouped without labels ==")
    for number, sentence in enumerate(six, start=1):
        print(f"{number} {sentence}")
    for settings in (textssl.ClusteringSettings("kmeans", n_clusters=2), textssl.ClusteringSettings("hdbscan")):
        labels = textssl.cluster(vectors, settings).labels.tolist()
        groups = [[row + 1 for row, label in enumerate(labels) if label == id] for id in set(labels)]
        print(f"{settings.method:<12} {sorted(groups)}")
    return vectors


def reduce(vectors: np.ndarray) -> None:
    """Show the six on their two principal components."""
    print("\n== Two dimensions: principal components of the six ==")
    for number, (x, y) in enumerate(textssl.reduce(vectors, 2, textssl.ReductionSettings("pca")).vectors, start=1):
        print(f"{number} {x:6.2f} {y:6.2f}")


def novelty(six: list[str], run: textssl.Run) -> None:
    """Show which of the six is the oddest, and by which words."""
    print("\n== Novelty: which of the six is the oddest, and why ==")
    found = textssl.novelty(run.folder, six, textssl.DensitySettings(contamination=0.5)).to_table().to_pylist()
    row = min(found, key=lambda row: row["score"])
    print(f"{row['row'] + 1} {row['text']}\nodder than {row['novelty']:.0%} of the sentences, by: {row['words']}")


def classify(six: list[str], run: textssl.Run) -> None:
    """Classify a new sentence from one label of each group."""
    print("\n== Semi-supervised: one label per group ==")
    labels = ["fox", None, "dog", None, None, None]
    classifier = textssl.fit_classifier(run.folder, six, labels)
    likely = dict(zip(classifier.classes_.tolist(), classifier.predict_proba([NEW])[0].tolist(), strict=True))
    print(f"{NEW}: " + ", ".join(f"{name} {probability:.2f}" for name, probability in likely.items()))


def misspell(six: list[str], run: textssl.Run) -> None:
    """Compare a misspelt sentence with what it was."""
    print("\n== Robustness: a sentence with two slips of the keyboard ==")
    vectors = textssl.encode(run.folder / "encoder", [six[5], MISSPELT])
    clean, misspelt = textssl.predict(run.folder, [six[5], MISSPELT])["cluster"]
    same = "the same group" if clean == misspelt else "another group"
    print(f"{MISSPELT}: {same}, cosine {vectors[0] @ vectors[1]:.3f} to the sentence as it was")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
