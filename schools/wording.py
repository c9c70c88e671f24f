"""How words are compared in search: without capitals, accents, apostrophes or punctuation."""

from __future__ import annotations

import re
import unicodedata

# Longer than any school's name; what is typed beyond it narrows nothing.
LONGEST = 100
_MOST_WORDS = 12
_APOSTROPHES = re.compile("['’‘`´ʼ]")
_MARKS = re.compile("[\u0300-\u036f]+")
_NOT_A_WORD = re.compile("[^a-z0-9]+")
# A whole postcode in two words. "BS5 7" is none yet.
_POSTCODE = re.compile(r"\b([a-z]{1,2}[0-9][a-z0-9]?) ([0-9][a-z]{2})\b")


def fold(text: str) -> str:
    """Text in plain lower-case words of a to z and 0 to 9, one space between them.

    The SQL function `schools_fold` does the same; a test holds the two together.
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)))
    return _NOT_A_WORD.sub(" ", plain.replace("&", " and ").lower()).strip()


def search_words(text: str) -> list[str]:
    """The words to look for in whatever was typed: at most twelve of its first hundred characters.

    "Saint" is looked for as "st", as every saint is folded in the register, and a whole postcode as one word, as it
    stands there too: in two, "SV1 1AB" would be found in "SV11 1AB".
    """
    # Cut once more: folding makes three letters of one ligature.
    folded = _POSTCODE.sub(r"\1\2", fold(text[:LONGEST])[:LONGEST])
    words = ["st" if word == "saint" else word for word in folded.split()]
    return list(dict.fromkeys(words))[:_MOST_WORDS]
