from __future__ import annotations

import datetime as dt
import os
import tempfile
import zipfile
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from pytest_django import Settings

from schools import following, refresh
from schools.models import RegisterImport, RegisterLink, School
from schools.refresh import note_silence
from schools.refresh import refresh as refresh_register
from tests.logs import logs_of

pytestmark = pytest.mark.django_db
HEADER = "URN,LA (code),LA (name),EstablishmentName,EstablishmentStatus (code),TypeOfEstablishment (code),CloseDate\r\n"
TODAY, YESTERDAY = "20261121", "20261120"
DAY = dt.timedelta(days=1)
Outcome = RegisterImport.Outcome


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """The folder that the setting names, empty at first."""
    settings.REGISTER_SOURCE = str(tmp_path / "register")
    (tmp_path / "register").mkdir()
    return tmp_path / "register"


def put(folder: Path, day: str, name: str = "Ash Lane School") -> Path:
    """The register of a day, with one school."""
    path = folder / f"edubasealldata{day}.csv"
    path.write_text(f"{HEADER}100001,001,Northvale,{name},1,1,\r\n", newline="")
    return path


def put_links(folder: Path, day: str) -> Path:
    path = folder / f"links_edubasealldata{day}.csv"
    path.write_text("URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n", newline="")
    return path


def names() -> list[str]:
    return list(School.objects.values_list("name", flat=True))


def refusal() -> RegisterImport:
    return RegisterImport.objects.filter(outcome=Outcome.REFUSED).latest("pk")


def test_todays_register_is_taken_in(folder: Path, now: dt.datetime) -> None:
    put(folder, YESTERDAY, "Yesterday's School")
    put(folder, TODAY, "Today's School")

    assert refresh_register(now=now) is True

    assert names() == ["Today's School"]
    applied = RegisterImport.objects.get()
    assert (applied.outcome, applied.as_of, applied.actor_name) == (
        Outcome.APPLIED, dt.date(2026, 11, 21), "Nightly refresh",
    )  # fmt: skip


def test_yesterdays_is_taken_in_while_todays_is_not_there_yet(folder: Path, now: dt.datetime) -> None:
    put(folder, YESTERDAY)

    assert refresh_register(now=now) is True

    assert names() == ["Ash Lane School"]


def test_the_day_is_londons(folder: Path) -> None:
    put(folder, "20260702")

    # In summer London is an hour ahead of universal time.
    assert refresh_register(now=dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)) is False
    assert refresh_register(now=dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)) is True


def test_a_zip_is_as_good(folder: Path, now: dt.datetime) -> None:
    path = put(folder, TODAY)
    with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
        archive.write(path, path.name)
    path.unlink()

    assert refresh_register(now=now) is True

    assert names() == ["Ash Lane School"]


def test_the_second_run_of_a_night_has_nothing_to_do(folder: Path, now: dt.datetime) -> None:
    path = put(folder, TODAY)
    refresh_register(now=now)
    path.write_text("Nobody looks at it again.")

    assert refresh_register(now=now + dt.timedelta(hours=1)) is True

    assert RegisterImport.objects.count() == 1


def test_while_todays_is_not_there_yet_yesterdays_that_was_applied_is_enough(folder: Path, now: dt.datetime) -> None:
    put(folder, TODAY)
    refresh_register(now=now)

    assert refresh_register(now=now + DAY) is True
    assert refresh_register(now=now + 2 * DAY) is False


@pytest.mark.parametrize(("there", "taken"), [([TODAY, YESTERDAY], TODAY), ([YESTERDAY], YESTERDAY), ([], None)])
def test_the_newest_links_go_along(
    folder: Path, now: dt.datetime, monkeypatch: pytest.MonkeyPatch, there: list[str], taken: str | None
) -> None:
    put(folder, TODAY)
    for day in there:
        put_links(folder, day)
    seen: list[str | None] = []
    monkeypatch.setattr(refresh, "_take_in", lambda _, links, *rest: seen.append(links and links.name))

    refresh_register(now=now)

    assert seen == [taken and f"links_edubasealldata{taken}.csv"]


def test_the_links_are_taken_in_with_the_register(folder: Path, now: dt.datetime) -> None:
    put(folder, TODAY)
    with put_links(folder, TODAY).open("a", newline="") as file:
        file.write("100001,100002,Old School,Predecessor,01-09-2014\r\n")

    refresh_register(now=now)

    assert [(link.urn, link.other_urn) for link in RegisterLink.objects.all()] == [(100_001, 100_002)]


def test_a_night_without_a_file_is_kept_with_its_reason_and_the_next_one_tries_again(
    folder: Path, now: dt.datetime
) -> None:
    put(folder, "20261118")

    assert refresh_register(now=now) is False

    assert refusal().file_name == "edubasealldata20261121.csv"
    assert "has neither today's register (edubasealldata20261121.csv) nor yesterday's" in refusal().reason
    put(folder, "20261122")
    assert refresh_register(now=now + DAY) is True


def test_a_file_that_is_not_the_register_is_refused_and_the_schools_stay(folder: Path, now: dt.datetime) -> None:
    put(folder, YESTERDAY)
    refresh_register(now=now - DAY)
    (folder / f"edubasealldata{TODAY}.csv").write_text("<html>Sorry</html>")

    assert refresh_register(now=now) is False

    assert "This is a web page" in refusal().reason
    assert RegisterImport.objects.filter(outcome=Outcome.REFUSED).count() == 1
    assert names() == ["Ash Lane School"]


def test_a_source_that_cannot_be_used_is_kept_with_its_reason(settings: Settings, now: dt.datetime) -> None:
    settings.REGISTER_SOURCE = "http://site.example/downloads"

    assert refresh_register(now=now) is False

    assert "https addresses only" in refusal().reason


def test_an_error_that_nobody_foresaw_is_kept_and_raised(
    folder: Path, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, TODAY)

    def crash(*args: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(refresh, "_take_in", crash)

    with pytest.raises(RuntimeError):
        refresh_register(now=now)

    assert "broke off with an error of its own" in refusal().reason
    assert "secret" not in refusal().reason


def test_a_refresh_that_takes_too_long_is_kept(folder: Path, now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, TODAY)

    def take_for_ever(*args: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(refresh, "_take_in", take_for_ever)

    assert refresh_register(now=now) is False

    assert "took too long" in refusal().reason


def test_what_follows_an_import_cannot_make_it_a_failure(
    folder: Path, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, TODAY)

    def fail(*, now: dt.datetime) -> None:
        raise RuntimeError("The broker is down.")

    monkeypatch.setattr(following, "_followers", [fail])

    assert refresh_register(now=now) is True

    assert RegisterImport.objects.get().outcome == Outcome.APPLIED


def test_the_first_rows_that_were_left_out_are_logged(
    folder: Path, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schools.rows.MOST_TOLD", 2)
    with put(folder, TODAY).open("a", newline="") as file:
        file.writelines(f"{urn},001,Northvale,Birch School,1,1,\r\n" for urn in range(100_002, 100_010))
        file.writelines(f"{urn},001,Northvale,Odd School,9,1,\r\n" for urn in range(200_001, 200_004))
    with put_links(folder, TODAY).open("a", newline="") as file:
        file.write("100001,x,Old School,Predecessor,01-09-2014\r\n")
        file.write("100001,100002,Old School,Predecessor,01-09-2014\r\n")

    with logs_of(refresh) as logs:
        refresh_register(now=now)

    told = [line for line in logs if line["event"] == "register_row_left_out"]
    assert [(line["file"], line["line"]) for line in told] == [
        (f"edubasealldata{TODAY}.csv", 11),
        (f"edubasealldata{TODAY}.csv", 12),
        (f"links_edubasealldata{TODAY}.csv", 2),
    ]
    assert "EstablishmentStatus" in told[0]["reason"]


def test_without_a_source_nothing_is_done_and_nothing_kept(settings: Settings, now: dt.datetime) -> None:
    settings.REGISTER_SOURCE = ""

    assert refresh_register(now=now) is False

    assert not RegisterImport.objects.exists()


# --- Nights that are killed ----------------------------------------------------------------------


def test_what_killed_refreshes_left_behind_is_cleared_and_nothing_else(
    folder: Path, tmp_path: Path, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, recent, others = (tmp_path / name for name in ("hubadmin-register-a", "hubadmin-register-b", "other-a"))
    precious = tmp_path / "precious"
    for one in (left, recent, others, precious):
        one.mkdir()
        (one / "edubasealldata20261120.csv").write_text("URN")
    (tmp_path / "hubadmin-register-file").write_text("")
    (tmp_path / "hubadmin-register-link").symlink_to(precious)
    for one in tmp_path.iterdir():
        age = dt.timedelta(hours=1 if one == recent else 23)
        os.utime(one, ((now - age).timestamp(),) * 2, follow_symlinks=False)

    refresh_register(now=now)

    assert not left.exists()
    assert recent.exists()
    assert others.exists()
    assert (precious / "edubasealldata20261120.csv").exists()


def test_a_refresh_leaves_nothing_behind(
    folder: Path, tmp_path: Path, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    put(folder, TODAY)

    refresh_register(now=now)

    assert list(tmp_path.glob("hubadmin-register-*")) == []


def test_a_night_that_left_no_word_is_kept_once(folder: Path, now: dt.datetime) -> None:
    assert [note_silence(now=now), note_silence(now=now)] == [True, False]

    assert "left no word" in refusal().reason
    assert RegisterImport.objects.count() == 1


def test_a_night_that_said_something_or_had_nothing_to_do_left_a_word(folder: Path, now: dt.datetime) -> None:
    refresh_register(now=now)
    assert not note_silence(now=now + dt.timedelta(hours=2, minutes=30))
    put(folder, "20261122")
    refresh_register(now=now + DAY)
    # The next day's is not there yet, and nothing is kept of that night.
    assert refresh_register(now=now + 2 * DAY) is True
    assert not note_silence(now=now + 2 * DAY + dt.timedelta(hours=2, minutes=30))
    assert note_silence(now=now + 3 * DAY)


def test_without_a_source_silence_is_expected(settings: Settings, now: dt.datetime) -> None:
    settings.REGISTER_SOURCE = ""

    assert not note_silence(now=now)
