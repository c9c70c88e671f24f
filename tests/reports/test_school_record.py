from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from hubs import tenancy, timeline
from hubs.models import Hub
from hubs.summary import SummaryRow
from programmes.models import State
from reports import school_record
from schools.models import RegisterImport, School
from tests import factories

pytestmark = pytest.mark.django_db


def facts(school: School, *, in_area: bool = True) -> dict[str, SummaryRow]:
    return {row.key: row for row in school_record.facts(school, in_area=in_area)}


def test_every_fact_of_the_register_is_told_with_its_reason() -> None:
    school = factories.make_school(
        urn=136_468,
        establishment_number="3456",
        type_code=34,
        type_name="Academy converter",
        type_group_code=10,
        trust_code="5",
        trust_name="Birch Trust",
        pupils=1412,
        percent_fsm=Decimal("38.4"),
        street="1 Ash Lane",
        county="Northshire",
        telephone="01632 960 001",
        website="www.ashlane.example",
        opened_on=dt.date(2019, 9, 1),
        opened_why="Academy Converter",
        head_title="Ms",
        head_first_name="Hana",
        head_last_name="Head",
        head_job_title="Principal",
    )

    told = facts(school)

    assert told["URN"].value == "136468"
    assert told["LAESTAB"].value == "001/3456"
    assert told["Local authority"].value.endswith("(in your area)")
    assert told["Ages"].value == "3 to 11"
    assert told["Phase served"].value == "Nursery, primary"
    assert told["Kind of school"].value == "Primary"
    assert told["State-funded"].value == "Yes (academy: type 34, Academy converter)"
    assert told["Trust"].value == "Birch Trust"
    assert told["Pupils"].value == "1,412"
    assert told["Free school meals"].value == "38.4% of pupils"
    assert told["Address"].lines == ["1 Ash Lane", "Ashby Marsh", "Northshire", "NV1 2AB"]
    assert told["Telephone"].value == "01632 960 001"
    assert (told["Website"].value, told["Website"].link) == ("www.ashlane.example", "http://www.ashlane.example")
    assert told["Headteacher, says the register"].value == "Ms Hana Head, Principal"
    assert told["Opened"].value == "1 September 2019 (Academy Converter)"
    assert "Closed" not in told


def test_a_school_that_is_proposed_to_open_opens() -> None:
    told = facts(factories.make_school(status=School.Status.PROPOSED, opened_on=dt.date(2027, 9, 1)))

    assert told["Opens"].value == "1 September 2027"
    assert "Opened" not in told


def test_of_a_school_that_a_hub_added_the_register_says_nothing(hub: Hub, now: dt.datetime) -> None:
    told = facts(factories.make_school(urn=School.FIRST_ADDED + 1, added_by=hub, added_at=now))

    assert "Headteacher, says the register" not in told


def test_what_is_not_known_is_left_empty_and_nothing_is_made_up() -> None:
    school = factories.make_school(
        type_code=11, type_group_code=3, phase="", low_age=None, high_age=None, town="", postcode=""
    )

    told = facts(school, in_area=False)

    for key in ("LAESTAB", "Ages", "Phase served", "Pupils", "Free school meals", "Telephone", "Website", "Opened"):
        assert told[key].value == "", key
    assert told["Website"].link == ""
    assert told["Address"].lines == []
    assert told["Trust"].value == "None"
    assert told["Kind of school"].value == "Not known (the register gives neither ages nor a phase)"
    assert told["State-funded"].value == "No (independent: type 11)"
    assert told["Local authority"].value.endswith("(outside your area)")


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("https://ash.example/home", "https://ash.example/home"),
        ("HTTP://ash.example", "HTTP://ash.example"),
        ("ash.example", "http://ash.example"),
        ("javascript:alert(1)", "http://javascript:alert(1)"),
    ],
)
def test_a_website_is_only_ever_a_web_address(typed: str, link: str) -> None:
    assert facts(factories.make_school(website=typed))["Website"].link == link


@pytest.mark.parametrize(
    ("fields", "key", "value"),
    [
        ({"status": 2, "closed_on": dt.date(2026, 8, 31), "closed_why": "Merged"}, "Closed", "31 August 2026 (Merged)"),
        ({"status": 2}, "Closed", "The register gives no date"),
        ({"status": 2, "closed_why": "Not applicable"}, "Closed", "The register gives no date"),
        ({"status": 3, "closed_on": dt.date(2027, 8, 31)}, "Closes", "31 August 2027"),
    ],
)
def test_when_and_why_a_school_closed_or_closes_is_told(fields: dict[str, Any], key: str, value: str) -> None:
    assert facts(factories.make_school(**fields))[key].value == value


def test_an_open_school_has_no_reason_for_closing() -> None:
    told = facts(factories.make_school(closed_why="Not applicable", opened_why="Not applicable"))

    assert "Closes" not in told
    assert told["Opened"].value == ""


def test_the_urn_of_a_school_that_the_hub_has_added_is_not_shown(hub: Hub, now: dt.datetime) -> None:
    added = factories.make_school("New", urn=900_000_001, added_by=hub, added_at=now)

    assert "900000001" not in facts(added)["URN"].value


def test_what_was_sent_and_done_under_these_urns_is_told_newest_first(
    hub: Hub, other_hub: Hub, now: dt.datetime
) -> None:
    ash, birch, other = (factories.make_school(name) for name in ("Ash", "Birch", "Other"))
    window, elsewhere = factories.make_window(hub), factories.make_window(other_hub)
    first = factories.make_expression(window, ash, state=State.DECLINED, submitted_at=now - dt.timedelta(days=9))
    second = factories.make_expression(window, birch, submitted_at=now)
    factories.make_draft(window, birch)
    factories.make_expression(window, other)
    factories.make_expression(elsewhere, ash)
    with tenancy.use(other_hub):
        timeline.record(subject=ash, actor="Stan", now=now, text="Elsewhere.")

    with tenancy.use(hub):
        for school, text in ((ash, "First."), (birch, "Second."), (other, "Other.")):
            timeline.record(subject=school, actor="Ada", now=now, text=text)
        urns = [ash.pk, birch.pk]
        assert list(school_record.expressions_of(urns)) == [second, first]
        assert [entry.text for entry in school_record.entries_of(urns)] == ["Second.", "First."]


def test_the_register_is_as_of_the_latest_file_that_was_applied(now: dt.datetime) -> None:
    assert school_record.register_as_of() == ""
    for days, outcome, reason in ((2, "applied", ""), (1, "refused", "Too old.")):
        moment = now - dt.timedelta(days=days)
        RegisterImport.objects.create(
            outcome=outcome, file_name="x", as_of=moment.date(), actor_name="Nightly", started_at=moment,
            finished_at=moment, reason=reason,
        )  # fmt: skip

    assert school_record.register_as_of() == "19 November 2026"
