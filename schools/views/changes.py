"""The console's pages on changes of schools: find those in doubt, see the evidence, rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs import listing
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.listing import Figure
from hubs.methods import form_page
from hubs.models import Hub, Membership
from hubs.permissions import may, who_may
from hubs.wording import moment, plain_day
from schools import changes, confirming, evidence, kinds
from schools.ancestry import CannotRule, current_of
from schools.change_forms import NOT_SAME, SAME, TURNED_ROUND, Answer, ChangeFilterForm, RulingForm
from schools.line import line_of
from schools.models import Doubt, RegisterLink, School, Succession, SuccessionRuling

PER_PAGE = 50
# Doubts about one of the two schools: nobody may know whether it is the earlier one.
_OF_ONE = {Doubt.STILL_OPEN: "{} is still open", Doubt.SEVERAL_SUCCESSORS: "{} has more than one successor"}


@member("view_schools")
@require_safe
def change_list(request: MemberRequest) -> HttpResponse:
    """What is to confirm or, where that is chosen, what was decided; and the schools that the hub has added."""
    authorities = list(changes.authorities_of(request.hub))
    area = [authority.code for authority in authorities]
    form = ChangeFilterForm(request.GET, authorities=authorities)
    chosen = form.chosen()
    to_confirm, decided = changes.counts(request.hub, chosen, area)
    paginator = Paginator(changes.changes(request.hub, chosen, area), PER_PAGE)
    paginator.count = decided if chosen.decided else to_confirm
    page = paginator.get_page(request.GET.get("page"))
    may_maintain = may(request.membership, "maintain_schools")
    context = {
        "form": form,
        "page": page,
        "rows": _rows(page.object_list, request.membership, decided=chosen.decided),
        "decided": chosen.decided,
        "figures": [
            Figure("To confirm", to_confirm, listing.address(request, state="")),
            Figure("Decided", decided, listing.address(request, state="decided")),
        ],
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "carried": listing.carrying(request.GET.urlencode()),
        "added": [] if chosen.decided else changes.added_by(request.hub),
        "may_maintain": may_maintain,
        "who_may_decide": None if may_maintain else who_may("maintain_schools"),
        "back_url": reverse("school_list", args=[request.hub.slug]),
        "back_text": "Schools",
    }
    return render(request, "schools/change_list.html", context)


@member("view_schools")
@form_page
def change(request: MemberRequest, predecessor: int, successor: int) -> HttpResponse:
    """The evidence on one change, and the ruling on it. Who was slower than a colleague gets the form again."""
    evidence_of = partial(_Evidence.on, request.hub, predecessor, successor)
    shown = evidence_of()
    back = _list_url(request)
    form = RulingForm(
        request.POST or None, initial={"seen": shown.seen, **kept_fields(request)}, back=back, answers=_answers(shown)
    )
    status = 200
    if form.is_valid():
        found, turned_round = shown.change, form.same_school and form.turned_round == shown.as_asked
        try:
            confirming.confirm(
                change=found,
                same_school=form.same_school,
                turned_round=turned_round,
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
                actor=request.membership,
                now=timezone.now(),
            )
        except confirming.RuledMeanwhile as meanwhile:
            status, shown = 409, evidence_of()
            form = RulingForm({**request.POST.dict(), "seen": shown.seen}, back=back, answers=_answers(shown))
            said = _in_words(meanwhile.ruling, request.membership)
            form.add_error(
                None, f"{said} Yours is not saved yet: read the reason below, then send yours again or leave."
            )
        except CannotRule as refusal:
            form.add_error(None, str(refusal))
        else:
            earlier, later = found.predecessor, found.successor
            pair = (later, earlier) if turned_round else (earlier, later)
            messages.success(request, _done(*pair, same_school=form.same_school))
            return redirect(back)
    found, rulings = shown.change, shown.rulings
    after, before = changes.others(found, request.hub)
    may_decide = may(request.membership, "maintain_schools")
    context = {
        "change": found,
        "form": form if may_decide else None,
        "who_may_decide": None if may_decide else who_may("maintain_schools"),
        "doubts": _doubts(found),
        "holds": _what_holds(found, is_ruled=bool(rulings)),
        "line": line_of(found.successor, hub=request.hub) if found.counts else None,
        "sides": ("Earlier school", "Later school") if shown.has_direction else _urns(found),
        "facts": evidence.side_by_side(found.predecessor, found.successor),
        "distance": evidence.distance_in_words(evidence.distance(found.predecessor, found.successor)),
        "links": shown.links,
        "carried": listing.carrying(listing.filters_that_led_here(request), f"{predecessor}-{successor}"),
        "others": [
            (f"What else {found.predecessor.name} became", after),
            (f"What else {found.successor.name} was before", before),
        ],
        "rulings": [(_who(ruling, request.membership), _what(ruling, found), ruling) for ruling in rulings],
        "back_url": back,
        "back_text": "School changes to confirm",
    }
    return render(request, "schools/change.html", context, status=status)


@dataclass(frozen=True)
class _Evidence:
    """What is known of a change while its page is shown."""

    change: Succession
    # Whether it is the way round that the address names the two; a decision may have turned it.
    as_asked: bool
    rulings: list[SuccessionRuling]
    links: list[RegisterLink]

    @classmethod
    def on(cls, hub: Hub, predecessor: int, successor: int) -> _Evidence:
        """As it is now; raises `Http404` where the hub may not see such a change."""
        found = changes.change_between(hub, predecessor, successor)
        if found is None:
            raise Http404
        as_asked = found.predecessor_id == predecessor
        return cls(found, as_asked, changes.rulings_on(found), changes.links_between(found))

    @property
    def has_direction(self) -> bool:
        """Whether nobody need ask which of the two would come first."""
        return changes.has_direction(self.change, self.links)

    @property
    def seen(self) -> int | None:
        """The latest ruling that the page shows."""
        return self.rulings[0].pk if self.rulings else None


def _rows(found: Iterable[Any], membership: Membership, *, decided: bool) -> list[dict[str, object]]:
    """The successions of a page, with what is doubtful or with the ruling on each."""
    if not decided:
        return [
            {"change": one, "dates": _dates(one), "doubts": _doubts(one), "has_direction": _says_direction(one)}
            for one in found
        ]
    rulings = changes.rulings_by_id(one.ruling_id for one in found)
    return [
        {
            "change": one,
            "dates": _dates(one),
            "ruling": rulings[one.ruling_id],
            "has_direction": rulings[one.ruling_id].same_school,
            "who": _who(rulings[one.ruling_id], membership),
        }
        for one in found
    ]


def _dates(found: Succession) -> list[tuple[str, dt.date]]:
    """When the one school closed and the other opened: evidence for when one went on as the other."""
    days = (("closed", found.predecessor.closed_on), ("opened", found.successor.opened_on))
    return [(what, day) for what, day in days if day]


def _says_direction(found: Succession) -> bool:
    """Whether the one is known to come after the other, if they are one school."""
    return not {Doubt.CYCLE, Doubt.NO_DIRECTION} & set(changes.doubts_on(found))


def _doubts(found: Succession) -> list[str]:
    if not found.predecessor.is_of_register and Doubt.LIKELY in found.doubts:
        return [f"You added {found.predecessor.name}. Is it this one?"]
    sides = ((found.predecessor, found.doubts), (found.successor, getattr(found, "doubts_back", None) or ()))
    return [
        words
        for doubt in changes.doubts_on(found)
        for words in (
            [_OF_ONE[doubt].format(_named(school)) for school, doubts in sides if doubt in doubts]
            if doubt in _OF_ONE
            else [str(doubt.label)]
        )
    ]


def _who(ruling: SuccessionRuling, membership: Membership) -> str:
    """Who ruled: by name in one's own hub, else as a colleague of another one."""
    return ruling.ruled_by.name if ruling.ruled_for_id == membership.hub_id else f"a colleague of {ruling.ruled_for}"


def _what(ruling: SuccessionRuling, found: Succession) -> str:
    """What a ruling says of the two schools, whichever of them it names first."""
    if not ruling.same_school:
        return "Not the same school"
    as_shown = ruling.predecessor_id == found.predecessor_id
    earlier, later = (found.predecessor, found.successor) if as_shown else (found.successor, found.predecessor)
    return f"The same school: {_named(earlier)} went on as {_named(later)}"


def _what_holds(found: Succession, *, is_ruled: bool) -> str:
    """What is taken for true, and until when: a decision holds, and until there is one what the register says."""
    earlier, later = _named(found.predecessor), _named(found.successor)
    if not found.counts:
        holds = "they are two schools, and each keeps its own history."
    elif Doubt.CYCLE in found.doubts:
        holds = "the register's word holds in both directions: what each of them took part in counts for the other."
    elif is_ruled:
        holds = f"they are one school, and what {earlier} took part in counts for {later}."
    else:
        holds = f"the register's word holds: what {earlier} took part in counts for {later}."
    if not is_ruled and changes.doubts_on(found):
        return f"Until somebody decides, {holds}"
    return holds[0].upper() + holds[1:]


def _in_words(ruling: SuccessionRuling, membership: Membership) -> str:
    who = "You" if ruling.ruled_by_id == membership.user_id else _who(ruling, membership)
    what = "are the same school" if ruling.same_school else "are not the same school"
    return f"{who[0].upper()}{who[1:]} decided on {moment(ruling.ruled_at)} that they {what}."


def _answers(shown: _Evidence) -> list[Answer]:
    """What there is to choose from: three answers where nobody knows which of the two came first."""
    found = shown.change
    earlier, later = found.predecessor, found.successor
    same, back = (SAME, TURNED_ROUND) if shown.as_asked else (TURNED_ROUND, SAME)
    if not earlier.is_of_register:
        name = earlier.name
        goes_on = f"{name} as you added it is closed, and all that refers to it goes on as {_named(later)}."
        stays = f"{name} stays as you added it. You are asked again when another school looks like it."
        return [Answer(same, "Yes, the same school", goes_on), Answer(NOT_SAME, "No, not the same school", stays)]
    if shown.has_direction:
        return [
            Answer(same, "Yes, the same school", _passes_on(earlier, later)),
            Answer(
                NOT_SAME,
                "No, not the same school",
                f"Each keeps its own history. What {_named(earlier)} took part in does not count for {_named(later)}.",
            ),
        ]
    one, other = _with_state(earlier), _with_state(later)
    return [
        Answer(same, f"{one} became {other}", _passes_on(earlier, later)),
        Answer(back, f"{other} became {one}", _passes_on(later, earlier)),
        Answer(NOT_SAME, "They are not the same school", "Each keeps its own history."),
    ]


def _passes_on(earlier: School, later: School) -> str:
    """What follows where the one went on as the other: from what was, and from what is under way."""
    counts = f"What {_named(earlier)} took part in counts for {_named(later)} too"
    # In a circle each is what the other is today.
    today = [school for school in current_of(later) if school != earlier]
    if not earlier.is_closed:
        stays = f"What is under way at {_named(earlier)} stays there while it is open"
        closed = (
            "" if today else f", and at {_named(later)}, which is closed, until an open school that it became is known"
        )
        return f"{counts}. {stays}{closed}."
    if len(today) == 1:
        return f"{counts}, and what is under way goes on under {_named(today[0])}."
    why = "that has become several schools" if today else "that is closed, and no open school that it became is known"
    until = "" if today else " until one is"
    return f"{counts}. What is under way does not go on under {_named(later)}: {why}. It stays where it is{until}."


def _done(earlier: School, later: School, *, same_school: bool) -> str:
    """What a decision has made of the two, and what holds now."""
    both = f"{_named(earlier)} and {_named(later)}"
    if not same_school:
        return f"{both} are two different schools from now on. That holds for every hub."
    today = " and ".join(_named(school) for school in current_of(later))
    if today:
        return f"{both} are one school from now on, called {today} today. That holds for every hub."
    return (
        f"{both} are one school from now on. {_named(later)} is closed, and no open school that it became is known: "
        "what is under way stays where it is until one is. That holds for every hub."
    )


def _with_state(school: School) -> str:
    """A school, told from another by whether it is open: "Ash Lane School (URN 100123, closed on 31 August 2026)"."""
    state = str(kinds.standing(school).value)
    if school.is_closed and school.closed_on:
        state = f"closed on {plain_day(school.closed_on)}"
    return f"{school.name} ({school.urn_in_words}, {state})"


def _urns(found: Succession) -> tuple[str, str]:
    return found.predecessor.urn_in_words, found.successor.urn_in_words


def _named(school: School) -> str:
    return f"{school.name} ({school.urn_in_words})"


def _list_url(request: MemberRequest) -> str:
    filters = listing.filters_that_led_here(request)
    return reverse("school_changes", args=[request.hub.slug]) + (f"?{filters}" if filters else "")
