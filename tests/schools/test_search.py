from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from hubs.models import Hub, HubArea, LocalAuthority
from schools.models import School
from schools.search import choices_for, find, hint_of, learn_words
from tests.factories import make_school

pytestmark = pytest.mark.django_db

MARY = "St Mary's CofE Primary School"


@pytest.fixture
def map_of_schools(db: None) -> None:
    """Schools that are easily taken for each other."""
    make_school(MARY, urn=900_001, town="Severnport", postcode="SV1 4AA")
    make_school(MARY, urn=900_002, town="Ellerbridge", postcode="NV3 9GR")
    make_school("Saint Mary Magdalene Catholic School", urn=900_003, town="Wealdhaven", postcode="WQ1 2CD")
    make_school("Noël Street Academy", urn=900_004, town="Kelderham", postcode="NV20 3HJ")
    make_school("SS Peter & Paul RC Junior School", urn=900_005, town="Severnport", postcode="SV1 4AB")
    make_school("Ousemoor First School", urn=900_006, locality="Little Backley", town="Kelderham", postcode="NV20 1AA")
    make_school("Bridgeway Infant School", urn=900_007, town="Tidemarsh", postcode="SV11 4YJ")
    make_school("St Mary's Old School", urn=900_008, town="Severnport", status=School.Status.CLOSED)
    learn_words()


@pytest.mark.parametrize(
    ("text", "urns"),
    [
        ("st marys severnport", [900_001]),
        ("St. Mary's, Severnport", [900_001]),
        ("severnport st mary", [900_001]),
        ("Saint Mary", [900_003, 900_002, 900_001]),
        ("sai mary", [900_003, 900_002, 900_001]),
        ("st mary c of e", [900_002, 900_001]),
        ("st mary church", [900_002, 900_001]),
        ("st mary c.e. sever", [900_001]),
        ("peter and paul", [900_005]),
        ("peter & paul roman catholic", [900_005]),
        ("noel street", [900_004]),
        ("NOËL", [900_004]),
        ("backley", [900_006]),
        ("sv1", [900_001, 900_005, 900_007]),
        ("sv14a", [900_001, 900_005]),
        ("SV1 4AB", [900_005]),
        ("sv14ab", [900_005]),
        ("900004", [900_004]),
        ("brigeway", [900_007]),
        ("severnprot st mary", [900_001]),
        ("kelderam ousemore", [900_006]),
        ("st marys nowhere-at-all-qq", []),
        ("900009", []),
        ("xqzzyq", []),
        ("st", []),
        ("", []),
    ],
)
def test_a_school_is_found_by_what_people_type(map_of_schools: None, text: str, urns: list[int]) -> None:
    assert sorted(school.urn for school in find(text, near=None)) == sorted(urns)


def test_the_best_come_first(map_of_schools: None) -> None:
    assert [school.urn for school in find("st mary", near=None)] == [900_003, 900_002, 900_001]
    make_school("Church of St Mary School", urn=900_010)
    make_school("Mary Street Academy", urn=900_011)
    assert [school.urn for school in find("st mary", near=None)] == [900_003, 900_002, 900_001, 900_010, 900_011]
    # SV11 4YJ begins with both words as well.
    assert [school.urn for school in find("sv1 4", near=None)] == [900_005, 900_001, 900_007]


def test_schools_of_the_hub_s_area_come_first(map_of_schools: None, hub: Hub) -> None:
    tidemarsh = LocalAuthority.objects.create(code="006", name="Tidemarsh")
    HubArea.objects.create(hub=hub, authority=tidemarsh)
    make_school("The Old St Mary School", urn=900_011, authority=tidemarsh)

    assert [school.urn for school in find("st mary", near=hub)] == [900_011, 900_003, 900_002, 900_001]


def test_another_hub_s_area_is_not_near(map_of_schools: None, hub: Hub, other_hub: Hub) -> None:
    HubArea.objects.create(hub=other_hub, authority=LocalAuthority.objects.get(code="001"))

    assert [school.urn for school in find("st mary", near=hub)] == [900_003, 900_002, 900_001]


def test_no_more_than_the_limit(map_of_schools: None) -> None:
    assert len(find("school", near=None, limit=2)) == 2


@pytest.mark.parametrize("text", ["st mary", "brigeway", "xqzzyq"])
def test_a_search_is_one_query(
    map_of_schools: None, hub: Hub, text: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        choices_for(text, hub)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.text(max_size=200) | st.text("%_\\'\"\x00 abc🙂", max_size=40))
def test_no_text_is_an_error(map_of_schools: None, text: str) -> None:
    find(text, near=None)


def test_five_megabytes_are_no_error(map_of_schools: None) -> None:
    assert find("st mary " + "x" * 5_000_000, near=None) == []


def test_a_choice_says_phase_and_authority() -> None:
    make_school("Ash Lane School", urn=900_001, town="Ellerbridge", postcode="NV3 1AB")

    [choice] = choices_for("ash lane", None)
    assert (choice.urn, choice.label, choice.hint) == (
        900_001,
        "Ash Lane School, Ellerbridge, NV3 1AB",
        "Primary · Northvale",
    )


def test_without_a_phase_the_kind_of_school_is_the_hint() -> None:
    school = make_school(phase="Not applicable", type_name="Community special school")
    assert hint_of(school) == "Community special school · Northvale"
