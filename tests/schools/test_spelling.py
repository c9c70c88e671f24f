from __future__ import annotations

import pytest

from schools import search
from schools.spelling import likely
from tests.factories import make_school


@pytest.fixture
def register(db: None) -> None:
    """Schools with words that are near each other."""
    make_school("Edgware Primary School", town="Edgware")
    make_school("Edgar Primrose School", town="Ellerbridge")
    make_school("Elder First School", town="Kelderham")
    make_school("Kelderham School", town="Kelderholme")
    search.refresh()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("edgwear primry", "edgware primary"),
        ("edgar primary", "edgar primary"),
        ("frist schol", "first school"),
        ("elerbr", "ellerbridge"),
        ("kelderam", "kelderham"),
        ("kelderhom", "kelderham"),
        ("edg frst", "edg first"),
        ("nv12abc 900009", "nv12abc 900009"),
        ("ahs xqzzyq", "ahs xqzzyq"),
    ],
)
def test_the_nearest_words_are_meant(register: None, typed: str, meant: str) -> None:
    assert likely(typed.split()) == meant.split()


def test_two_words_that_mean_the_same_are_looked_for_once(register: None) -> None:
    assert likely(["edgwear", "edgwrae"]) == ["edgware"]
