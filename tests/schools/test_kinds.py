from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.models import LocalAuthority
from schools import kinds
from schools.kinds import Kind, Phase, Standing
from schools.models import School
from tests.factories import make_school


@dataclass
class Facts:
    """What the rules read: a community primary school in England, unless told otherwise."""

    authority_id: str = "202"
    status: int = 1
    type_code: int = 1
    type_name: str = "Community school"
    type_group_code: int | None = 4
    type_group_name: str = "Local authority maintained schools"
    phase: str = "Primary"
    low_age: int | None = 3
    high_age: int | None = 11
    trust_code: str = ""
    trust_name: str = ""
    opened_on: dt.date | None = None
    closed_on: dt.date | None = None


def of_type(code: int, name: str, group: int | None, **fields: Any) -> Facts:
    """A school of a type."""
    return Facts(type_code=code, type_name=name, type_group_code=group, **{"type_group_name": "", **fields})


def aged(low: int | None, high: int | None, phase: str = "Not applicable", **fields: Any) -> Facts:
    """A school that serves ages."""
    return Facts(low_age=low, high_age=high, phase=phase, **fields)


@pytest.mark.parametrize(
    ("school", "is_funded", "reason"),
    [
        (Facts(), True, "maintained: type 1, Community school"),
        (of_type(14, "Pupil referral unit", 4), True, "maintained: type 14, Pupil referral unit"),
        (of_type(15, "Local authority nursery school", 4), True, "maintained: type 15, Local authority nursery school"),
        (of_type(34, "Academy converter", 10), True, "academy: type 34, Academy converter"),
        (of_type(40, "University technical college", 11), True, "free school: type 40, University technical college"),
        (
            of_type(7, "Community special school", 5),
            True,
            "maintained special school: type 7, Community special school",
        ),
        (
            of_type(12, "Foundation special school", 5),
            True,
            "maintained special school: type 12, Foundation special school",
        ),
        (
            of_type(8, "Non-maintained special school", 5),
            False,
            "non-maintained special school: type 8, Non-maintained special school",
        ),
        (
            of_type(10, "Other independent special school", 5),
            False,
            "independent: type 10, Other independent special school",
        ),
        (of_type(11, "Other independent school", 3), False, "independent: type 11, Other independent school"),
        (of_type(11, "", 3), False, "independent: type 11"),
        (of_type(18, "Further education", 1), False, "college: type 18, Further education"),
        (of_type(30, "Welsh establishment", 6), False, "Welsh school: type 30, Welsh establishment"),
        (Facts(authority_id="681"), False, "in Wales: authority 681, type 1, Community school"),
        (
            of_type(29, "Higher education institutions", None),
            False,
            "another kind: type 29, Higher education institutions",
        ),
        (
            of_type(24, "Secure units", 9, type_group_name="Other types"),
            False,
            "other types: type 24, Secure units",
        ),
    ],
)
def test_who_funds_a_school_is_told_with_the_reason(school: Facts, is_funded: bool, reason: str) -> None:
    assert kinds.state_funded(school) == kinds.Verdict(is_funded, reason)


@pytest.mark.parametrize(
    ("school", "served", "reason"),
    [
        (aged(3, 11), {Phase.NURSERY, Phase.PRIMARY}, "ages 3 to 11"),
        (aged(4, 11), {Phase.PRIMARY}, "ages 4 to 11"),
        (aged(5, 7), {Phase.PRIMARY}, "ages 5 to 7"),
        (aged(7, 11), {Phase.PRIMARY}, "ages 7 to 11"),
        (aged(2, 5), {Phase.NURSERY}, "ages 2 to 5"),
        (aged(9, 13), {Phase.PRIMARY, Phase.SECONDARY}, "ages 9 to 13"),
        (aged(8, 12), {Phase.PRIMARY, Phase.SECONDARY}, "ages 8 to 12"),
        (aged(11, 16), {Phase.SECONDARY}, "ages 11 to 16"),
        (aged(11, 18), {Phase.SECONDARY, Phase.SIXTEEN_PLUS}, "ages 11 to 18"),
        (aged(13, 18), {Phase.SECONDARY, Phase.SIXTEEN_PLUS}, "ages 13 to 18"),
        (aged(14, 19), {Phase.SECONDARY, Phase.SIXTEEN_PLUS}, "ages 14 to 19"),
        (aged(16, 19), {Phase.SIXTEEN_PLUS}, "ages 16 to 19"),
        (aged(3, 18), set(Phase), "ages 3 to 18"),
        (aged(4, 11, "Secondary"), {Phase.PRIMARY}, "ages 4 to 11"),
        (aged(None, None, "Primary"), {Phase.PRIMARY}, "no ages, phase Primary"),
        (aged(4, None, "All-through"), {Phase.PRIMARY, Phase.SECONDARY}, "no ages, phase All-through"),
        (aged(None, None), set(), "the register gives neither ages nor a phase"),
    ],
)
def test_phases_are_those_of_the_ages_or_else_the_registers(school: Facts, served: set[Phase], reason: str) -> None:
    assert kinds.phases(school) == kinds.Verdict(frozenset(served), reason)


@pytest.mark.parametrize(
    ("school", "kind", "reason"),
    [
        (aged(3, 11, "Primary"), Kind.PRIMARY, "ages 3 to 11"),
        (aged(4, 9, "Primary"), Kind.PRIMARY, "ages 4 to 9"),
        (aged(3, 7, "Primary"), Kind.INFANT, "ages 3 to 7"),
        (aged(7, 11, "Primary"), Kind.JUNIOR, "ages 7 to 11"),
        (aged(None, None, "Primary"), Kind.PRIMARY, "phase Primary"),
        (aged(9, 13, "Middle deemed secondary"), Kind.MIDDLE_DEEMED_SECONDARY, "phase Middle deemed secondary"),
        (aged(8, 12, "Middle deemed primary"), Kind.MIDDLE_DEEMED_PRIMARY, "phase Middle deemed primary"),
        (aged(9, 13), Kind.MIDDLE_DEEMED_SECONDARY, "ages 9 to 13"),
        (aged(8, 12), Kind.MIDDLE_DEEMED_PRIMARY, "ages 8 to 12"),
        (aged(11, 18, "Secondary"), Kind.SECONDARY, "phase Secondary"),
        (aged(11, 16), Kind.SECONDARY, "ages 11 to 16"),
        (aged(3, 16, "All-through"), Kind.ALL_THROUGH, "phase All-through"),
        (aged(5, 16), Kind.ALL_THROUGH, "ages 5 to 16"),
        (aged(2, 5, "Nursery"), Kind.NURSERY, "phase Nursery"),
        (aged(2, 4), Kind.NURSERY, "ages 2 to 4"),
        (aged(16, 19, "16 plus"), Kind.SIXTEEN_PLUS, "phase 16 plus"),
        (aged(16, 99), Kind.SIXTEEN_PLUS, "ages 16 to 99"),
        (aged(None, None), Kind.UNKNOWN, "the register gives neither ages nor a phase"),
        (
            aged(3, 19, type_code=44, type_name="Academy special converter"),
            Kind.SPECIAL,
            "type 44, Academy special converter",
        ),
        (
            aged(4, 11, "Primary", type_code=7, type_name="Community special school"),
            Kind.SPECIAL,
            "type 7, Community special school",
        ),
    ],
)
def test_a_school_is_called_what_people_call_it(school: Facts, kind: Kind, reason: str) -> None:
    assert kinds.kind(school) == kinds.Verdict(kind, reason)


@pytest.mark.parametrize(
    ("status", "dates", "standing", "reason"),
    [
        (1, {}, Standing.OPEN, "status 1, Open"),
        (1, {"opened_on": dt.date(2019, 4, 1)}, Standing.OPEN, "status 1, Open, since 1 April 2019"),
        (2, {"closed_on": dt.date(2014, 8, 31)}, Standing.CLOSED, "status 2, Closed, 31 August 2014"),
        (
            3,
            {"closed_on": dt.date(2027, 8, 31)},
            Standing.CLOSING,
            "status 3, Open, but proposed to close, 31 August 2027",
        ),
        (
            4,
            {"opened_on": dt.date(2027, 9, 1)},
            Standing.OPENING,
            "status 4, Proposed to open, 1 September 2027",
        ),
    ],
)
def test_whether_a_school_teaches_is_its_status(
    status: int, dates: dict[str, Any], standing: Standing, reason: str
) -> None:
    assert kinds.standing(Facts(status=status, **dates)) == kinds.Verdict(standing, reason)


def test_a_special_school_is_one_by_its_type() -> None:
    assert kinds.special(of_type(36, "Free schools special", 11)) == kinds.Verdict(
        True, "type 36, Free schools special"
    )
    assert not kinds.special(Facts()).value


def test_the_trust_is_the_registers() -> None:
    assert kinds.trust(Facts()) == kinds.Verdict("", "the register names no trust")
    assert kinds.trust(Facts(trust_code="2044", trust_name="Northvale Trust")) == kinds.Verdict(
        "Northvale Trust", "trust 2044"
    )


def test_the_region_is_the_authoritys() -> None:
    authority = LocalAuthority(code="815", name="North Yorkshire", region="Yorkshire and the Humber")
    assert kinds.region(authority) == kinds.Verdict("Yorkshire and the Humber", "authority 815, North Yorkshire")


# --- The same rules for lists -----------------------------------------------------------------------

AUTHORITIES = ("001", "202", "659", "660", "681", "699", "700", "999")
AGES = st.one_of(st.none(), st.integers(0, 25))
FACTS = st.builds(
    Facts,
    authority_id=st.sampled_from(AUTHORITIES),
    type_code=st.integers(1, 60),
    type_group_code=st.one_of(st.none(), st.integers(1, 13)),
    phase=st.sampled_from([*kinds.PHASES_BY_NAME, "Not applicable", ""]),
    low_age=AGES,
    high_age=AGES,
).filter(lambda facts: facts.low_age is None or facts.high_age is None or facts.low_age <= facts.high_age)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.lists(FACTS, min_size=1, max_size=12))
def test_lists_are_filtered_by_the_same_rules(all_authorities: None, facts: list[Facts]) -> None:
    with transaction.atomic():
        schools = [School(urn=urn, name="School", **dataclasses.asdict(one)) for urn, one in enumerate(facts, start=1)]
        School.objects.bulk_create(schools)
        assert set(School.objects.state_funded()) == {one for one in schools if kinds.state_funded(one).value}
        assert set(School.objects.special()) == {one for one in schools if kinds.special(one).value}
        for phase in Phase:
            assert set(School.objects.serving(phase)) == {one for one in schools if phase in kinds.phases(one).value}
        transaction.set_rollback(True)


@pytest.fixture
def all_authorities(db: None) -> None:
    """Authorities on both sides of the border."""
    LocalAuthority.objects.bulk_create(LocalAuthority(code=code, name=code) for code in AUTHORITIES)


@pytest.mark.django_db
def test_a_list_is_asked_for_by_the_phases_name() -> None:
    school = make_school()
    assert list(School.objects.serving("primary")) == [school]
    assert not School.objects.serving("secondary").exists()
    with pytest.raises(ValueError, match="infant"):
        School.objects.serving("infant")
