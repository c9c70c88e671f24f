from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hubs.links import HIDDEN, LIFETIMES, LinkInvalid, Purpose, make_token, read_token, undated, without_tokens

IDS = st.integers(1, 2**62)
PURPOSES = st.sampled_from(sorted(LIFETIMES))


@given(PURPOSES, IDS, IDS)
def test_a_token_says_what_was_put_into_it(purpose: Purpose, hub_id: int, subject_id: int) -> None:
    link = read_token(purpose, make_token(purpose, hub_id=hub_id, subject_id=subject_id))
    assert (link.hub_id, link.subject_id, link.expired) == (hub_id, subject_id, False)


@given(PURPOSES, st.text())
def test_any_other_text_is_no_token(purpose: Purpose, text: str) -> None:
    with pytest.raises(LinkInvalid):
        read_token(purpose, text)


@given(PURPOSES, PURPOSES)
def test_a_token_is_good_for_one_purpose(made_for: Purpose, used_for: Purpose) -> None:
    token = make_token(made_for, hub_id=1, subject_id=2)
    if made_for != used_for:
        with pytest.raises(LinkInvalid):
            read_token(used_for, token)


@pytest.mark.parametrize("purpose", sorted(LIFETIMES))
def test_a_token_expires_when_its_lifetime_is_over_and_not_before(purpose: Purpose) -> None:
    token = make_token(purpose, hub_id=1, subject_id=2)
    end = timezone.now() + LIFETIMES[purpose]
    assert not read_token(purpose, token, now=end - dt.timedelta(minutes=1)).expired
    assert read_token(purpose, token, now=end + dt.timedelta(minutes=1)).expired


@given(PURPOSES, IDS, IDS)
def test_no_token_is_left_in_a_text_to_be_shown(purpose: Purpose, hub_id: int, subject_id: int) -> None:
    token = make_token(purpose, hub_id=hub_id, subject_id=subject_id)
    shown = without_tokens(f"Before https://hubs.example/x/{token}/ after, EOI-7KQ4M on 1.2.2026")
    assert shown == f"Before https://hubs.example/x/{HIDDEN}/ after, EOI-7KQ4M on 1.2.2026"


@given(PURPOSES, IDS, IDS)
def test_links_made_at_two_moments_are_told_apart_by_what_they_open_only(
    purpose: Purpose, subject_id: int, other_id: int
) -> None:
    monday, tuesday, other = (
        f"Open https://hubs.example/x/{token}/ now."
        for token in (
            _made_on(1, purpose, subject_id),
            _made_on(2, purpose, subject_id),
            _made_on(2, purpose, other_id),
        )
    )
    assert monday != tuesday
    assert undated(monday) == undated(tuesday)
    assert (undated(monday) == undated(other)) == (subject_id == other_id)


def _made_on(day: int, purpose: Purpose, subject_id: int) -> str:
    moment = dt.datetime(2026, 11, day, tzinfo=dt.UTC).timestamp()
    with mock.patch("django.core.signing.time.time", return_value=moment):
        return make_token(purpose, hub_id=1, subject_id=subject_id)


@given(PURPOSES)
def test_a_token_that_says_when_it_was_made_is_the_same_each_time_and_expires_by_that(purpose: Purpose) -> None:
    made_at = timezone.now() - LIFETIMES[purpose] + dt.timedelta(minutes=1)
    first, second = (make_token(purpose, hub_id=1, subject_id=2, made_at=made_at) for _ in range(2))
    assert first == second
    assert read_token(purpose, first).made_at == made_at.replace(microsecond=0)
    assert not read_token(purpose, first).expired
    assert read_token(purpose, first, now=timezone.now() + dt.timedelta(minutes=2)).expired
