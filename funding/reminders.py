"""Reminders of grants: to claim, and to approve. All grants of one day are one mail to each person."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from correspondence.mornings import morning_by, morning_from
from correspondence.reminders import Rule, Wanted
from correspondence.writing import paragraphs
from funding.granting import had_a_hand, may_approve
from funding.models import Grant, GrantEvent, GrantState
from hubs.links import public_url
from hubs.models import Hub
from hubs.queries import members_who_may
from hubs.tenancy import active_hub_id
from hubs.wording import plain_day, pounds

_AHEAD = dt.timedelta(days=14)
_LEFT_LYING = dt.timedelta(days=7)
# Then it stands on the hub's home like everything else that waits, and no mail helps.
_OF_USE_FOR = dt.timedelta(days=28)


@dataclass(frozen=True)
class ClaimDue:
    """Two weeks before the day by which grants are to be claimed."""

    kind: str = "claim-due"
    label: str = "Claims due"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To those who may change money, for the grants that are still only expected."""
        hub = Hub.objects.get(pk=active_hub_id())
        members = list(members_who_may("change_money", hub=hub, today=timezone.localdate(now)))
        for claim_on, claims in _expected().items():
            grants = claims.grants
            due_at = morning_by(claim_on - _AHEAD)
            said = f"{_grants(grants)} to be claimed by {plain_day(claim_on)}"
            for member in members:
                yield Wanted(
                    slot=f"{self.kind}:{claims.what}:member-{member.user_id}",
                    occurrence=claim_on.isoformat(),
                    due_at=due_at,
                    useless_at=morning_from(claim_on) + _OF_USE_FOR,
                    recipient=member.user.email,
                    subject=said,
                    text=paragraphs(
                        f"Dear {member.user.name},",
                        f"{said}, {pounds(sum(grant.amount_pence for grant in grants))} in all. Please look "
                        "whether their conditions are met, and mark them as due, or withhold them with a reason.",
                        f"Grants that are expected:\n{_list_url(hub, GrantState.EXPECTED)}",
                        hub.name,
                    ),
                    because=f"{said}.",
                    about=grants[0] if len(grants) == 1 else None,
                )


@dataclass(frozen=True)
class ClaimToApprove:
    """A week after grants became due, while they are not approved."""

    kind: str = "claim-to-approve"
    label: str = "Claims to approve"

    def __call__(self, *, now: dt.datetime, until: dt.datetime) -> Iterator[Wanted]:
        """To those who may approve them: not to whoever has set their amount or marked them as due."""
        hub = Hub.objects.get(pk=active_hub_id())
        members = list(members_who_may("approve_money", hub=hub, today=timezone.localdate(now)))
        due = _due()
        setters = had_a_hand([grant for waiting in due.values() for grant in waiting.grants])
        for (due_since, waiting), member in product(due.items(), members):
            due_at = morning_from(due_since + _LEFT_LYING)
            theirs = [grant for grant in waiting.grants if may_approve(member, setters[grant.pk])]
            if theirs:
                have = "One grant has" if len(theirs) == 1 else f"{len(theirs)} grants have"
                said = f"{have} waited to be approved since {plain_day(due_since)}"
                yield Wanted(
                    slot=f"{self.kind}:{waiting.what}:member-{member.user_id}",
                    occurrence=due_since.isoformat(),
                    due_at=due_at,
                    useless_at=due_at + _OF_USE_FOR,
                    recipient=member.user.email,
                    subject=said,
                    text=paragraphs(
                        f"Dear {member.user.name},",
                        f"{said}, {pounds(sum(grant.amount_pence for grant in theirs))} in all. The schools are paid "
                        "once they are approved. Please approve them; what should not be paid can be withheld with a "
                        "reason.",
                        f"Grants that are due:\n{_list_url(hub, GrantState.DUE)}",
                        hub.name,
                    ),
                    because=f"{said}.",
                    about=theirs[0] if len(theirs) == 1 else None,
                )


CLAIM_DUE, CLAIM_TO_APPROVE = ClaimDue(), ClaimToApprove()
RULES: Sequence[Rule] = (CLAIM_DUE, CLAIM_TO_APPROVE)


@dataclass(frozen=True)
class _OfOneDay:
    """Grants that are reminded of together, in the order of their ids."""

    grants: list[Grant]
    # What a slot calls them: the day or, of a grant that is alone on it whatever its state, the grant itself, so that
    # what was held stays held when it gets another day.
    what: str


def _expected() -> dict[dt.date, _OfOneDay]:
    """The grants that are still to be claimed, by the day by which they are to be; two queries."""
    everything = dict(Grant.objects.order_by().values_list("pk", "claim_on"))
    return _by_day(Grant.objects.to_claim().order_by("claim_on", "pk"), everything)


def _due() -> dict[dt.date, _OfOneDay]:
    """The grants that wait to be approved, by the day since when they do; two queries.

    That is when one last became due or its amount was changed, which takes an approval back.
    """
    kinds = [GrantEvent.Kind.DUE, GrantEvent.Kind.AMOUNT_CHANGED]
    events = GrantEvent.objects.filter(kind__in=kinds).exclude(grant__state=GrantState.EXPECTED).order_by()
    latest = events.values_list("grant").annotate(Max("happened_at"))
    since = {pk: timezone.localdate(happened_at) for pk, happened_at in latest}
    return _by_day(Grant.objects.filter(state=GrantState.DUE, pk__in=since).order_by("pk"), since)


def _by_day(grants: Iterable[Grant], days: dict[int, dt.date]) -> dict[dt.date, _OfOneDay]:
    """These grants by day; `days` has the days of the others, too."""
    on_one_day = Counter(days.values())
    found: dict[dt.date, _OfOneDay] = {}
    for grant in grants:
        of = days[grant.pk]
        what = f"grant-{grant.pk}" if on_one_day[of] == 1 else of.isoformat()
        found.setdefault(of, _OfOneDay([], what)).grants.append(grant)
    return found


def _grants(grants: Collection[Grant]) -> str:
    """ "One grant is" or "31 grants are"."""
    return "One grant is" if len(grants) == 1 else f"{len(grants)} grants are"


def _list_url(hub: Hub, state: GrantState) -> str:
    return public_url(f"{reverse('grant_list', args=[hub.slug])}?state={state.value}&year=all")
