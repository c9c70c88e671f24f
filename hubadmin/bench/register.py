"""How long the national register takes: importing it, deriving from it, searching it.

    bin/bench register [--rounds 9] [--data FOLDER]

FOLDER holds the register's own files: edubasealldata20231116.zip, edubasealldata20250524.zip and
links_edubasealldata20250422.zip. Works in a database of its own, which is gone afterwards.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import django

from hubadmin.local.embedded import ServiceError
from hubadmin.local.places import ROOT
from hubadmin.local.provision import ProvisionError
from hubadmin.local.testing import services

BEFORE, AFTER, LINKS = "edubasealldata20231116", "edubasealldata20250524", "links_edubasealldata20250422"
# What an import may take, as a multiple of the bare COPY of the same file in the same round.
MOST = 3.0
# What deriving everything from the links may take, in seconds.
MOST_FOR_LINKS = 5.0
_CHUNK = 1 << 18


@dataclass
class Series:
    """What one thing took in each round: seconds, and as a multiple of that round's bare COPY."""

    name: str
    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    def add(self, seconds: float, bare: float) -> None:
        """Note a round."""
        self.seconds.append(seconds)
        self.ratios.append(seconds / bare)

    def __str__(self) -> str:
        return (
            f"{self.name:<70}{statistics.median(self.seconds):>8.3f} s{statistics.median(self.ratios):>8.2f}"
            f"   {min(self.ratios):.2f} to {max(self.ratios):.2f}"
        )


def bare_copy(path: Path, *, table: str = "TABLE") -> float:
    """Seconds for nothing but COPY of the file's bytes into a table of texts, to the commit, as the owner."""
    import psycopg

    with path.open("rb") as file, psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        names = ", ".join(f"column_{number} text" for number in range(len(file.readline().split(b","))))
        file.seek(0)
        began = time.perf_counter()
        connection.execute(f"CREATE {table} bare ({names})")
        with connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv, HEADER, ENCODING 'WIN1252')") as copy:
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
        connection.commit()
        seconds = time.perf_counter() - began
        connection.execute("DROP TABLE bare")
    return seconds


@dataclass
class Took:
    """Seconds for a whole import, and for two parts of it: deriving successions, and refreshing the search's index."""

    whole: float
    derived: float
    search: float

    @property
    def rows(self) -> float:
        """Seconds for everything else: reading, comparing, merging and the commit."""
        return self.whole - self.derived - self.search


def one_import(path: Path, *, links: Path | None = None) -> Took:
    """Time an import, just as the command does it."""
    from django.utils import timezone

    from schools import ancestry, search
    from schools.register import import_register

    derived, refreshed = Stopwatch(ancestry.rebuild), Stopwatch(search.refresh)
    with mock.patch("schools.ancestry.rebuild", derived), mock.patch("schools.register.refresh_search", refreshed):
        began = time.perf_counter()
        import_register(path, links=links, actor_name="bench", now=timezone.now(), force=True)
        whole = time.perf_counter() - began
    return Took(whole, derived.seconds, refreshed.seconds)


@dataclass
class Stopwatch:
    """Stands for a function, and adds up what it takes, in seconds."""

    work: Callable[[], object]
    seconds: float = 0.0

    def __call__(self) -> None:
        """Do the work."""
        began = time.perf_counter()
        self.work()
        self.seconds += time.perf_counter() - began


def imports(folder: Path, *, rounds: int, say: Callable[[str], object] = print) -> bool:
    """Import the real files round by round; whether the medians keep to what an import may take."""
    before, after = folder / f"{BEFORE}.csv", folder / f"{AFTER}.csv"
    copying = Series("bare COPY of the 2025 file's 140 columns, as texts")
    temporary = Series("the same into a temporary table, which is not logged")
    kinds = ("2025 into an empty register", "2025 over 2023", "2025 once more, unchanged")
    rows = [Series(f"{kind}: import") for kind in kinds]
    whole = [Series(f"{kind}: with what is derived") for kind in kinds]
    for _ in range(rounds):
        for number in range(3):
            if number < 2:
                empty()
            if number == 1:
                one_import(before)
            bare = statistics.mean([bare_copy(after), bare_copy(after)])
            copying.add(bare, bare)
            temporary.add(bare_copy(after, table="TEMPORARY TABLE"), bare)
            took = one_import(after)
            rows[number].add(took.rows, bare)
            whole[number].add(took.whole, bare)
    say(f"Medians of {rounds} rounds; multiples of the bare COPY timed just before each import, and their range.")
    for series in [copying, temporary, *rows, *whole]:
        say(str(series))
    say(f"An import takes at most {MOST:.0f} times the bare COPY, successions and the search's index aside:")
    held = [statistics.median(series.ratios) <= MOST for series in rows]
    for kind, holds in zip(kinds, held, strict=True):
        say(f"    {kind}: {'holds' if holds else 'DOES NOT HOLD'}")
    return all(held)


def derivation(folder: Path, *, rounds: int, say: Callable[[str], object] = print) -> bool:
    """Import the links into the register as it is, and derive successions from them; whether in time."""
    from django.db import transaction

    from schools import ancestry
    from schools.models import Ancestor, RegisterLink

    series = Series("deriving successions and ancestors of all links")
    again = Series("deriving them again, unchanged")
    for _ in range(rounds):
        empty()
        series.add(one_import(folder / f"{AFTER}.csv", links=folder / f"{LINKS}.csv").derived, 1)
        began = time.perf_counter()
        with transaction.atomic():
            ancestry.rebuild()
        again.add(time.perf_counter() - began, 1)
    say(f"{RegisterLink.objects.count():,} links, {Ancestor.objects.count():,} pairs of a school and an ancestor")
    for one in (series, again):
        say(f"{one.name:<66}{statistics.median(one.seconds):>8.3f} s")
    holds = statistics.median(series.seconds) <= MOST_FOR_LINKS
    say(f"At most {MOST_FOR_LINKS:.0f} s: {'holds' if holds else 'DOES NOT HOLD'}.")
    return holds


def empty() -> None:
    """Take everything out that an import has brought in, as the owner: the app's role may not."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("TRUNCATE schools_school, schools_registerlink, schools_registerimport CASCADE")
        connection.execute("TRUNCATE schools_succession, schools_ancestor, schools_searchentry, schools_registerword")


def unpack(data: Path, folder: Path) -> None:
    """The files as CSV, so that what is timed is neither unpacking nor the disk."""
    for name in (BEFORE, AFTER, LINKS):
        with zipfile.ZipFile(data / f"{name}.zip") as archive:
            (folder / f"{name}.csv").write_bytes(archive.read(f"{name}.csv"))


def main(arguments: Iterable[str]) -> int:
    """Measure everything; returns the exit status: 1 when something takes longer than it may."""
    parser = argparse.ArgumentParser(prog="bin/bench register", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    shared = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=shared / "gias")
    options = parser.parse_args(list(arguments))
    if not (options.data / f"{AFTER}.zip").is_file():
        sys.exit(f"bin/bench: the register's files are not in {options.data}; say --data FOLDER")
    with services() as variables, TemporaryDirectory() as folder:
        os.environ.update(variables)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hubadmin.settings")
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        unpack(options.data, Path(folder))
        return 0 if _measure(Path(folder), options.rounds) else 1


def _measure(folder: Path, rounds: int) -> bool:
    from hubadmin.bench import register_search

    print("\nImport")
    holds = [imports(folder, rounds=rounds)]
    print("\nSuccessions")
    holds.append(derivation(folder, rounds=rounds))
    print("\nSearch")
    holds.append(register_search.run())
    return all(holds)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ServiceError, ProvisionError) as problem:
        sys.exit(f"bin/bench: {problem}")
