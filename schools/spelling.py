"""What is most likely meant by a word that no school has."""

from __future__ import annotations

from django.db import connection

# Digits belong to a postcode or a URN, whose neighbour is another school; shorter words are near too many.
SHORTEST = 4

# Words alike by trigrams, which a swap of two letters may tear all apart, and so those swaps as well.
# The range holds what begins with the word: "{" follows "z".
_ALIKE = """
    SELECT typed, alike.word, alike.schools FROM unnest(%(typed)s::text[]) AS typed, LATERAL (
        (SELECT word, schools FROM schools_registerword WHERE word %% typed
         ORDER BY similarity(word, typed) DESC, schools DESC, word LIMIT 20)
        UNION SELECT word, schools FROM schools_registerword WHERE word = ANY (%(swapped)s)
    ) AS alike
    WHERE NOT EXISTS (SELECT FROM schools_registerword WHERE word ~>=~ typed AND word ~<~ (typed || '{'))
"""


def likely(words: list[str]) -> list[str]:
    """The folded words, each that begins no word of the register replaced by the nearest one, if any is near.

    Nearest is what takes the fewest mistakes (a letter left out, put in, changed, or swapped with the next) to begin
    with the word, then to be it; the commonest of equals.
    """
    typed = [word for word in words if len(word) >= SHORTEST and word.isalpha()]
    if not typed:
        return words
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, {"typed": typed, "swapped": [swap for word in typed for swap in _swaps(word)]})
        alike = cursor.fetchall()
    nearest = {
        word: min((*_mistakes(word, other), -schools, other) for typed, other, schools in alike if typed == word)[-1]
        for word in {typed for typed, _, _ in alike}
    }
    return list(dict.fromkeys(nearest.get(word, word) for word in words))


def _swaps(word: str) -> list[str]:
    """The word with each two neighbouring letters swapped."""
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


def _mistakes(typed: str, word: str) -> tuple[int, int]:
    """How many mistakes make what was typed of the beginning of a word, and how many of the whole word."""
    before: list[int] = []
    row = list(range(len(word) + 1))
    for down, letter in enumerate(typed, 1):
        two_before, before, row = before, row, [down]
        for across, other in enumerate(word, 1):
            fewest = min(before[across] + 1, row[-1] + 1, before[across - 1] + (letter != other))
            if down > 1 and across > 1 and letter == word[across - 2] and other == typed[down - 2]:
                fewest = min(fewest, two_before[across - 2] + 1)
            row.append(fewest)
    return min(row), row[-1]
