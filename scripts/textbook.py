"""The textbook example: the text itself teaches the model "lazy", and six sentences fall into two groups.

python scripts/textbook.py OUT
"""

import sys
from pathlib import Path

import textssl
from textssl.config import build

CORPUS = Path(__file__).parents[1] / "corpora" / "fox_dog"
QUESTION = "The quick brown fox jumps over the _____"


def main(out: Path) -> None:
    """Pretrain by both objectives on the fox and dog corpus, fill the blank, group the six sentences both ways."""
    print(f"== {QUESTION} ==")
    corpus = textssl.read_corpus(CORPUS / "fox_dog.txt")
    texts = corpus.texts(corpus.unique_rows)
    for objective, name in {"mlm": "masked word", "clm": "next word"}.items():
        settings = textssl.PretrainingSettings(objective=objective)
        model = textssl.pretrain(texts, out / objective, settings)
        words = ", ".join(f"{word.word} {word.probability:.3f}" for word in textssl.fill(model, QUESTION))
        print(f"{name:<12} {words}")
    six = (CORPUS / "six.txt").read_text(encoding="utf-8").splitlines()
    vectors = textssl.encode(textssl.fit_encoder(out / "mlm", texts, out / "encoder"), six)
    print("\n== The six sentences, grouped by nobody's word ==")
    for number, sentence in enumerate(six, start=1):
        print(f"{number} {sentence}")
    for method in ("kmeans", "hdbscan"):
        clusters = 2 if method == "kmeans" else "auto"
        found = textssl.cluster(vectors, build(textssl.ClusteringSettings, {"method": method, "n_clusters": clusters}))
        groups = [[row + 1 for row in range(len(six)) if found.labels[row] == id] for id in set(found.labels.tolist())]
        print(f"{method:<12} {sorted(groups)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
