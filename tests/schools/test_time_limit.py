from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection

from schools.time_limit import TookTooLong, at_most


def run(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_given_up() -> None:
    before = run("SHOW statement_timeout")

    with pytest.raises(TookTooLong), at_most(20):
        run("SELECT pg_sleep(5)")

    assert run("SHOW statement_timeout") == before
    assert run("SELECT 1") == "1"


@pytest.mark.django_db
def test_the_limit_ends_with_the_block() -> None:
    before = run("SHOW statement_timeout")

    with at_most(1234):
        assert run("SHOW statement_timeout") == "1234ms"

    assert run("SHOW statement_timeout") == before


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_the_limit_ends_with_it_too() -> None:
    before = run("SHOW statement_timeout")

    with at_most(1234):
        assert run("SHOW statement_timeout") == "1234ms"

    assert run("SHOW statement_timeout") == before


@pytest.mark.django_db
def test_other_failures_stay_what_they_are() -> None:
    with pytest.raises(ProgrammingError), at_most(1000):
        run("SELECT no_such_column")
