from __future__ import annotations

import datetime as dt

import pytest
from django.template.loader import render_to_string
from pytest_django import DjangoAssertNumQueries

from hubs import tenancy
from hubs.models import Hub, HubArea, User
from schools import ancestry
from schools.line import MOST, line_of
from schools.models import School, Succession
from tests.factories import make_school, membership_of
from tests.schools.families import CLOSED, link, school

pytestmark = pytest.mark.django_db


def test_the_line_tells_what_a_school_was_and_became_oldest_first() -> None:
    make_school("Ash Lane Infant School", urn=1, status=CLOSED, closed_on=dt.date(2014, 8, 31))
    make_school("Ash Lane Junior School", urn=2, status=CLOSED)
    make_school("Ash Lane Primary School", urn=3, status=CLOSED)
    academy = make_school("Ash Lane Academy", urn=4, opened_on=dt.date(2019, 4, 1))
    link(3, "Predecessor - merged", 1, "2014-09-01")
    link(3, "Predecessor - merged", 2, "2014-09-01")
    link(4, "Predecessor", 3, None)
    ancestry.rebuild()
    line = line_of(academy, hub=None)
    assert [step.sentence for step in line.steps] == [
        "Ash Lane Infant School (URN 1) merged into Ash Lane Primary School (URN 3) on 1 September 2014.",
        "Ash Lane Junior School (URN 2) merged into Ash Lane Primary School (URN 3) on 1 September 2014.",
        "Ash Lane Primary School (URN 3) became Ash Lane Academy (URN 4), the register gives no date.",
    ]
    assert [relative.urn for relative in line.relatives] == [1, 2, 3, 4]
    assert line.relatives[0].dates == "Closed, to 31 August 2014"
    assert line.relatives[3].dates == "Open, from 1 April 2019"
    assert [relative.is_subject for relative in line.relatives] == [False, False, False, True]


def test_every_school_of_a_line_shows_the_same_line() -> None:
    schools = [school(urn, CLOSED) for urn in (1, 2, 3)]
    link(1, "Successor", 3)
    link(2, "Successor", 3)
    ancestry.rebuild()
    assert len({tuple(step.sentence for step in line_of(one, hub=None).steps) for one in schools}) == 1


def test_what_is_still_to_come_is_told_so() -> None:
    one = school(1, School.Status.CLOSING)
    school(2)
    link(1, "Successor - merged", 2, "2027-09-01")
    ancestry.rebuild()
    assert line_of(one, hub=None).steps[0].sentence == (
        "School 1 (URN 1) is to merge into School 2 (URN 2) on 1 September 2027."
    )


def test_a_school_that_was_always_itself_has_no_line_to_tell() -> None:
    line = line_of(school(1), hub=None)
    assert not line
    assert [relative.urn for relative in line.relatives] == [1]


def test_what_does_not_count_is_not_told() -> None:
    one = school(1)
    school(2, CLOSED)
    link(1, "Result of Amalgamation", 2)
    ancestry.rebuild()
    assert Succession.objects.exists()
    assert not line_of(one, hub=None)


def test_what_may_count_is_told_apart_with_its_doubt() -> None:
    one = school(1)
    school(2, CLOSED)
    link(1, "Result of Amalgamation", 2)
    ancestry.rebuild()
    (step,) = line_of(one, hub=None).possible
    assert step.sentence == "School 2 (URN 2) may have gone on as School 1 (URN 1)."
    assert step.doubts == ("The register does not say which came first",)
    assert (step.decided, step.has_evidence) == ("", False)


def test_the_line_says_what_is_in_doubt_and_what_was_decided(lead: User, hub: Hub, now: dt.datetime) -> None:
    for urn in (1, 2, 3, 4):
        school(urn, CLOSED if urn == 1 else School.Status.OPEN)
    HubArea.objects.create(hub=hub, authority=School.objects.get(pk=1).authority)
    for urn in (2, 3, 4):
        link(1, "Successor", urn)
    actor = membership_of(lead, hub)
    for urn, same_school in ((3, True), (4, True), (4, False)):
        with tenancy.use(hub):
            ancestry.rule(
                predecessor=1, successor=urn, same_school=same_school, reason="She says so.", actor=actor, now=now
            )
    line = line_of(School.objects.get(pk=1), hub=hub)
    assert [(step.successor.urn, step.doubts, step.decided) for step in line.steps] == [
        (2, ("The school has more than one successor",), ""),
        (3, (), "Northvale Maths Hub decided on 21 November 2026: the same school."),
    ]
    assert [(step.sentence, step.decided) for step in line.possible] == [
        (
            "School 1 (URN 1) did not go on as School 4 (URN 4).",
            "Northvale Maths Hub decided on 21 November 2026: not the same school.",
        )
    ]
    assert all(step.has_evidence for step in [*line.steps, *line.possible])


def test_evidence_is_for_the_hub_of_the_area(other_hub: Hub) -> None:
    one = school(1, CLOSED)
    school(2)
    link(1, "Successor", 2)
    ancestry.rebuild()
    assert not line_of(one, hub=other_hub).steps[0].has_evidence


def test_a_school_that_the_register_lacks_is_named_by_its_urn() -> None:
    one = school(1)
    link(1, "Predecessor", 77)
    ancestry.rebuild()
    assert line_of(one, hub=None).steps[0].sentence.startswith("A school that is not in the register (URN 77) became ")


def test_a_circle_is_told_and_drawn() -> None:
    one = school(1)
    school(2)
    link(1, "Successor", 2)
    link(2, "Successor", 1)
    ancestry.rebuild()
    line = line_of(one, hub=None)
    assert len(line.steps) == 2
    assert [edge.is_backwards for edge in line.picture.edges].count(True) == 1


def test_what_another_hub_added_is_left_out(hub: Hub, other_hub: Hub, now: dt.datetime) -> None:
    make_school("Brook", urn=School.FIRST_ADDED, status=CLOSED, added_by=other_hub, added_at=now)
    found = school(2)
    link(2, "Predecessor", School.FIRST_ADDED)
    ancestry.rebuild()
    assert not line_of(found, hub=hub)
    line = line_of(found, hub=other_hub)
    assert line.steps[0].sentence.startswith("Brook (not in the register yet) became School 2 (URN 2)")
    assert str(School.FIRST_ADDED) not in render_to_string("schools/family_tree.html", {"line": line})


def test_a_line_takes_three_queries_however_long(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    schools = [school(urn, CLOSED) for urn in range(1, 12)]
    for urn in range(1, 11):
        link(urn, "Successor", 11)
    ancestry.rebuild()
    with django_assert_num_queries(3):
        assert len(line_of(schools[0], hub=None).steps) == 10


def test_an_endless_line_is_cut_and_says_so() -> None:
    first = school(1)
    for urn in range(1, MOST + 10):
        link(urn, "Successor", urn + 1)
    ancestry.rebuild()
    line = line_of(first, hub=None)
    assert line.is_cut
    assert len(line.relatives) == MOST
    assert "There are more" in render_to_string("schools/family_tree.html", {"line": line})


def test_the_page_has_the_picture_with_a_title_and_the_words(now: dt.datetime) -> None:
    one = make_school("St Anne's & St John's <School>", urn=1, status=CLOSED)
    school(2)
    link(1, "Successor", 2)
    ancestry.rebuild()
    html = render_to_string("schools/family_tree.html", {"line": line_of(one, hub=None)})
    assert 'role="img"' in html and "<title" in html and "<desc" in html
    assert "St Anne&#x27;s &amp; St John&#x27;s &lt;School&gt; (URN 1) became School 2 (URN 2)" in html
    assert "style=" not in html and "<script" not in html
