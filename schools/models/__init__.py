"""The national register of schools, what a school used to be, and when it teaches."""

from schools.models.ancestry import Ancestor, CurrentSchool, Doubt, RegisterLink, Succession, SuccessionRuling
from schools.models.imports import RegisterAlarm, RegisterImport
from schools.models.register import School, SchoolQuerySet
from schools.models.search import RegisterWord, SearchEntry, SearchText
from schools.models.terms import HalfTerm

__all__ = [
    "Ancestor",
    "CurrentSchool",
    "Doubt",
    "HalfTerm",
    "RegisterAlarm",
    "RegisterImport",
    "RegisterLink",
    "RegisterWord",
    "School",
    "SchoolQuerySet",
    "SearchEntry",
    "SearchText",
    "Succession",
    "SuccessionRuling",
]
