"""True-looking names for schools that do not exist."""

from __future__ import annotations

import random

from hubadmin.demo.places import ANGLICAN, CATHOLIC, GREENERY, LIE, STREETS

ANGLICAN_CHARACTER = "Church of England"
CATHOLIC_CHARACTER = "Roman Catholic"
_ANGLICAN_WORDS = ("CofE", "CofE", "CofE", "Church of England", "Church of England", "C of E", "C.E.")
_CATHOLIC_WORDS = ("Catholic", "Catholic", "Catholic", "RC", "Roman Catholic")
# By kind: what a maintained or independent school is called, and what an academy or free school.
_ENDINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "primary": (
        ("Primary School", "Primary School", "Primary School", "Community Primary School"),
        ("Primary School", "Primary Academy", "Academy"),
    ),
    "infant": (("Infant School", "Infant and Nursery School"), ("Infant School", "Infant Academy")),
    "junior": (("Junior School",), ("Junior School", "Junior Academy")),
    "first": (("First School",), ("First School", "First School Academy")),
    "middle": (("Middle School",), ("Middle School", "Middle Academy")),
    "upper": (("Upper School", "Community Upper School"), ("Upper School", "Academy")),
    "secondary": (("School", "High School", "Community College"), ("Academy", "High School", "School")),
    "sixth_form": (("School and Sixth Form", "High School", "School"), ("Academy", "School", "High School")),
    "all_through": (("School",), ("Academy", "All-through Academy")),
    "special": (("School", "Special School"), ("School", "Special Academy")),
    "nursery": (("Nursery School", "Nursery School and Children's Centre"), ("Nursery School",)),
    "unit": (("Pupil Referral Unit", "Learning Centre"), ("AP Academy",)),
    "independent": (("School", "Prep School", "House School", "Grammar School"), ("School",)),
    "independent_special": (("House", "Learning Centre"), ("House",)),
}


def endings(kind: str, *, academy: bool) -> tuple[str, ...]:
    """What a school of this kind may be called, after its own name."""
    return _ENDINGS[kind][academy]


class Namer:
    """Gives names of which none occurs twice in a town; namesakes in different towns are welcome."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._taken: set[tuple[str, str]] = set()

    def stem(self, *, character: str, town: str) -> str:
        """The part of a name that a school shares with its partner or predecessor."""
        if character == ANGLICAN_CHARACTER:
            return f"{self._saint(ANGLICAN, town)} {self._chance.choice(_ANGLICAN_WORDS)}"
        if character == CATHOLIC_CHARACTER:
            return f"{self._saint(CATHOLIC, town)} {self._chance.choice(_CATHOLIC_WORDS)}"
        return self._chance.choice((town, self._chance.choice(STREETS), self._green(), self._green(), self._green()))

    def name(self, kind: str, *, academy: bool, stem: str, character: str, town: str) -> str:
        """A name that the town does not have yet; another stem is taken where this one leads to none."""
        for _ in range(100):
            ending = self._chance.choice(endings(kind, academy=academy))
            if character and academy and self._chance.random() < 0.3:
                ending += ", a Voluntary Academy"
            name = f"{stem} {ending}"
            if (name, town) not in self._taken:
                self._taken.add((name, town))
                return name
            stem = self.stem(character=character, town=town)
        raise RuntimeError(f"{town} has run out of names for its schools.")

    def _saint(self, saints: tuple[str, ...], town: str) -> str:
        saint = self._chance.choice(saints)
        # "Ellerbridge St Mary's": common where a village school serves several parishes.
        return f"{town} {saint}" if self._chance.random() < 0.15 else saint

    def _green(self) -> str:
        green = self._chance.choice(GREENERY)
        lie = self._chance.choice([lie for lie in LIE if lie != green.lower()])
        runs_together = len(green) < 7 and not green.lower().endswith(lie[0])
        return f"{green}{lie}" if runs_together and self._chance.random() < 0.7 else f"{green} {lie.title()}"
