from __future__ import annotations

import datetime as dt

from correspondence.models import DeliveryAttempt, Outcome


def test_an_attempt_names_the_moment_in_london() -> None:
    late_on_a_summer_day = dt.datetime(2027, 6, 30, 23, 30, tzinfo=dt.UTC)
    attempt = DeliveryAttempt(outcome=Outcome.SENT, started_at=late_on_a_summer_day)
    assert str(attempt) == "Sent (Thursday 1 July 2027, 12:30am)"
