"""The console's pages on changes of schools: find those in doubt, see the evidence, rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
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
from hubs.models import Membership
from hubs.permissions import may
from hubs.wording import moment
from schools import changes, confirming, evidence
from schools.ancestry import CannotRule, current_of
from schools.change_forms import NOT_SAME, SAME, TURNED_ROUND, Answer, ChangeFilterForm, RulingForm
from schools.line import line_of
from schools.models import Doubt, School, Succession, SuccessionRuling

PER_PAGE = 50


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
        "may_maintain": may(request.membership, "maintain_schools"),
        "back_url": reverse("school_list", args=[request.hub.slug]),
        "back_text": "Schools",
    }
    return render(request, "schools/change_list.html", context)


@member("view_schools")
@form_page
def change(request: MemberRequest, predecessor: int, successor: int) -> HttpResponse:
    """The evidence on one change, and the ruling on it."""
    found = changes.change_between(request.hub, predecessor, successor)
    if found is None:
        raise Http404
    back = _list_url(request)
    rulings, links = changes.rulings_on(found), changes.links_between(found)
    has_direction = changes.has_direction(found, links)
    form = RulingForm(
        request.POST or None,
        initial={"seen": rulings[0].pk if rulings else None, **kept_fields(request)},
        back=back,
        answers=_answers(found, has_direction=has_direction),
    )
    if form.is_valid():
        try:
            confirming.confirm(
                change=found,
                same_school=form.same_school,
                turned_round=form.turned_round,
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
                actor=request.membership,
                now=timezone.now(),
            )
        except confirming.RuledMeanwhile as meanwhile:
            said = _in_words(meanwhile.ruling, request.membership)
            messages.info(request, f"{said} Nothing of yours was saved: read the reason below, then decide again.")
            return redirect(_record_url(request, found))
        except CannotRule as refusal:
            form.add_error(None, str(refusal))
        else:
            earlier, later = found.predecessor, found.successor
            pair = (later, earlier) if form.turned_round else (earlier, later)
            messages.success(request, _done(*pair, same_school=form.same_school))
            return redirect(back)
    after, before = changes.others(found, request.hub)
    context = {
        "change": found,
        "form": form if may(request.membership, "maintain_schools") else None,
        "doubts": _doubts(found),
        "holds": _what_holds(found, is_ruled=bool(rulings)),
        "line": line_of(found.successor, hub=request.hub) if found.counts else None,
        "sides": ("Earlier school", "Later school") if has_direction else _urns(found),
        "facts": evidence.side_by_side(found.predecessor, found.successor),
        "distance": evidence.distance_in_words(evidence.distance(found.predecessor, found.successor)),
        "links": links,
        "others": [
            (f"What else {found.predecessor.name} became", after),
            (f"What else {found.successor.name} was before", before),
        ],
        "rulings": [(_who(ruling, request.membership), _what(ruling, found), ruling) for ruling in rulings],
        "back_url": back,
        "back_text": "School changes to confirm",
    }
    return render(request, "schools/change.html", context)


def _rows(found: Iterable[Any], membership: Membership, *, decided: bool) -> list[dict[str, object]]:
    """The successions of a page, with what is doubtful or with the ruling on each."""
    if not decided:
        return [{"change": one, "dates": _dates(one), "doubts": _doubts(one)} for one in found]
    rulings = changes.rulings_by_id(one.ruling_id for one in found)
    return [
        {
            "change": one,
            "dates": _dates(one),
            "ruling": rulings[one.ruling_id],
            "who": _who(rulings[one.ruling_id], membership),
        }
        for one in found
    ]


def _dates(found: Succession) -> list[tuple[str, dt.date]]:
    """When the one school closed and the other opened: evidence for when one went on as the other."""
    days = (("closed", found.predecessor.closed_on), ("opened", found.successor.opened_on))
    return [(what, day) for what, day in days if day]


def _doubts(found: Succession) -> list[str]:
    if not found.predecessor.is_of_register and Doubt.LIKELY in found.doubts:
        return [f"You added {found.predecessor.name}. Is it this one?"]
    return [str(doubt.label) for doubt in changes.doubts_on(found)]


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


def _answers(found: Succession, *, has_direction: bool) -> list[Answer]:
    """What there is to choose from: three answers where nobody knows which of the two came first."""
    earlier, later = _named(found.predecessor), _named(found.successor)
    if not found.predecessor.is_of_register:
        name = found.predecessor.name
        same = f"{name} as you added it is closed, and all that refers to it goes on as {later}."
        not_same = f"{name} stays as you added it. You are asked again when another school looks like it."
        return [Answer(SAME, "Yes, the same school", same), Answer(NOT_SAME, "No, not the same school", not_same)]
    if has_direction:
        return [
            Answer(SAME, "Yes, the same school", _passes_on(earlier, later)),
            Answer(
                NOT_SAME,
                "No, not the same school",
                f"Each keeps its own history. What {earlier} took part in does not count for {later}.",
            ),
        ]
    return [
        Answer(SAME, f"{earlier} became {later}", _passes_on(earlier, later)),
        Answer(TURNED_ROUND, f"{later} became {earlier}", _passes_on(later, earlier)),
        Answer(NOT_SAME, "They are not the same school", "Each keeps its own history."),
    ]


def _passes_on(earlier: str, later: str) -> str:
    return f"What {earlier} took part in counts for {later} too, and what is under way goes on under the later school."


def _done(earlier: School, later: School, *, same_school: bool) -> str:
    """What a decision has made of the two, and what they are called now."""
    both = f"{_named(earlier)} and {_named(later)}"
    if not same_school:
        return f"{both} are two different schools from now on. That holds for every hub."
    today = " and ".join(_named(school) for school in current_of(later))
    now = f", called {today} today" if today else ""
    return f"{both} are one school from now on{now}. That holds for every hub."


def _urns(found: Succession) -> tuple[str, str]:
    return found.predecessor.urn_in_words, found.successor.urn_in_words


def _named(school: School) -> str:
    return f"{school.name} ({school.urn_in_words})"


def _list_url(request: MemberRequest) -> str:
    filters = listing.filters_that_led_here(request)
    return reverse("school_changes", args=[request.hub.slug]) + (f"?{filters}" if filters else "")


def _record_url(request: MemberRequest, found: Succession) -> str:
    url = reverse("school_change", args=[request.hub.slug, found.predecessor_id, found.successor_id])
    return url + listing.carrying(listing.filters_that_led_here(request))
