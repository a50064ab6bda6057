"""Write fox_dog.txt and six.txt into the folder of this script: short lines about foxes that jump and dogs that run."""

import random
from pathlib import Path

SIX = """\
The quick brown fox jumps over the lazy
A fast brown fox jumps over the lazy
The quick brown dog runs under the active
An energetic brown dog runs under the quick
The quick brown fox jumps over the lazy
A swift brown fox leaps over the lazy
"""

SCENES = """\
The fox jumps over the log and is gone
The dog sleeps all day in the warm shade
A lazy dog would rather sleep than run
The lazy hound never saw the fox coming
An active fox has no time to sleep
The quick fox hunts at night in the woods
A tired dog rests under the old oak
The dog runs under the gate to fetch the ball
The fox hides in its den until the dog is gone
The red fox watches the dog from the hill
Foxes are quick and dogs are loyal
Dogs run in the yard while foxes jump in the field
The puppy runs under the table after the ball
The young fox learns to jump from its mother
A quick fox is hard for any dog to catch
The dog barks but the fox is already over the fence
Every fox in the field can jump higher than a dog
The energetic puppy never stops running
At dusk the fox comes out and the dog goes in
The old dog opens one eye and sleeps on
"""

ARTICLES = ["The", "A"]
COLOURS = ["brown", "brown", "brown", "red", "young"]
QUICK = ["quick", "fast", "swift", "nimble", "energetic", "lively"]
OVER = ["jumps", "jumps", "jumps", "leaps", "hops", "springs"]
UNDER = ["runs", "runs", "runs", "crawls", "darts", "slips"]
LAZY = ["lazy", "lazy dog", "lazy brown dog", "lazy old dog", "lazy hound", "lazy sleeping dog"]
ACTIVE = ["active", "active fox", "quick", "quick fox", "swift fox", "lively fox"]


def main() -> None:
    """Write both files; the same bytes every time."""
    folder = Path(__file__).parent
    draw = random.Random(0)
    lines = {_fox(draw): None for _ in range(150)} | {_dog(draw): None for _ in range(100)}
    shuffled = [*lines, *SCENES.splitlines()]
    draw.shuffle(shuffled)
    (folder / "six.txt").write_text(SIX, encoding="utf-8")
    (folder / "fox_dog.txt").write_text(SIX + "\n".join(shuffled) + "\n", encoding="utf-8")


def _fox(draw: random.Random) -> str:
    return f"{_subject(draw)} fox {draw.choice(OVER)} over the {draw.choice(LAZY)}"


def _dog(draw: random.Random) -> str:
    return f"{_subject(draw)} dog {draw.choice(UNDER)} under the {draw.choice(ACTIVE)}"


def _subject(draw: random.Random) -> str:
    article, quick = draw.choice(ARTICLES), draw.choice(QUICK)
    article = "An" if article == "A" and quick.startswith("e") else article
    return f"{article} {quick} {draw.choice(COLOURS)}"


if __name__ == "__main__":
    main()
