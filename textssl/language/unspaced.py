"""Words of scripts written without spaces, found from the texts alone."""

import unicodedata
from collections.abc import Iterable, Mapping

import numpy as np

_LONGEST = 8  # units of a word
_LEARNED = 1_000_000  # units that words are discovered in; more hardly change the result
_PREPOSED, _POSTPOSED = "เแโใไເແໂໃໄ", "ะาำๆຯະາຳ"  # Thai and Lao vowels written before and after their consonant


def units(run: str) -> list[str]:
    """Return the characters of `run`, each joined with its combining marks and, in Thai and Lao, its vowels."""
    found: list[str] = []
    ahead = ""
    for character in run:
        if character in _PREPOSED:
            ahead += character
        elif found and not ahead and (character in _POSTPOSED or unicodedata.category(character).startswith("M")):
            found[-1] += character
        else:
            found.append(ahead + character)
            ahead = ""
    return [*found, ahead] if ahead else found


def discover_words(
    runs: Mapping[str, int], pair: float = 0.2, longer: float = 0.65, fixed: float = 0.8
) -> dict[str, float]:
    """Return the words of 2 to 8 units in `runs`, each with its cohesion.

    A word is a sequence of units that is repeated, cohesive and free. It is cohesive if, wherever it is split, its
    parts occur together far more often than by chance (normalized pointwise mutual information, Bouma 2009), or one of
    them hardly ever occurs without the other. It is free if different units precede and follow it (accessor variety,
    Feng et al. 2004); otherwise it is a fragment of a longer word.

    Args:
        runs: strings of such a script without spaces, and how often each occurs.
        pair: least cohesion of two units, at most 1; low, because a character belongs to many words. Default 0.2.
        longer: least cohesion of three or more units, at most 1. Default 0.65.
        fixed: share of occurrences above which a neighbour belongs to the word, and a part counts as inseparable.
            Default 0.8.
    """
    spelled, weight = _laid_out(runs)
    letters = _numbered(spelled)
    total = weight[letters >= 0].sum()
    grams, counts = letters, [np.zeros(0), _counts(letters, weight)]
    words: dict[str, float] = {}
    for length in range(2, _LONGEST + 1):
        grams = _lengthened(grams, weight)
        places = np.flatnonzero(grams >= 0)
        counts.append(_counts(grams, weight))
        first = places[np.unique(grams[places], return_index=True)[1]]  # one place of each n-gram
        often = counts[length][first]
        accepted = np.ones(len(first), bool)
        for neighbours in (letters[places - 1], letters[places + length]):
            accepted &= _most_frequent(grams[places], neighbours, weight[places], len(first)) < fixed * often
        cohesion = np.ones(len(first))
        for cut in range(1, length):
            left, right = counts[cut][first], counts[length - cut][first + cut]
            mutual = np.log(often * total / (left * right)) / np.log(total / often)
            inseparable = often >= fixed * (np.minimum(left, right) + 1)  # + 1: two of two is not enough evidence
            cohesion = np.minimum(cohesion, np.where(inseparable, 1, mutual))
        accepted &= cohesion >= (pair if length == 2 else longer)
        for place, value in zip(first[accepted].tolist(), cohesion[accepted].tolist(), strict=True):
            words["".join(spelled[place : place + length])] = value
    return words


def cut_words(run: str, words: Mapping[str, float]) -> list[str]:
    """Return the words in `run`, in order; of overlapping words the longest, then the one with the highest cohesion.

    What remains between two words is kept as a word if it has 2 to 8 units.

    Args:
        run: a string of such a script without spaces.
        words: the known words and their cohesion; see `discover_words`.
    """
    letters = units(run)
    grams = [
        (-length, -words[gram], start)
        for length in range(2, min(_LONGEST, len(letters)) + 1)
        for start in range(len(letters) - length + 1)
        if (gram := "".join(letters[start : start + length])) in words
    ]
    ends = list(range(1, len(letters) + 1))  # where the word that starts at each unit ends
    taken = [False] * len(letters)
    for negative, _, start in sorted(grams):
        stop = start - negative
        if not any(taken[start:stop]):
            taken[start:stop] = [True] * (stop - start)
            ends[start] = stop
    found, start = [], 0
    while start < len(letters):
        stop = ends[start]
        while not taken[start] and stop < len(letters) and not taken[stop]:
            stop += 1
        if 2 <= stop - start <= _LONGEST:
            found.append("".join(letters[start:stop]))
        start = stop
    return found


def _laid_out(runs: Mapping[str, int]) -> tuple[list[str], np.ndarray]:
    """Return the units of all runs, separated by empty ones, and how often each run occurs; many runs are sampled."""
    step = 1 + sum(map(len, runs)) // _LEARNED
    spelled, weights = [""], [0]
    for run, count in list(runs.items())[::step]:
        letters = [*units(run), ""]
        spelled += letters
        weights += [count] * len(letters)
    return spelled, np.array(weights, float)


def _numbered(spelled: Iterable[str]) -> np.ndarray:
    """Return the number of each unit; -1 for an empty one."""
    numbers = {"": -1}
    return np.array([numbers.setdefault(unit, len(numbers) - 1) for unit in spelled])


def _lengthened(grams: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return at each place the number of the n-gram one unit longer that starts there; -1 if it is not repeated."""
    places = np.flatnonzero((grams[:-1] >= 0) & (grams[1:] >= 0))
    pairs = grams[places] * (grams.max(initial=0) + 1) + grams[places + 1]
    _, numbers = np.unique(pairs, return_inverse=True)
    repeated = np.bincount(numbers, weight[places])[numbers] >= 2
    longer = np.full(len(grams), -1)
    longer[places[repeated]] = np.unique(numbers[repeated], return_inverse=True)[1]
    return longer


def _counts(grams: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return at each place how often its n-gram occurs; 0 where there is none."""
    held = grams >= 0
    counts = np.zeros(len(grams))
    counts[held] = np.bincount(grams[held], weight[held])[grams[held]]
    return counts


def _most_frequent(grams: np.ndarray, neighbours: np.ndarray, weight: np.ndarray, n_grams: int) -> np.ndarray:
    """Return how often each of the n-grams has its most frequent neighbour; the end of a run (-1) is not counted."""
    inner = neighbours >= 0
    size = neighbours.max(initial=0) + 1
    pairs, numbers = np.unique(grams[inner] * size + neighbours[inner], return_inverse=True)
    most = np.zeros(n_grams)
    np.maximum.at(most, pairs // size, np.bincount(numbers, weight[inner], minlength=len(pairs)))
    return most
