from __future__ import annotations

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from schools import search
from schools.spelling import LONGEST, MOST, likely
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


def test_only_the_first_few_words_that_no_school_has_are_spelt_out(register: None) -> None:
    first = ["edgwear", "primry", "frst", "elerbridge"]
    assert len(first) == MOST
    assert likely([*first, "kelderam"]) == ["edgware", "primary", "first", "ellerbridge", "kelderam"]
    assert likely(["edgware", "school", "kelderholme", "ellerbridge", "kelderam"])[-1] == "kelderham"


def test_a_word_longer_than_any_of_the_register_is_not_spelt_out(register: None) -> None:
    make_school("Llanfairpwllgwyngyllgoger School")
    search.refresh()
    known = "llanfairpwllgwyngyllgoger"
    assert len(known) == LONGEST

    assert likely([known.replace("fair", "fiar")]) == [known]
    assert likely([known.replace("fair", "fiar") + "y"]) == [known.replace("fair", "fiar") + "y"]


def test_however_many_words_are_misspelt_it_takes_two_queries(
    register: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        likely(["edgwear", "primry", "frist", "scholl", "elerbridge", "kelderam"])
    with django_assert_num_queries(1):
        likely(["edgware", "primary"])
    with django_assert_num_queries(0):
        likely(["ash", "nv12abc"])


def test_new_words_are_sorted_into_the_index_at_once(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'register_word_likeness'")
        assert cursor.fetchone() == (["fastupdate=off"],)
