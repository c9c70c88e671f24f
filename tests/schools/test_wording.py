from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schools.wording import fold, search_words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("St. Mary's", "st marys"),
        ("St Mary’s", "st marys"),
        ("SS Peter & Paul", "ss peter and paul"),
        ("St Thérèse of Lisieux", "st therese of lisieux"),
        ("Stoke-on-Trent", "stoke on trent"),
        ("  BS5   0AA ", "bs5 0aa"),
        ("%_\\'\"\x00🙂", ""),
        ("", ""),
    ],
)
def test_text_is_folded_to_plain_words(text: str, folded: str) -> None:
    assert fold(text) == folded


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60))
def test_the_database_folds_as_python_does(db: None, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT schools_fold(%s)", [text])
        assert cursor.fetchone() == (fold(text),)


def test_saint_is_looked_for_as_st_and_a_word_only_once() -> None:
    assert search_words("Saint Mary, St Mary") == ["st", "mary"]


def test_long_text_is_cut() -> None:
    assert len("".join(search_words("abc " * 2_000_000))) <= 100
    assert len(search_words(" ".join(f"a{number}" for number in range(100)))) == 12
    assert [len(word) for word in search_words("ﬃ" * 100)] == [100]


def test_a_whole_postcode_is_one_word() -> None:
    assert search_words("Ash Lane, BS5 7DX") == ["ash", "lane", "bs57dx"]
    assert search_words("bs5 7d") == ["bs5", "7d"]
