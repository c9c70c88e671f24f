from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from schools.models import RegisterImport, RegisterLink, School
from tests.schools.registers import LINKS, ROW, Write, changed, write

__all__ = ["write"]

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("getpass.getuser", lambda: "ines")


def run(path: Path, tmp_path: Path, **options: Any) -> str:
    """What the command says."""
    options.setdefault("changes", tmp_path / "changes.csv")
    told = io.StringIO()
    call_command("import_register", str(path), stdout=told, stderr=told, **options)
    return told.getvalue()


def test_it_says_what_would_change_applies_and_keeps_who_did_it(write: Write, tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    links.write_bytes(LINKS.encode())

    told = run(write(ROW, {**ROW, "URN": ""}, changed(URN="900002")), tmp_path, links=links, yes=True)

    assert told.splitlines() == [
        "edubasealldata20261121.csv, line 3 left out: URN is missing.",
        "edubasealldata20261121.csv, the register of 21 November 2026: 2 schools.",
        "       2  opened",
        "links.csv: 1 links added, 0 removed.",
        f"School by school: {tmp_path / 'changes.csv'}",
        "Done: 2 schools added, 0 changed, 0 as they were.",
    ]
    assert School.objects.count() == 2
    assert RegisterLink.objects.count() == 1
    kept = RegisterImport.objects.get()
    assert (kept.outcome, kept.actor_name, kept.links_file_name) == ("applied", "ines", "links.csv")
    assert kept.counts["bad_rows"] == 1


def test_the_changes_are_written_school_by_school(write: Write, tmp_path: Path) -> None:
    run(write(), tmp_path, yes=True)
    run(write(changed(EstablishmentName="=Mill Lane School")), tmp_path, yes=True, changes=tmp_path / "other.csv")

    with (tmp_path / "other.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {
                "URN": "900001",
                "Name": "'=Mill Lane School",
                "Change": "renamed",
                "Before": "St Thérèse’s Primary School",
                "After": "'=Mill Lane School",
            }
        ]


def test_changes_that_cannot_be_written_stop_it(write: Write, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be written: No such file.*The register is as it was\."):
        run(write(), tmp_path, yes=True, changes=tmp_path / "nowhere" / "changes.csv")
    assert not School.objects.exists()


def test_a_trial_changes_nothing_and_keeps_nothing(write: Write, tmp_path: Path) -> None:
    told = run(write(), tmp_path, dry_run=True)

    assert "1  opened" in told
    assert told.endswith("This was a trial: nothing has been changed.\n")
    assert (tmp_path / "changes.csv").exists()
    assert not School.objects.exists()
    assert not RegisterImport.objects.exists()


def test_a_trial_of_a_file_that_would_be_refused_says_so(write: Write, tmp_path: Path) -> None:
    run(write(), tmp_path, yes=True)

    with pytest.raises(CommandError, match=r"would close 1 of the 1 schools"):
        run(write(changed(**{"EstablishmentStatus (code)": "2"})), tmp_path, dry_run=True)
    assert RegisterImport.objects.count() == 1


@pytest.mark.parametrize(("answer", "schools"), [("y\n", 1), ("YES\n", 1), ("n\n", 0), ("\n", 0), ("", 0)])
def test_it_asks_before_it_changes_anything(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, schools: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))

    told = run(write(), tmp_path)

    assert "Change the register like this? [y/N] " in told
    assert ("Nothing was changed." in told) is not bool(schools)
    assert School.objects.count() == RegisterImport.objects.count() == schools


def test_where_nobody_can_be_asked_it_does_not_go_on(write: Write, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="say --yes"):
        run(write(), tmp_path)
    assert not School.objects.exists()


def test_a_file_that_changes_nothing_is_not_asked_about_and_kept(write: Write, tmp_path: Path) -> None:
    run(write(), tmp_path, yes=True)

    told = run(write(), tmp_path)

    assert told.endswith("The register was up to date: nothing has changed.\n")
    assert RegisterImport.objects.filter(outcome="applied").count() == 2


def test_a_refusal_is_one_sentence_and_kept(write: Write, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be opened.*The register is as it was\.") as refusal:
        run(tmp_path / "nowhere.csv", tmp_path, yes=True)

    assert refusal.value.returncode == 1
    kept = RegisterImport.objects.get()
    assert (kept.outcome, kept.actor_name, kept.file_name) == ("refused", "ines", "nowhere.csv")
    assert "cannot be opened" in kept.reason


def test_what_must_be_forced_is_shown_and_forced(write: Write, tmp_path: Path) -> None:
    run(write(), tmp_path, yes=True)
    closing = write(changed(**{"EstablishmentStatus (code)": "2"}))
    with pytest.raises(
        CommandError, match=r"^The file would close 1 of the 1 schools that are open here: more than 5%"
    ):
        run(closing, tmp_path, yes=True)
    assert School.objects.get().status == School.Status.OPEN

    told = run(closing, tmp_path, yes=True, force=True)

    assert "Forced, although: The file would close 1 of the 1 schools" in told
    assert School.objects.get().status == School.Status.CLOSED
    assert RegisterImport.objects.latest("pk").forced


def test_many_bad_rows_are_told_by_the_first(write: Write, tmp_path: Path) -> None:
    good = [{**ROW, "URN": str(urn)} for urn in range(910_000, 910_060)]
    told = run(write(*good, *[{**ROW, "URN": ""}] * 60), tmp_path, yes=True)

    assert told.count("left out: URN is missing.") == 50
    assert "60 rows are left out in all." in told
