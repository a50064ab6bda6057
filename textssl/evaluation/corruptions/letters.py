"""Corruptions that mistype one letter of a word."""

from random import Random

from textssl.evaluation.corruptions.splitting import change_letter, change_words

# The rows of common keyboards, top to bottom; each row is shifted to the right by about half a key.
_KEYBOARDS = (
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    (" ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤر ىةوزظ"),
    (" קראטוןםפ", "שדגכעיחלך", "זסבהנמצתץ"),
)


def _neighbours() -> dict[str, list[str]]:
    places = {
        letter: (keyboard, row, column)
        for keyboard, rows in enumerate(_KEYBOARDS)
        for row, letters in enumerate(rows)
        for column, letter in enumerate(letters)
        if letter != " "
    }
    letters = {place: letter for letter, place in places.items()}
    around = ((0, -1), (0, 1), (-1, 0), (-1, 1), (1, -1), (1, 0))
    return {
        letter: [
            letters[k, row + up, column + right] for up, right in around if (k, row + up, column + right) in letters
        ]
        for letter, (k, row, column) in places.items()
    }


_NEIGHBOURS = _neighbours()


def keyboard(text: str, rate: float, random: Random) -> str:
    """Replace a letter by the letter of a neighbouring key; letters that are on no known keyboard stay."""

    def mistyped(letter: str) -> str:
        neighbours = _NEIGHBOURS.get(letter.lower())
        if not neighbours:
            return letter
        typed = random.choice(neighbours)
        return typed.upper() if letter.isupper() else typed

    return change_words(text, rate, random, lambda word, random: change_letter(word, random, mistyped))


def swap(text: str, rate: float, random: Random) -> str:
    """Swap two different neighbouring letters."""

    def swapped(word: str, random: Random) -> str:
        places = [i for i in range(len(word) - 1) if word[i] != word[i + 1] and word[i : i + 2].isalnum()]
        if not places:
            return word
        i = random.choice(places)
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]

    return change_words(text, rate, random, swapped)


def drop(text: str, rate: float, random: Random) -> str:
    """Drop a letter of a word of two letters or more."""

    def shortened(word: str, random: Random) -> str:
        return change_letter(word, random, lambda letter: "" if letter.isalnum() else letter) if len(word) > 1 else word

    return change_words(text, rate, random, shortened)


def double(text: str, rate: float, random: Random) -> str:
    """Type a letter twice."""

    def doubled(word: str, random: Random) -> str:
        return change_letter(word, random, lambda letter: 2 * letter if letter.isalnum() else letter)

    return change_words(text, rate, random, doubled)
