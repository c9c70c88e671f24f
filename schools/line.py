"""A school's whole line for a page: every school it is connected with, in words and as a picture."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery, Value

from hubs.models import Hub
from hubs.wording import plain_day
from schools.changes import changes_of, rulings_by_id
from schools.family_tree import Box, Picture, draw
from schools.models import Doubt, School, Succession, SuccessionRuling

# The largest family of the real register has 19 schools.
MOST = 40

# As it is told of what has happened, and of what is still to come.
_TELLING = {
    Succession.Kind.BECAME: ("became", "is to become"),
    Succession.Kind.MERGED: ("merged into", "is to merge into"),
    Succession.Kind.AMALGAMATED: ("amalgamated into", "is to amalgamate into"),
    Succession.Kind.SPLIT: ("split into", "is to split into"),
}
# There and back from each school reached, by the indexes on either end; the nearest are found first.
_CONNECTED = """
    WITH RECURSIVE walk(urn) AS (
        SELECT %s::int
        UNION
        SELECT step.urn FROM walk CROSS JOIN LATERAL (
            SELECT successor_id AS urn FROM schools_succession WHERE predecessor_id = walk.urn AND counts
            UNION ALL
            SELECT predecessor_id FROM schools_succession WHERE successor_id = walk.urn AND counts
        ) AS step
    )
    SELECT urn FROM walk LIMIT %s
"""


@dataclass(frozen=True)
class Relative:
    """A school of the line. One that the register's links name and the register lacks has a URN and no more."""

    urn: int
    school: School | None
    is_subject: bool

    @property
    def name(self) -> str:
        """What it is called, or that nobody knows."""
        return self.school.name if self.school else "A school that is not in the register"

    @property
    def identity(self) -> str:
        """The URN; a school that a hub has added has none to show."""
        added = self.school is not None and not self.school.is_of_register
        return "not in the register yet" if added else f"URN {self.urn}"

    @property
    def named(self) -> str:
        """Name and URN."""
        return f"{self.name} ({self.identity})"

    @property
    def dates(self) -> str:
        """Status and the register's dates: "Closed, 1 September 2009 to 31 August 2014"."""
        if self.school is None:
            return ""
        opened, closed = plain_day(self.school.opened_on), plain_day(self.school.closed_on)
        span = f"{opened} to {closed}" if opened and closed else f"from {opened}" if opened else ""
        span = span or (f"to {closed}" if closed else "")
        return ", ".join(part for part in (self.school.get_status_display(), span) if part)


@dataclass(frozen=True)
class Step:
    """One school of the line that went on as another, or may have; what is in doubt of it, and what was decided."""

    predecessor: Relative
    successor: Relative
    kind: Succession.Kind
    happened_on: dt.date | None
    counts: bool = True
    doubts: tuple[str, ...] = ()
    ruling: SuccessionRuling | None = None
    # Whether the hub may see the evidence, on the page of the change.
    has_evidence: bool = False

    @property
    def words(self) -> str:
        """What happened, between the two names: "became", "is to merge into"."""
        if not self.counts:
            return "did not go on as" if self.ruling else "may have gone on as"
        return _TELLING[self.kind][self.is_to_come]

    @property
    def when(self) -> str:
        """Its day, after the two names: " on 1 September 2014", or that there is none."""
        if not self.counts:
            return ""
        return f" on {plain_day(self.happened_on)}" if self.happened_on else ", the register gives no date"

    @property
    def sentence(self) -> str:
        """All of it in words."""
        return f"{self.predecessor.named} {self.words} {self.successor.named}{self.when}."

    @property
    def decided(self) -> str:
        """What a person decided, for whom and when; nothing where nobody has."""
        if self.ruling is None:
            return ""
        what = "the same school" if self.ruling.same_school else "not the same school"
        return f"{self.ruling.ruled_for.name} decided on {plain_day(self.ruling.ruled_at)}: {what}."

    @property
    def is_to_come(self) -> bool:
        """Whether the register foresees it: the earlier school still teaches and is to close, or the later to open."""
        earlier, later = self.predecessor.school, self.successor.school
        if earlier is None or later is None or earlier.status == School.Status.CLOSED:
            return False
        return earlier.status == School.Status.CLOSING or later.status == School.Status.PROPOSED


@dataclass(frozen=True)
class Line:
    """A school's line: its schools and what happened between them, both oldest first."""

    subject: School
    relatives: list[Relative]
    steps: list[Step]
    # What does not count: in doubt, or decided against.
    possible: list[Step]
    # Whether there are more schools than are shown.
    is_cut: bool
    picture: Picture

    def __bool__(self) -> bool:
        """Whether there is anything to tell: most schools have always been what they are."""
        return bool(self.steps)

    @property
    def summary(self) -> str:
        """The picture in a sentence, for those who do not see it; the words beside it say the rest."""
        return f"{len(self.relatives)} schools, the oldest on the left, and what each went on as."


def line_of(school: School, *, hub: Hub | None) -> Line:
    """The schools that a school is connected with by what counts, back and forth, at most 40; and what may count.

    What another hub than `hub` has added is left out, for other hubs do not see it. Three queries, one more where
    somebody has decided something.
    """
    reached = _connected_with(school.pk)
    urns = reached[:MOST]
    successions = _successions_of(urns, hub)
    ends = {urn for one in successions for urn in (one.predecessor_id, one.successor_id)}
    known = School.objects.select_related("authority").in_bulk({school.pk, *urns, *ends})
    hidden = {urn for urn, one in known.items() if one.added_by_id and one.added_by_id != getattr(hub, "pk", None)}
    hidden.discard(school.pk)
    relatives = {
        urn: Relative(urn, known.get(urn), urn == school.pk) for urn in {school.pk, *urns, *ends} if urn not in hidden
    }
    shown = [urn for urn in urns if urn in relatives]
    told = _steps(successions, relatives)
    steps = [step for step in told if step.counts and step.predecessor.urn in shown and step.successor.urn in shown]
    picture = draw(
        [_box(relatives[urn]) for urn in sorted(shown)],
        [(step.predecessor.urn, step.successor.urn, _edge_label(step)) for step in steps],
    )
    columns = {node.urn: node.column for node in picture.nodes}
    return Line(
        subject=school,
        relatives=sorted((relatives[urn] for urn in shown), key=lambda one: (columns[one.urn], one.name, one.urn)),
        steps=sorted(steps, key=lambda step: (_day_of(step), columns[step.predecessor.urn], step.sentence)),
        possible=sorted(
            # What nobody could tell, for the register lacks a school of it, is not told.
            (step for step in told if not step.counts and (step.doubts or step.ruling)),
            key=lambda step: (step.ruling is not None, step.sentence),
        ),
        is_cut=len(reached) > MOST,
        picture=picture,
    )


def _connected_with(urn: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTED, [urn, MOST + 1])
        return [found for (found,) in cursor.fetchall()]


def _successions_of(urns: list[int], hub: Hub | None) -> list[Any]:
    """All that begin or end at one of the schools, with `ruling_id` and `has_evidence`."""
    rulings = SuccessionRuling.objects.filter(predecessor=OuterRef("predecessor"), successor=OuterRef("successor"))
    seen = Exists(changes_of(hub).filter(pk=OuterRef("pk"))) if hub else Value(False)
    touching = Succession.objects.filter(Q(predecessor__in=urns) | Q(successor__in=urns))
    latest = rulings.order_by("-pk").values("pk")[:1]
    return list(
        touching.annotate(ruling_id=Subquery(latest), has_evidence=seen).order_by(
            "happened_on", "predecessor_id", "successor_id"
        )
    )


def _steps(successions: list[Any], relatives: dict[int, Relative]) -> list[Step]:
    """Those of which both schools are shown."""
    decided = [one.ruling_id for one in successions if one.ruling_id]
    rulings = rulings_by_id(decided) if decided else {}
    return [
        Step(
            relatives[one.predecessor_id],
            relatives[one.successor_id],
            Succession.Kind(one.kind),
            one.happened_on,
            one.counts,
            tuple(str(Doubt(doubt).label) for doubt in one.doubts),
            rulings.get(one.ruling_id),
            one.has_evidence,
        )
        for one in successions
        if one.predecessor_id in relatives and one.successor_id in relatives
    ]


def _day_of(step: Step) -> dt.date:
    """When it happened or, where the register does not say, when the schools closed and opened; for sorting only."""
    earlier, later = step.predecessor.school, step.successor.school
    known = (step.happened_on, earlier and earlier.closed_on, later and later.opened_on)
    return next((day for day in known if day), dt.date.min)


def _edge_label(step: Step) -> str:
    return f"{step.happened_on:%b %Y}" if step.happened_on else ""


def _box(relative: Relative) -> Box:
    school = relative.school
    below = [] if school and not school.is_of_register else [f"URN {relative.urn}"]
    if school:
        below.append("Open" if school.status == School.Status.CLOSING else school.get_status_display())
    return Box(
        relative.urn,
        relative.name,
        tuple(below),
        is_subject=relative.is_subject,
        is_usable=bool(school and school.status in School.USABLE),
    )
