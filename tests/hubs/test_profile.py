from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import DataError

from hubs import profile, tenancy, timeline
from hubs.models import Hub, LocalAuthority, Membership, User
from hubs.permissions import NotAllowed
from tests.factories import membership_of

UNCHANGED = profile.Profile(
    name="Northvale Maths Hub",
    contact_email="hello@northvale.example",
    contact_phone="",
    reply_to="hello@northvale.example",
    privacy_role="processor",
    privacy_contact_email="privacy@northvale.example",
)


@pytest.fixture
def actor(hub: Hub, administrator: User) -> Membership:
    return membership_of(administrator, hub)


@pytest.fixture
def authorities(db: None) -> list[LocalAuthority]:
    return [
        LocalAuthority.objects.create(code=code, name=name, region="North")
        for code, name in (("901", "Ashford Vale"), ("902", "Brackenshire"), ("903", "Crale"))
    ]


def entries(hub: Hub) -> list[str]:
    with tenancy.use(hub):
        return [entry.text for entry in timeline.entries_of(hub)]


def change(actor: Membership, now: dt.datetime, **changes: str) -> Hub:
    with tenancy.use(actor.hub):
        return profile.change_profile(profile=replace(UNCHANGED, **changes), actor=actor, now=now)


def areas(actor: Membership, now: dt.datetime, *codes: str) -> Hub:
    with tenancy.use(actor.hub):
        return profile.change_areas(codes=codes, actor=actor, now=now)


def lead_from(actor: Membership, now: dt.datetime, name: str, day: dt.date) -> None:
    with tenancy.use(actor.hub):
        profile.begin_lead_school(name=name, urn=None, starts_on=day, actor=actor, now=now)


def test_a_change_says_what_was_and_what_is(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    change(actor, now, contact_email="office@northvale.example", contact_phone="01632 960123")
    hub.refresh_from_db()
    assert (hub.contact_email, hub.contact_phone) == ("office@northvale.example", "01632 960123")
    [entry] = entries(hub)
    assert entry.splitlines() == [
        "Changed the contact e-mail address from hello@northvale.example to office@northvale.example.",
        "Changed the telephone number from none to 01632 960123.",
    ]


def test_the_same_details_again_change_nothing(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    change(actor, now)
    assert entries(hub) == []


@pytest.mark.parametrize(
    "changes", [{"privacy_role": "controller"}, {"privacy_contact_email": "dpo@northvale.example"}]
)
def test_a_change_to_privacy_makes_a_new_version_of_the_notice(
    hub: Hub, actor: Membership, now: dt.datetime, changes: dict[str, str]
) -> None:
    change(actor, now, **changes)
    hub.refresh_from_db()
    assert hub.privacy_version == 2
    assert entries(hub)[0].endswith("The privacy notice is now version 2.")


def test_other_changes_leave_the_version_of_the_notice(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    change(actor, now, name="Northvale and Dale Maths Hub")
    hub.refresh_from_db()
    assert (hub.name, hub.privacy_version) == ("Northvale and Dale Maths Hub", 1)


def test_a_name_that_another_hub_has_is_refused(hub: Hub, other_hub: Hub, actor: Membership, now: dt.datetime) -> None:
    with pytest.raises(profile.NameTaken):
        change(actor, now, name="severnmoor maths hub")
    assert entries(hub) == []


def test_a_hub_may_write_its_own_name_with_other_capitals(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    change(actor, now, name="NORTHVALE Maths Hub")
    hub.refresh_from_db()
    assert hub.name == "NORTHVALE Maths Hub"


def test_only_a_name_that_is_taken_is_called_so(actor: Membership, now: dt.datetime) -> None:
    with pytest.raises(DataError):
        change(actor, now, name="N" * 121)


def test_a_new_colour_is_kept_and_noted_once(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    for _ in range(2):
        with tenancy.use(hub):
            profile.change_colour(colour="#7a1f3d", actor=actor, now=now)
    hub.refresh_from_db()
    assert hub.colour == "#7a1f3d"
    assert entries(hub) == ["Changed the colour from #00625e to #7a1f3d."]


def test_a_colour_on_which_white_cannot_be_read_is_refused(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(hub), pytest.raises(profile.UnreadableColour):
        profile.change_colour(colour="#ffcc00", actor=actor, now=now)
    hub.refresh_from_db()
    assert hub.colour == "#00625e"


def test_the_area_becomes_exactly_what_was_chosen(
    hub: Hub, actor: Membership, now: dt.datetime, authorities: list[LocalAuthority]
) -> None:
    areas(actor, now, "902", "901")
    areas(actor, now, "901", "903")
    assert list(hub.areas.values_list("code", flat=True)) == ["901", "903"]
    assert entries(hub) == [
        "Added to the area: Crale.\nTaken out of the area: Brackenshire.",
        "Added to the area: Ashford Vale, Brackenshire.",
    ]


def test_the_same_area_again_changes_nothing(
    hub: Hub, actor: Membership, now: dt.datetime, authorities: list[LocalAuthority]
) -> None:
    areas(actor, now, "901")
    areas(actor, now, "901")
    assert len(entries(hub)) == 1


def test_an_authority_that_there_is_not_is_refused(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    with pytest.raises(LocalAuthority.DoesNotExist):
        areas(actor, now, "999")


def test_the_lead_school_before_leads_until_the_day_before(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    lead_from(actor, now, "Ash Lane School", dt.date(2024, 9, 1))
    lead_from(actor, now, "Birch Trust", dt.date(2026, 9, 1))
    assert list(hub.lead_schools.values_list("name", "starts_on", "ends_on")) == [
        ("Birch Trust", dt.date(2026, 9, 1), None),
        ("Ash Lane School", dt.date(2024, 9, 1), dt.date(2026, 8, 31)),
    ]
    assert entries(hub)[0] == "Entered Birch Trust as lead school from 1 September 2026."


@pytest.mark.parametrize("day", [dt.date(2024, 9, 1), dt.date(2023, 1, 1)])
def test_a_lead_school_cannot_begin_before_the_present_one_did(
    hub: Hub, actor: Membership, now: dt.datetime, day: dt.date
) -> None:
    lead_from(actor, now, "Ash Lane School", dt.date(2024, 9, 1))
    with pytest.raises(profile.LeadSchoolTooEarly, match="Enter a day after 1 September 2024: Ash Lane School"):
        lead_from(actor, now, "Birch Trust", day)
    assert hub.lead_schools.count() == 1


def test_a_lead_school_that_has_not_begun_can_be_put_right(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    lead_from(actor, now, "Ash Lane School", dt.date(2024, 9, 1))
    lead_from(actor, now, "Brich Trust", dt.date(2028, 9, 1))
    lead_from(actor, now, "Birch Trust", dt.date(2027, 9, 1))
    lead_from(actor, now, "Birch Trust", dt.date(2028, 1, 1))
    assert list(hub.lead_schools.values_list("name", "starts_on", "ends_on")) == [
        ("Birch Trust", dt.date(2028, 1, 1), None),
        ("Ash Lane School", dt.date(2024, 9, 1), dt.date(2027, 12, 31)),
    ]
    assert entries(hub)[:2] == [
        "Entered Birch Trust as lead school from 1 January 2028, in place of Birch Trust from 1 September 2027.",
        "Entered Birch Trust as lead school from 1 September 2027, in place of Brich Trust from 1 September 2028.",
    ]


def test_a_lead_school_planned_for_today_has_begun(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    lead_from(actor, now, "Ash Lane School", dt.date(2026, 11, 21))
    lead_from(actor, now, "Birch Trust", dt.date(2026, 11, 22))
    assert list(hub.lead_schools.values_list("name", "ends_on")) == [
        ("Birch Trust", None),
        ("Ash Lane School", dt.date(2026, 11, 21)),
    ]


def test_the_only_lead_school_can_be_put_right_before_it_begins(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    lead_from(actor, now, "Ash Lane School", dt.date(2028, 9, 1))
    lead_from(actor, now, "Ash Lane School", dt.date(2020, 9, 1))
    assert list(hub.lead_schools.values_list("starts_on", "ends_on")) == [(dt.date(2020, 9, 1), None)]


def test_a_lead_school_begins_at_most_two_years_ahead(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    with pytest.raises(profile.LeadSchoolTooLate, match="Enter a day up to 20 November 2028"):
        lead_from(actor, now, "Ash Lane School", dt.date(2028, 11, 21))
    assert not hub.lead_schools.exists()
    lead_from(actor, now, "Ash Lane School", dt.date(2028, 11, 20))
    assert hub.lead_schools.count() == 1


def test_the_same_lead_school_sent_twice_is_one(hub: Hub, actor: Membership, now: dt.datetime) -> None:
    lead_from(actor, now, "Ash Lane School", dt.date(2024, 9, 1))
    lead_from(actor, now, "Ash Lane School", dt.date(2024, 9, 1))
    assert hub.lead_schools.count() == 1
    assert len(entries(hub)) == 1


def test_a_lead_cannot_change_the_hub(hub: Hub, lead: User, now: dt.datetime) -> None:
    actor = membership_of(lead, hub)
    day = dt.date(2026, 9, 1)
    with tenancy.use(hub):
        for refused in (
            lambda: profile.change_profile(profile=replace(UNCHANGED, name="Mine"), actor=actor, now=now),
            lambda: profile.change_colour(colour="#000000", actor=actor, now=now),
            lambda: profile.change_areas(codes=[], actor=actor, now=now),
            lambda: profile.begin_lead_school(name="Mine", urn=None, starts_on=day, actor=actor, now=now),
        ):
            with pytest.raises(NotAllowed, match="cannot change the hub's details"):
                refused()
    assert entries(hub) == []
