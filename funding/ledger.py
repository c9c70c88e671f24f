"""The release-time ledger, in half-days: what is counted by itself, what people log, and how it is put right.

Rows are only added. Of one source (an attendance, a meeting, a visit) they always add up to what it is worth by
now, on the day on which it was by now: the first is of its kind, each later one is a correction that says why. What
somebody logged is taken back by one correction of the same size. One row of the account's owner or of the source is
locked before anything is added, and constraints hold beneath that: sent twice or by two at once, everything counts
once.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from funding.models import ReleaseEntry
from funding.models.release import ReleaseEntryQuerySet
from hubs import timeline
from hubs.constraints import broken_constraint
from hubs.locking import locked
from hubs.models import Membership
from hubs.permissions import NotAllowed, require
from hubs.tenancy import active_hub_id
from hubs.wording import days, plain_day
from hubs.years import academic_year_of, label_of
from workgroups.happenings import AttendanceMarked, MeetingHeld, VisitHeld
from workgroups.models import Attendance, MasterySpecialist, Meeting, Place, PlaceState, SchoolLink, Visit
from workgroups.permissions import places_of, specialists_of

Account = Place | MasterySpecialist

# On one date there are two lead teachers of a school to release, each for a whole day, and one Specialist.
MOST_OF_A_DAY_OF_SCHOOL = 4
MOST_OF_A_DAY_OF_SPECIALIST = 2


class CannotLog(Exception):
    """These days cannot be in the ledger; the message is a sentence to show."""


class CannotCorrect(Exception):
    """This row is not one to take back by hand; the message is a sentence to show."""


@dataclass(frozen=True)
class InSchool:
    """Release that was spent in school. `key` is of the form that is sent: with the same key it is logged once."""

    on: dt.date
    half_days: int
    words: str
    key: uuid.UUID


# --- Counted by itself ----------------------------------------------------------------------------


def count_attendance(facts: AttendanceMarked) -> None:
    """Bring what each lead teacher's attendance counts for her school to what it is worth by now."""
    meeting = _locked_meeting(facts.meeting)
    marks = Attendance.objects.filter(meeting=meeting).select_related("participant__place__stage_year")
    attendance = list(marks.order_by("pk"))
    counted: dict[int, dict[dt.date, int]] = {one.pk: {} for one in attendance}
    rows = ReleaseEntry.objects.filter(attendance__in=attendance).order_by()
    for pk, day, half_days in rows.values_list("attendance", "worked_on").annotate(Sum("half_days")):
        counted[pk][day] = half_days
    for one in attendance:
        _bring_to(
            meeting.half_days if one.somebody_came else 0,
            counted=counted[one.pk],
            why=_why("Attendance put right", facts.reason),
            kind=ReleaseEntry.Kind.MEETING,
            actor=facts.actor,
            now=facts.now,
            account=one.participant.place,
            worked_on=meeting.day,
            attendance=one,
        )


def count_meeting(facts: MeetingHeld) -> None:
    """Count a held meeting for the Specialist who held it."""
    meeting = _locked_meeting(facts.meeting)
    rows = ReleaseEntry.objects.filter(meeting=meeting).select_related("specialist").order_by("pk")
    # A group that has got another Specialist since then: the day stays hers who held it.
    specialist = rows[0].specialist if rows else meeting.specialist
    assert specialist is not None
    _bring_to(
        meeting.half_days,
        counted=_by_day(rows),
        why="Length of the meeting put right",
        kind=ReleaseEntry.Kind.MEETING,
        actor=facts.actor,
        now=facts.now,
        account=specialist,
        worked_on=meeting.day,
        meeting=meeting,
    )


def count_visit(facts: VisitHeld) -> None:
    """Bring what a visit counts for the Specialist and for the school to what it is worth by now."""
    visit = (
        Visit.objects.select_for_update(of=("self",))
        .select_related("specialist", "place__stage_year")
        .get(pk=facts.visit.pk)
    )
    rows = ReleaseEntry.objects.filter(visit=visit)
    accounts: list[tuple[int, Account, ReleaseEntryQuerySet]] = [
        (visit.half_days, visit.specialist, rows.of_specialists()),
        (visit.teachers_half_days, visit.place, rows.of_schools()),
    ]
    for worth, account, counted in accounts:
        _bring_to(
            worth,
            counted=_by_day(counted),
            why=_why("Visit put right", facts.reason),
            kind=ReleaseEntry.Kind.VISIT,
            actor=facts.actor,
            now=facts.now,
            account=account,
            worked_on=timezone.localdate(visit.starts_at),
            visit=visit,
        )


def _locked_meeting(meeting: Meeting) -> Meeting:
    return locked(Meeting.objects.select_related("specialist"), meeting.pk)


def _by_day(rows: ReleaseEntryQuerySet) -> dict[dt.date, int]:
    """What these rows come to, by the day that they are of; one query."""
    return dict(rows.order_by().values_list("worked_on").annotate(Sum("half_days")))


def _bring_to(
    worth: int,
    *,
    counted: Mapping[dt.date, int],
    why: str,
    kind: str,
    actor: Membership,
    now: dt.datetime,
    account: Account,
    worked_on: dt.date,
    **source: Any,
) -> None:
    """Take back what was counted on other days, the earliest first; then add what is missing on the day.

    `counted` is what the source's rows come to, by day: nothing where it has none yet.
    """
    others = sorted(counted.keys() - {worked_on})
    for day, right in [*((day, 0) for day in others), (worked_on, worth)]:
        difference = right - counted.get(day, 0)
        if difference:
            ReleaseEntry.objects.create(
                hub_id=active_hub_id(),
                kind=ReleaseEntry.Kind.CORRECTION if counted else kind,
                year=_year_of(account, day),
                worked_on=day,
                words=why if counted else "",
                half_days=difference,
                recorded_at=now,
                **_recorded_by(actor),
                **_owner(account),
                **source,
            )


def _why(what: str, reason: str) -> str:
    return f"{what}: {reason.strip()}" if reason.strip() else f"{what}."


# --- Logged by people -----------------------------------------------------------------------------


def log_in_school(*, account: Account, logged: InSchool, actor: Membership | str, now: dt.datetime) -> ReleaseEntry:
    """Log release spent in school, of a school's lead teachers or of a Specialist; sent twice, it is one row.

    `actor` is a member or, for a school by its link, the person's name. Raises `NotAllowed`, and `CannotLog` also for
    the key of a form that has logged something else.
    """
    if isinstance(actor, Membership):
        require_keeper(actor, account)
    elif not isinstance(account, Place):
        raise NotAllowed("A Mastery Specialist's days are logged by members of the hub.")
    account = _locked_account(account)
    if sent_before := ReleaseEntry.objects.filter(entry_key=logged.key).first():
        if not _is_of(sent_before, account):
            raise CannotLog("This form has been sent for another account. Open it anew and send it again.")
        if (sent_before.worked_on, sent_before.half_days, sent_before.words) != (
            logged.on,
            logged.half_days,
            logged.words.strip(),
        ):
            there = f"{days(sent_before.half_days)} of {plain_day(sent_before.worked_on)} already: {sent_before.words}"
            raise CannotLog(f"This form has logged {there.removesuffix('.')}. Open it anew to log something else.")
        return sent_before
    _refuse_odd_day(account, logged, actor, now)
    entry = ReleaseEntry(
        hub_id=active_hub_id(),
        kind=ReleaseEntry.Kind.IN_SCHOOL,
        year=_year_of(account, logged.on),
        worked_on=logged.on,
        half_days=logged.half_days,
        words=logged.words.strip(),
        entry_key=logged.key,
        recorded_at=now,
        **_recorded_by(actor),
        **_owner(account),
    )
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError as error:
        # Of another hub, whose rows are not seen here.
        if broken_constraint(error) != "funding_releaseentry_entry_key_key":
            raise
        raise CannotLog("This form has been sent before. Open it anew and send it again.") from error
    text = f"{days(entry.half_days)} in school on {plain_day(entry.worked_on)} logged: {entry.words}"
    timeline.record(subject=account, actor=actor, now=now, text=text)
    return entry


def correct_entry(
    *, entry: ReleaseEntry, reason: str, actor: Membership | SchoolLink, now: dt.datetime
) -> ReleaseEntry:
    """Take back what somebody logged, by a counter-row with the reason. Taken back already, nothing happens.

    `actor` is a member, or the link by which a school comes: it takes back what it has logged itself.
    Raises `NotAllowed`, `CannotCorrect` for a row of another kind, and `ValueError` without a reason.
    """
    if not reason.strip():
        raise ValueError("A correction says why.")
    account = account_of(entry)
    if isinstance(actor, Membership):
        require_keeper(actor, account)
    elif not (entry.is_of_school_itself and entry.place_id == actor.place_id):
        raise NotAllowed("A school takes back what it has logged itself. Anything else is put right by the hub.")
    if refusal := why_not_to_correct(entry):
        raise CannotCorrect(refusal)
    by = actor if isinstance(actor, Membership) else actor.name
    # The application may not change rows of the ledger, hence not lock them either.
    account = _locked_account(account)
    if corrected := ReleaseEntry.objects.filter(corrects=entry).first():
        return corrected
    correction = ReleaseEntry.objects.create(
        hub_id=active_hub_id(),
        kind=ReleaseEntry.Kind.CORRECTION,
        year=entry.year,
        worked_on=entry.worked_on,
        half_days=-entry.half_days,
        corrects=entry,
        words=reason.strip(),
        recorded_at=now,
        **_recorded_by(by),
        **_owner(account),
    )
    text = (
        f"{days(entry.half_days)} in school on {plain_day(entry.worked_on)} taken back from the release time: "
        f"{correction.words}"
    )
    timeline.record(subject=account, actor=by, now=now, text=text)
    return correction


def account_of(entry: ReleaseEntry) -> Account:
    """The place or the Specialist that a row is of."""
    account = entry.place or entry.specialist
    assert account is not None
    return account


def why_not_to_correct(entry: ReleaseEntry) -> str:
    """Why a row is not taken back by hand, as a sentence; nothing where it may be."""
    if entry.attendance_id:
        return "This row is counted from the attendance at a meeting. Put the attendance right there."
    if entry.visit_id:
        return "This row is counted from a support visit. Put the visit's length right there."
    if entry.meeting_id:
        return "This row is counted from a meeting that was held. It follows the meeting."
    if entry.kind == ReleaseEntry.Kind.CORRECTION:
        return "This row is itself a correction. Log the days again if they were right."
    return ""


def require_keeper(actor: Membership, account: Account) -> None:
    """Raise `NotAllowed` unless a member may log and correct there: the hub's people, and a Specialist her own."""
    require(actor, "lead_groups")
    own = places_of(actor) if isinstance(account, Place) else specialists_of(actor)
    if not own.filter(pk=account.pk).exists():
        raise NotAllowed("You can log days for yourself and for the schools in your Work Groups.")


def _refuse_odd_day(account: Account, logged: InSchool, actor: Membership | str, now: dt.datetime) -> None:
    of_school = isinstance(account, Place)
    most = MOST_OF_A_DAY_OF_SCHOOL if of_school else MOST_OF_A_DAY_OF_SPECIALIST
    if not logged.words.strip():
        raise ValueError("Days in school say what they were for.")
    if not 1 <= logged.half_days <= most:
        raise CannotLog(f"Log from ½ day to {days(most)} for one date.")
    if logged.on > timezone.localdate(now):
        raise CannotLog(f"{plain_day(logged.on)} is still to come. Log days once they have been worked.")
    if isinstance(account, Place):
        year = account.stage_year.year
        if academic_year_of(logged.on) != year:
            raise CannotLog(f"Enter a date in {label_of(year)}, the year of the school's place.")
        if account.state == PlaceState.LEFT and isinstance(actor, str):
            raise CannotLog("Your school no longer takes part, so no more days are logged.")
    elif logged.on < account.starts_on or (account.ends_on and logged.on >= account.ends_on):
        raise CannotLog(f"Enter a date on which {account.name} works for the hub.")
    of_day = ReleaseEntry.objects.filter(worked_on=logged.on, **_owner(account))
    same = of_day.filter(kind=ReleaseEntry.Kind.IN_SCHOOL, half_days=logged.half_days, words=logged.words.strip())
    if same.filter(corrected_by=None).exists():
        raise CannotLog(
            f"{days(logged.half_days)} of {plain_day(logged.on)} for “{logged.words.strip().removesuffix('.')}” is "
            "logged already. If there was more on that day, say what else it was for."
        )
    there = of_day.balance()
    if there + logged.half_days > most:
        whose = "both lead teachers together" if of_school else "one Specialist"
        raise CannotLog(
            f"{days(there)} of {plain_day(logged.on)} {'is' if there <= 2 else 'are'} in the ledger already, "
            f"and a date has no more than {days(most)} for {whose}. Check the account before you log it again."
        )


def _locked_account(account: Account) -> Account:
    if isinstance(account, Place):
        return (
            Place.objects.select_for_update(of=("self",), no_key=True).select_related("stage_year").get(pk=account.pk)
        )
    return MasterySpecialist.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)


def _owner(account: Account) -> dict[str, Any]:
    return {"place": account} if isinstance(account, Place) else {"specialist": account}


def _recorded_by(actor: Membership | str) -> dict[str, Any]:
    user = actor.user if isinstance(actor, Membership) else None
    return {"recorded_by": user, "recorded_name": user.name if user else actor}


def _is_of(entry: ReleaseEntry, account: Account) -> bool:
    return (entry.place_id if isinstance(account, Place) else entry.specialist_id) == account.pk


def _year_of(account: Account, day: dt.date) -> int:
    return account.stage_year.year if isinstance(account, Place) else academic_year_of(day)


# --- Sums -----------------------------------------------------------------------------------------


def used_by_places(places: Iterable[Place]) -> dict[int, int]:
    """How many half-days of release each school has used, by its place; one query."""
    return _sums("place", {place.pk for place in places})


def used_by_specialists(specialists: Iterable[MasterySpecialist], *, year: int) -> dict[int, int]:
    """How many half-days each Specialist has used in an academic year; one query."""
    return _sums("specialist", {specialist.pk for specialist in specialists}, year=year)


def _sums(account: str, pks: set[int], **where: int) -> dict[int, int]:
    rows = ReleaseEntry.objects.filter(**{f"{account}__in": pks}, **where).order_by()
    return dict.fromkeys(pks, 0) | dict(rows.values_list(account).annotate(Sum("half_days")))


def evidence_of(place: Place) -> list[str]:
    """What the ledger says beside a decision on completion: "Release time used: 9½ days of the 10 promised."."""
    used, promised = used_by_places([place])[place.pk], place.stage_year.release_half_days
    if promised:
        return [f"Release time used: {days(used)} of the {days(promised)} promised."]
    return [f"Release time used: {days(used)}."]
