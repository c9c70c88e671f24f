"""What a change of the register means for work in progress: it stays with the school, and the hub is told.

An expression of interest keeps the URN that sent it; pages and letters show what the school is called
today (`ExpressionOfInterest.school_now`). Drafts are followed without a notice: the hub does not see
them, and they are sent under the URN of the day (`programmes.applying.submit`).
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hubs import timeline
from hubs.models import Membership
from hubs.permissions import require
from hubs.wording import plain_day
from hubs.years import academic_year_of
from programmes.models import LIVE, ExpressionOfInterest, SchoolChange
from schools.models import School

# Who is named on the timeline where nobody of the hub did it: the register's file, or a ruling on it.
REGISTER = "School register"


def notice_changes(*, now: dt.datetime) -> None:
    """Tell the active hub which of its schools with work in progress have closed, and what they are now.

    In progress are live expressions for this academic year and later ones. Each is told of once for each thing
    that its school has become; running it twice changes nothing. A notice that nobody has seen and that no
    longer holds is taken away; what the timeline says of it stays.
    """
    closed = list(
        ExpressionOfInterest.objects.filter(
            state__in=LIVE,
            school__status=School.Status.CLOSED,
            window__stage_year__year__gte=academic_year_of(timezone.localdate(now)),
        )
        .select_related("school")
        .with_school_now()
        # One after the other, where two begin at the same moment.
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    holds = {expression.pk: _urns_now(expression.school) for expression in closed}
    known = set()
    for change in SchoolChange.objects.filter(Q(seen_at=None) | Q(expression__in=holds)):
        if holds.get(change.expression_id) == change.current_urns:
            known.add((change.expression_id, *change.current_urns))
        else:
            # Not what somebody has seen in this moment.
            SchoolChange.objects.unseen().filter(pk=change.pk).delete()
    for expression in closed:
        if (expression.pk, *holds[expression.pk]) not in known:
            notice(expression=expression, now=now)


def notice(*, expression: ExpressionOfInterest, now: dt.datetime) -> None:
    """Tell the hub that the school of one expression has closed, and what it is now. Reads the school's `now`."""
    text = what_happened(expression.school)
    SchoolChange.objects.create(
        hub_id=expression.hub_id,
        expression=expression,
        former=expression.school,
        current_urns=_urns_now(expression.school),
        text=text,
        noticed_at=now,
    )
    timeline.record(subject=expression, actor=REGISTER, now=now, text=text)


def what_happened(school: School) -> str:
    """What the register says of a closed school, and what to do where that does not say enough. Reads `now`."""
    closed = f"closed on {plain_day(school.closed_on)}" if school.closed_on else "has closed"
    match [_with_urn(current) for current in school.now.all()]:
        case []:
            return (
                f"{_with_urn(school)} {closed}, and no successor is known. "
                "Ask the school what becomes of its work with you."
            )
        case [current]:
            return (
                f"{_with_urn(school)} {closed} and is {current} now. It keeps its expression of interest. "
                "Our pages and letters show what it is called now."
            )
        case several:
            return (
                f"{_with_urn(school)} {closed} and has become {len(several)} schools: {'; '.join(several)}. "
                "Choose the one that this expression of interest is for: until then none of them can send its own."
            )


def mark_seen(*, change: SchoolChange, actor: Membership, now: dt.datetime) -> None:
    """Note that somebody of the hub has seen a notice, which then goes away. Seen already, nothing happens.

    With it goes what says the same of the school's other expressions; of a school that has split it stays there, for
    each asks which part is meant. Raises `NotAllowed`.
    """
    require(actor, "decide_expressions")
    with transaction.atomic():
        unseen = SchoolChange.objects.unseen().select_for_update(of=("self",)).order_by("pk")
        same = Q(pk=change.pk)
        if len(change.current_urns) <= 1:
            same |= Q(former=change.former_id, current_urns=change.current_urns)
        seen = list(unseen.filter(same).select_related("expression"))
        if change not in seen:
            return
        for notice in seen:
            notice.seen_at, notice.seen_by = now, actor.user
            notice.save(update_fields=["seen_at", "seen_by"])
            text = "Has seen the notice that the school has changed."
            timeline.record(subject=notice.expression, actor=actor, now=now, text=text)


def _urns_now(school: School) -> list[int]:
    return sorted(current.urn for current in school.now.all())


def _with_urn(school: School) -> str:
    return f"{school.name} ({school.urn_in_words})" if school.is_of_register else school.name
