"""What is most likely meant by a word that no school has."""

from __future__ import annotations

from django.db import connection

# Digits belong to a postcode or a URN, whose neighbour is another school; shorter words are near too many.
SHORTEST = 4
# Of letters: the longest word of the national register has twenty.
LONGEST = 25
# Words spelt out in one search, the first of those that no school has: each costs as much as a search.
MOST = 4

# The range holds what begins with the word: "{" follows "z".
_UNKNOWN = """
    SELECT typed FROM unnest(%(typed)s::text[]) WITH ORDINALITY AS given (typed, place)
    WHERE NOT EXISTS (SELECT FROM schools_registerword WHERE word ~>=~ typed AND word ~<~ (typed || '{'))
    ORDER BY place LIMIT %(most)s
"""
# Words alike by trigrams, which a swap of two letters may tear all apart, and so those swaps as well. Swaps are
# compared as the unknown words are, by the index in the order of letters: that of trigrams would read its list of
# new words once for each.
_ALIKE = """
    SELECT typed, alike.word, alike.schools FROM unnest(%(typed)s::text[]) AS typed CROSS JOIN LATERAL (
        SELECT word, schools FROM schools_registerword WHERE word %% typed
        ORDER BY similarity(word, typed) DESC, schools DESC, word LIMIT 20
    ) AS alike
    UNION ALL
    SELECT typed, word, schools FROM unnest(%(swapped)s::text[], %(swapped_of)s::text[]) AS swap (swapped, typed)
    JOIN schools_registerword ON word ~>=~ swapped AND word ~<=~ swapped
"""


def likely(words: list[str]) -> list[str]:
    """The folded words, each that begins no word of the register replaced by the nearest one, if any is near.

    Nearest is what takes the fewest mistakes (a letter left out, put in, changed, or swapped with the next) to begin
    with the word, then to be it; the commonest of equals. More than four such words are not looked at.
    """
    typed = [word for word in words if SHORTEST <= len(word) <= LONGEST and word.isalpha()]
    if not typed:
        return words
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, {"typed": typed, "most": MOST})
        unknown = [word for (word,) in cursor.fetchall()]
        if not unknown:
            return words
        swaps = [(swapped, word) for word in unknown for swapped in _swaps(word)]
        swapped, swapped_of = zip(*swaps, strict=True)
        cursor.execute(_ALIKE, {"typed": unknown, "swapped": list(swapped), "swapped_of": list(swapped_of)})
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
