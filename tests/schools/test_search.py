from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from hubs.models import Hub, HubArea, LocalAuthority
from schools import search
from schools.models import CurrentSchool, School, SearchEntry
from schools.search import choices_for, find, hint_of, refresh, usable_school
from schools.time_limit import TookTooLong
from schools.wording import fold
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
    refresh()


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
        ("sv14a", [900_001, 900_005]),
        ("SV1 4AB", [900_005]),
        ("sv1", [900_001, 900_005, 900_007]),
        ("Severnport SV1 4AA", [900_001]),
        ("Kelderham", [900_004, 900_006]),
        ("\u200f\u05d1\u05d9\u05ea \u05e1\u05e4\u05e8 ousemoor", [900_006]),
        ("ousemoor 🙂", [900_006]),
        ("\u05d1\u05d9\u05ea \u05e1\u05e4\u05e8", []),
        ("🙂🙂🙂", []),
        ("Ousemor frist schol", [900_006]),
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
    # SV11 4YJ begins with both words as well, as long as the postcode is not whole.
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


# A savepoint and its release, the limit of time and its end.
FRAME = 4


@pytest.mark.parametrize(("text", "queries"), [("st mary", 2), ("xqzzyq", 3), ("brigeway", 5)])
def test_a_search_takes_few_queries(
    map_of_schools: None, hub: Hub, text: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(FRAME + queries):
        choices_for(text, hub)


def test_a_search_gives_up_before_it_keeps_the_database_from_others(
    map_of_schools: None, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(words: list[str]) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        return words

    monkeypatch.setattr(search, "likely", sleep)
    monkeypatch.setattr(search, "MOST_MILLISECONDS", 50)

    with pytest.raises(TookTooLong):
        find("xqzzyq", near=hub)
    assert find("ousemoor", near=hub)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.text(max_size=200) | st.text("%_\\'\"\x00 abc🙂", max_size=40))
def test_no_text_is_an_error(map_of_schools: None, text: str) -> None:
    find(text, near=None)


def test_five_megabytes_are_no_error(map_of_schools: None) -> None:
    assert find("st mary " + "x" * 5_000_000, near=None) == []


def become(former: School, *current: School) -> None:
    """Let a closed school be others today, and the search know."""
    CurrentSchool.objects.bulk_create(CurrentSchool(former=former, current=school) for school in current)
    refresh()


@pytest.fixture
def converted(db: None) -> School:
    """Elm Academy, which was Ash Lane School in another place."""
    closed = make_school(
        "Ash Lane School", urn=800_123, town="Kirkholme", postcode="KH2 1AA", status=School.Status.CLOSED
    )
    academy = make_school("Elm Academy", urn=900_020, town="Ellerbridge", postcode="NV3 1AB")
    become(closed, academy)
    return academy


@pytest.mark.parametrize(
    "text", ["ash lane", "Kirkholme", "KH2 1AA", "800123", "ash lane kirkholme", "ash lane kirkhlme"]
)
def test_a_closed_school_s_old_name_leads_to_today_s(converted: School, text: str) -> None:
    [choice] = choices_for(text, None)

    assert (choice.urn, choice.label) == (900_020, "Elm Academy, Ellerbridge, NV3 1AB")
    assert choice.hint == "Primary · Northvale · formerly Ash Lane School, URN 800123"


@pytest.mark.parametrize("text", ["elm academy", "NV3 1AB", "900020"])
def test_a_school_found_by_its_present_name_says_nothing_of_former_ones(converted: School, text: str) -> None:
    assert [choice.hint for choice in choices_for(text, None)] == ["Primary · Northvale"]


def test_words_of_the_old_and_of_the_new_name_are_not_mixed(converted: School) -> None:
    assert choices_for("ash academy", None) == []


def test_where_only_the_urn_has_changed_the_hint_says_that_alone(db: None) -> None:
    closed = make_school("Ash Lane School", urn=800_123, status=School.Status.CLOSED)
    become(closed, make_school("Ash Lane School", urn=900_020))

    assert [choice.hint for choice in choices_for("ash lane", None)] == ["Primary · Northvale"]
    assert [choice.hint for choice in choices_for("800123", None)] == ["Primary · Northvale · formerly URN 800123"]


def test_a_closed_school_that_is_nothing_today_is_not_offered(map_of_schools: None) -> None:
    assert choices_for("900008", None) == []
    assert choices_for("St Mary's Old School", None) == []


def test_a_school_of_several_former_ones_is_shown_once_and_a_split_one_as_each(db: None) -> None:
    infants = make_school("Ash Lane Infant School", urn=800_001, status=School.Status.CLOSED)
    juniors = make_school("Ash Lane Junior School", urn=800_002, status=School.Status.CLOSED)
    both = make_school("Elm Academy", urn=900_001)
    become(infants, both)
    become(juniors, both, make_school("Oak Academy", urn=900_002))

    assert [(choice.urn, choice.hint.rpartition(", ")[2]) for choice in choices_for("ash lane", None)] == [
        (900_001, "URN 800001"),
        (900_002, "URN 800002"),
    ]


@pytest.mark.parametrize("words", ["ash lane", "primary school"])
def test_a_present_name_comes_before_a_former_one_of_the_same_rank(db: None, words: str) -> None:
    former = make_school(f"{words.title()} Academy", urn=800_001, status=School.Status.CLOSED)
    become(former, make_school("Elm Academy", urn=900_001))
    make_school(f"{words.title()} Schools", urn=900_002)
    make_school(f"The {words.title()}", urn=900_003)

    assert [school.urn for school in find(words, near=None)] == [900_002, 900_001, 900_003]


@pytest.mark.parametrize("text", ["school primary", "the school", "st school"])
def test_common_words_are_ranked_as_rare_ones_are(db: None, hub: Hub, text: str) -> None:
    near = LocalAuthority.objects.create(code="009", name="Hythebourne")
    HubArea.objects.create(hub=hub, authority=near)
    first, second = text.title().split()
    make_school(f"Zoe's {second} {first}", urn=900_001, authority=near)
    make_school(f"{first} {second} of Ashby", urn=900_002)
    make_school(f"Aldham {first} {second}", urn=900_003)
    make_school(f"{second} {first} of Aldham", urn=900_004)
    make_school(f"Abbey {second} for {first}", urn=900_005)
    closed = make_school(f"{first} {second} of Bexhill", urn=800_001, status=School.Status.CLOSED)
    become(closed, make_school("Elm Academy", urn=900_006))

    assert [school.urn for school in find(text, near=hub)] == [900_001, 900_002, 900_006, 900_003, 900_005, 900_004]
    assert [school.urn for school in find(text, near=None)][:4] == [900_002, 900_006, 900_003, 900_005]


def test_a_school_that_a_hub_added_is_found_by_that_hub_alone(hub: Hub, other_hub: Hub, now: dt.datetime) -> None:
    make_school("Ash Lane Free School", urn=School.FIRST_ADDED + 1, added_by=hub, added_at=now)

    assert [school.name for school in find("ash lane", near=hub)] == ["Ash Lane Free School"]
    assert find("ash lane", near=other_hub) == []
    assert find("ash lane", near=None) == []
    assert find(str(School.FIRST_ADDED + 1), near=hub) == []


def test_what_a_hub_called_a_school_before_the_register_knew_it_is_its_own(
    hub: Hub, other_hub: Hub, now: dt.datetime
) -> None:
    added = make_school(
        "Ash Lane Free School",
        urn=School.FIRST_ADDED + 1,
        added_by=hub,
        added_at=now,
        status=School.Status.CLOSED,
    )
    become(added, make_school("Elm Academy", urn=900_020))

    assert [choice.hint for choice in choices_for("ash lane", hub)] == [
        "Primary · Northvale · formerly Ash Lane Free School"
    ]
    assert choices_for("ash lane", other_hub) == []


def test_a_urn_is_that_school_or_the_one_it_is_today(converted: School, hub: Hub, now: dt.datetime) -> None:
    added = make_school(urn=School.FIRST_ADDED + 1, added_by=hub, added_at=now)
    gone = make_school(urn=800_200, status=School.Status.CLOSED)
    split = make_school(urn=800_300, status=School.Status.CLOSED)
    become(split, converted, make_school(urn=900_301))

    assert usable_school(900_020, None) == converted
    assert usable_school(800_123, None) == converted
    assert usable_school(gone.urn, hub) is None
    assert usable_school(split.urn, hub) is None
    assert usable_school(added.urn, hub) == added
    assert usable_school(added.urn, None) is None


def rows() -> set[tuple[str, str]]:
    """Versions of all rows the search reads: any write makes another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xmin::text, school_id || ' ' || under_id FROM schools_searchentry"
            " UNION ALL SELECT ctid::text, word FROM schools_registerword"
        )
        return set(cursor.fetchall())


def test_a_refresh_without_changes_writes_nothing(map_of_schools: None, converted: School) -> None:
    before = rows()
    refresh()
    refresh(urns=[900_001, 800_123])

    assert len(before) > 20
    assert rows() == before


def test_a_refresh_follows_what_has_changed(converted: School) -> None:
    closed = School.objects.get(urn=800_123)
    School.objects.filter(urn=900_020).update(name="Oak Academy")
    School.objects.filter(urn=800_123).update(town="Wealdhaven")
    refresh()
    assert [len(find(text, near=None)) for text in ("oak", "elm academy", "wealdhaven", "kirkholme")] == [1, 0, 1, 0]

    closed.current_rows.all().delete()
    refresh()
    assert find("wealdhaven", near=None) == []

    School.objects.filter(urn=900_020).update(status=School.Status.CLOSED)
    refresh()
    assert not SearchEntry.objects.exists()


def test_a_refresh_of_one_school_leaves_the_others_alone(converted: School) -> None:
    make_school("Birch School", urn=900_030)
    School.objects.filter(urn__in=[900_020, 900_030]).update(name="Oak Academy")
    refresh(urns=[900_020])

    assert [school.urn for school in find("oak", near=None)] == [900_020]
    assert [school.urn for school in find("birch", near=None)] == [900_030]


def test_a_school_moves_into_the_area_of_a_hub(hub: Hub) -> None:
    near = LocalAuthority.objects.create(code="009", name="Hythebourne")
    HubArea.objects.create(hub=hub, authority=near)
    make_school("Ash Lane School", urn=900_001)
    moved = make_school("Ash Tree School", urn=900_002)
    School.objects.filter(urn=moved.urn).update(authority=near)
    refresh()

    assert [school.urn for school in find("ash", near=hub)] == [900_002, 900_001]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60) | st.text("aB1 .'`&-%\t"))
def test_a_name_stands_in_the_search_as_it_is_folded(db: None, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT schools_found_by(%s, '', '', '', 900000001)", [name])
        [(text,)] = cursor.fetchall()
    words = ["st" if word == "saint" else word for word in fold(name).split()]
    assert text.split()[: len(words)] == words
    assert "  " not in text


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
