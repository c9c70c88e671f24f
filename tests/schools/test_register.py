from __future__ import annotations

import datetime as dt
import hashlib
import os
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from hubs.models import Hub, LocalAuthority
from schools.differences import Kind
from schools.layout import READ
from schools.models import RegisterImport, RegisterWord, School
from schools.register import Plan, reading
from schools.register_file import RegisterRefused, RegisterUnreadable
from schools.rows import BadRow
from schools.search import find
from tests.factories import make_school
from tests.locks import begin_meanwhile
from tests.schools.registers import NOW, ROW, Write, changed, take_in, write

__all__ = ["write"]

pytestmark = pytest.mark.django_db

SHARED = Path(os.environ.get("SHARED_DATA") or settings.BASE_DIR.parent / "shared" / "data") / "gias"


def test_a_school_is_taken_in_as_the_register_tells_it(write: Write) -> None:
    outcome = take_in(write())

    assert (outcome.added, outcome.changed, outcome.unchanged, outcome.bad_rows) == (1, 0, 0, [])
    school = School.objects.select_related("authority").get(urn=900_001)
    assert (school.name, school.authority.name, school.authority.region) == (
        "St Thérèse’s Primary School",
        "Northvale",
        "Yorkshire and the Humber",
    )
    assert (school.status, school.type_code, school.type_group_code, school.phase) == (1, 34, 10, "Primary")
    assert (school.low_age, school.high_age, school.pupils, school.percent_fsm) == (3, 11, 211, Decimal("21.7"))
    assert (school.label, school.establishment_number) == ("St Thérèse’s Primary School, Ellerbridge, NV3 9GR", "2001")
    assert (school.easting, school.northing, school.opened_on, school.closed_on) == (
        437_000,
        468_000,
        dt.date(2014, 9, 1),
        None,
    )
    assert school.trust_name == "Northvale Learning Trust"


def test_the_same_file_twice_changes_nothing(write: Write) -> None:
    take_in(write())
    outcome = take_in(write())
    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 0, 1)


def test_what_differs_is_changed_and_the_rest_left_alone(write: Write) -> None:
    other = changed(URN="900002", EstablishmentName="Mill Lane School")
    take_in(write(ROW, other))
    outcome = take_in(write(changed(Town="Kirkholme", CloseDate="31-08-2026"), other))

    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 1, 1)
    school = School.objects.get(urn=900_001)
    assert (school.town, school.closed_on) == ("Kirkholme", dt.date(2026, 8, 31))
    assert [found.urn for found in find("therese kirkholme", near=None)] == [900_001]


def test_schools_that_the_file_does_not_name_stay(write: Write) -> None:
    school = make_school("Ash Lane School", urn=900_500)
    take_in(write(), force=True)
    assert School.objects.contains(school)


def test_columns_come_and_go_and_what_is_known_stays(write: Write) -> None:
    take_in(write())
    required = tuple(column.header for column in READ if column.required)
    outcome = take_in(write(changed(EstablishmentName="Mill Lane School"), columns=required))

    assert outcome.changed == 1
    school = School.objects.get()
    assert (school.name, school.town, school.pupils) == ("Mill Lane School", "Ellerbridge", 211)


def test_a_file_of_required_columns_alone_can_be_the_first(write: Write) -> None:
    required = tuple(column.header for column in reversed(READ) if column.required)
    assert take_in(write(columns=required)).added == 1
    assert School.objects.get().town == ""


def test_no_place_is_better_than_a_wrong_one(write: Write) -> None:
    take_in(write(changed(Easting="0", Northing="0"), changed(URN="900002", Northing="")))
    assert set(School.objects.values_list("easting", "northing")) == {(None, None)}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"URN": ""}, "URN is missing."),
        ({"URN": "0"}, "URN is 0."),
        ({"URN": "90000l"}, "URN is not a whole number up to 899999999: '90000l'."),
        ({"URN": "900001"}, "URN 900001 stands in the file more than once."),
        ({"EstablishmentName": " "}, "EstablishmentName is missing."),
        ({"EstablishmentName": "x" * 201}, "EstablishmentName is longer than 200 characters."),
        ({"EstablishmentName": "\x00"}, "EstablishmentName holds a character that cannot be read."),
        ({"EstablishmentStatus (code)": "5"}, "EstablishmentStatus (code) 5 is none of 1, 2, 3 and 4."),
        ({"LA (code)": "1"}, "LA (code) is not a number of 3 digits: '1'."),
        ({"StatutoryLowAge": "12"}, "The lowest age, 12, is above the highest, 11."),
        ({"OpenDate": "31-02-2020"}, "OpenDate is not a day of the calendar: '31-02-2020'."),
        ({"PercentageFSM": "101"}, "PercentageFSM is not a percentage: '101'."),
    ],
)
def test_a_bad_row_is_told_and_the_others_go_in(write: Write, wrong: dict[str, str], reason: str) -> None:
    outcome = take_in(write(ROW, {**ROW, "URN": "900002", **wrong}, {**ROW, "URN": "900003"}))

    assert outcome.bad_rows == [BadRow(3, reason)]
    assert set(School.objects.values_list("urn", flat=True)) == {900_001, 900_003}


def test_a_byte_without_meaning_spoils_its_row_alone(write: Write) -> None:
    path = write(ROW, {**ROW, "URN": "900002"})
    path.write_bytes(path.read_bytes().replace("Thérèse".encode("cp1252"), b"Th\x81r\xe8se", 1))

    assert take_in(path).bad_rows == [BadRow(2, "EstablishmentName holds a character that cannot be read.")]


def test_a_row_of_another_length_is_told(write: Write) -> None:
    path = write(ROW, {**ROW, "URN": "900002"})
    path.write_bytes(path.read_bytes().replace(b"900001,", b"900001,,,", 1))

    assert take_in(path).bad_rows == [BadRow(2, "It has 142 columns instead of 140.")]


def test_a_failure_half_way_leaves_the_register_as_it_was(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(write())

    def fail() -> None:
        raise RuntimeError("the machine went down")

    monkeypatch.setattr("schools.register.refresh_search", fail)
    with pytest.raises(RuntimeError):
        take_in(write(changed(Town="Kirkholme"), changed(URN="900002")))

    assert [(school.urn, school.town) for school in School.objects.all()] == [(900_001, "Ellerbridge")]


def test_england_s_authorities_come_along_and_unknown_ones_from_the_file(write: Write) -> None:
    take_in(write({**ROW, "LA (code)": "801", "LA (name)": "Another name"}))
    assert LocalAuthority.objects.count() == 153
    assert LocalAuthority.objects.get(code="801").name == "Bristol, City of"

    take_in(write())
    assert LocalAuthority.objects.get(code="001").name == "Northvale"


def test_misspelt_words_are_compared_with_the_register_s(write: Write) -> None:
    take_in(write(ROW, {**ROW, "URN": "900002", "EstablishmentStatus (code)": "2", "Town": "Kirkholme"}))

    assert RegisterWord.objects.get(word="ellerbridge").schools == 1
    assert not RegisterWord.objects.filter(word="kirkholme").exists()
    assert [school.urn for school in find("elerbridge", near=None)] == [900_001]


def test_memory_stays_flat(write: Write) -> None:
    def peak_of(rows: int) -> int:
        path = write(*(changed(URN=str(900_000 + number)) for number in range(1, rows + 1)))
        tracemalloc.start()
        take_in(path, force=True)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_of(10)
    # What grows is the set of URNs seen: some 150 bytes a row, against 2,500 that a kept row would take.
    assert peak_of(2_000) < peak_of(200) + 1_800 * 400


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real register's files are not in {SHARED}")
def test_the_real_files_go_in_one_after_the_other() -> None:
    links = SHARED / "links_edubasealldata20250422.zip"
    first = take_in(SHARED / "edubasealldata20231116.zip")
    assert (first.added, first.bad_rows, first.as_of) == (50_515, [], dt.date(2023, 11, 16))
    assert School.objects.get(urn=136_468).name

    second = take_in(SHARED / "edubasealldata20250524.zip", links=links)
    assert (second.bad_rows, second.as_of) == ([], dt.date(2025, 5, 24))
    assert 500 < second.added < 3_000
    assert second.changed > 5_000
    assert second.added + second.changed + second.unchanged == 51_714
    kinds = second.counts.kinds
    assert 500 < kinds[Kind.OPENED] < 3_000
    assert 500 < kinds[Kind.CLOSED] < 3_000
    assert 200 < kinds[Kind.RENAMED] < 3_000
    assert kinds[Kind.CHANGED_TRUST] > 5_000
    assert (second.links.added, second.links.bad_rows) == (33_801, [])

    third = take_in(SHARED / "edubasealldata20250524.zip", links=links)
    assert third.changes_nothing
    assert (third.added, third.changed, third.unchanged) == (0, 0, 51_714)
    assert RegisterImport.objects.filter(outcome="applied").count() == 3

    with pytest.raises(RegisterRefused, match="of 16 November 2023"):
        take_in(SHARED / "edubasealldata20231116.zip")


def test_what_was_taken_in_is_kept(write: Write) -> None:
    path = write(ROW, changed(URN=""))
    take_in(path)

    kept = RegisterImport.objects.get()
    assert (kept.outcome, kept.file_name, kept.as_of) == ("applied", path.name, dt.date(2026, 11, 21))
    assert kept.digest == hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert (kept.actor_name, kept.started_at, kept.forced) == ("A tester", NOW, False)
    assert NOW < kept.finished_at < NOW + dt.timedelta(minutes=1)
    assert (kept.counts["opened"], kept.counts["added"], kept.counts["bad_rows"]) == (1, 1, 1)


def test_a_file_that_changes_nothing_is_kept_as_applied(write: Write) -> None:
    take_in(write())
    assert take_in(write()).changes_nothing
    assert [kept.outcome for kept in RegisterImport.objects.all()] == ["applied", "applied"]


def test_a_refusal_is_kept_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "edubasealldata20261121.csv").write_text("<html>")
    with pytest.raises(RegisterUnreadable):
        take_in(tmp_path / "edubasealldata20261121.csv")

    kept = RegisterImport.objects.get()
    assert (kept.outcome, kept.as_of, kept.counts) == ("refused", dt.date(2026, 11, 21), {})
    assert kept.reason.startswith("This is a web page")


def test_a_wrong_last_change_does_not_spoil_its_row(write: Write) -> None:
    assert take_in(write(changed(LastChangedDate="yesterday"))).bad_rows == []


def test_schools_that_a_hub_has_added_are_left_alone(write: Write, hub: Hub) -> None:
    added = make_school("Brand New School", urn=School.FIRST_ADDED, added_by=hub, added_at=NOW)

    plan = take_in(write(ROW, changed(URN=str(School.FIRST_ADDED))))

    assert plan.counts.open_here == 0
    assert [row.line for row in plan.bad_rows] == [3]
    assert School.objects.get(urn=added.urn).name == "Brand New School"


def test_who_does_not_agree_changes_nothing_and_leaves_no_trace(write: Write) -> None:
    plan = take_in(write(), agree=lambda plan: False)

    assert (plan.added, plan.applied) == (1, False)
    assert not School.objects.exists()
    assert not RegisterImport.objects.exists()


def test_other_rooms_follow_once_it_is_done(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[int] = []
    monkeypatch.setattr("schools.following.follow", lambda *, now: followed.append(School.objects.count()))

    take_in(write())
    assert followed == [1]

    with pytest.raises(RegisterRefused):
        take_in(Path("nowhere.csv"))
    assert followed == [1]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_wait_for_each_other(write: Write) -> None:
    path = write()
    plans: list[Plan] = []

    with reading(path, now=NOW) as first:
        second = begin_meanwhile(lambda: plans.append(take_in(path)))
        assert second.is_alive()
        first.apply()
    second.join()

    assert (first.added, [(plan.added, plan.unchanged) for plan in plans]) == (1, [(0, 1)])


@pytest.mark.django_db(transaction=True)
def test_while_somebody_is_asked_nobody_waits(write: Write) -> None:
    path = write()
    plans: list[Plan] = []

    def agree(plan: Plan) -> bool:
        assert not begin_meanwhile(lambda: plans.append(take_in(path))).is_alive()
        return True

    with pytest.raises(RegisterRefused, match="has changed since it was asked about"):
        take_in(path, agree=agree)

    assert [kept.outcome for kept in RegisterImport.objects.order_by("pk")] == ["applied", "refused"]


def test_what_was_agreed_to_is_done(write: Write) -> None:
    told: list[int] = []

    plan = take_in(write(), tell=lambda plan: told.append(plan.added), agree=lambda plan: True)

    assert (plan.applied, told) == (True, [1])
    assert RegisterImport.objects.get().counts["added"] == 1
