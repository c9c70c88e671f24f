"""Pages on support visits: arrange, write up, put right. Made for a phone in a corridor."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_safe

from correspondence.outbox import messages_about
from hubs import listing, timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields, values_as_typed
from hubs.listing import Figure
from hubs.methods import form_page
from hubs.permissions import may
from hubs.seen import WrittenMeanwhile
from hubs.wording import clock, moment
from hubs.wording import day as day_in_words
from schools.calendar import calendar_of
from workgroups import letters, visit_drafts, visit_queries, visiting
from workgroups.agreed_actions import mark_action_done, mark_action_open, open_actions
from workgroups.models import AgreedAction, InternalNote, Place, Visit, VisitDraft, VisitState
from workgroups.permissions import places_of
from workgroups.visit_drafts import DraftTooLong, VisitLogged
from workgroups.visit_forms import LONGEST_KEY, ArrangeForm, LogForm, MissForm, PutRightForm, VisitFilterForm, arranged
from workgroups.visit_plan import SlotState, VisitSlot, slot_of
from workgroups.visiting import CannotVisit

PER_PAGE = 50
_OPEN_FIRST = (SlotState.OVERDUE, SlotState.TO_LOG, SlotState.TO_ARRANGE, SlotState.ARRANGED, SlotState.HELD)


@member("lead_groups")
@require_safe
def visit_list(request: MemberRequest) -> HttpResponse:
    """The member's visits this term or, if that is chosen, this year; the hub's people choose whose."""
    sees_all = bool(may(request.membership, "view_groups"))
    of_year = request.GET.get("when") == VisitFilterForm.THIS_YEAR
    visits_of = visit_queries.visits_of_this_year if of_year else visit_queries.visits_of_this_term
    all_rows = visits_of(places_of(request.membership), today=timezone.localdate())
    form = VisitFilterForm(request.GET, specialists=visit_queries.specialists_in(all_rows) if sees_all else [])
    form.is_valid()
    state, specialist = form.cleaned_data.get("state", ""), form.cleaned_data.get("specialist")
    of_specialist = visit_queries.chosen_rows(all_rows, state="", specialist=specialist)
    rows = visit_queries.chosen_rows(of_specialist, state=state, specialist=None)
    counts = visit_queries.counts_by_state(of_specialist)
    context = {
        "form": form,
        "figures": [
            Figure(str(one.label), counts[one], listing.address(request, state=one.value)) for one in _OPEN_FIRST
        ],
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "total": len(rows),
        "has_any": bool(all_rows),
        "title": "Visits this year" if of_year else "Visits this term",
        "sees_all": sees_all,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "workgroups/visit_list.html", context)


@member("lead_groups")
@require_safe
def visit(request: MemberRequest, pk: int, term: int, number: int) -> HttpResponse:
    """One visit of a term: where it stands, what can be done, what was written and agreed."""
    place, slot = _get(request, pk, term, number)
    today = timezone.localdate()
    held = slot.visit if slot.state == SlotState.HELD else None
    earlier = open_actions(place)
    context = {
        "place": place,
        "slot": slot,
        "held": held,
        "is_to_write": bool(slot.visit and slot.state in (SlotState.ARRANGED, SlotState.TO_LOG)),
        "has_begun": bool(slot.visit and slot.visit.starts_at <= timezone.now()),
        "goes_on": place.group is not None,
        "internal_note": InternalNote.objects.filter(visit=held).select_related("written_by").first() if held else None,
        "agreed": held.actions.all() if held else [],
        "earlier": earlier.exclude(visit=held) if held else earlier,
        "draft": visit_drafts.draft_of(place=place, term=term, number=number, author=request.user),
        "people": place.participants.taking_part_on(today),
        "entries": timeline.entries_of(*slot.visits),
        "letters": messages_about(slot.visit) if slot.visit and may(request.membership, "view_messages") else [],
        "back_url": reverse("visit_list", args=[request.hub.slug]),
        "back_text": "Visits",
    }
    return render(request, "workgroups/visit.html", context)


@member("lead_groups")
@form_page
def arrange(request: MemberRequest, pk: int, term: int, number: int) -> HttpResponse:
    """Say when a visit is to be; one that is arranged is moved."""
    place, slot = _get(request, pk, term, number)
    back = _url(request, slot)
    standing = None if slot.is_open else slot.visit
    if standing and standing.state == VisitState.HELD:
        return _logged_already(request, slot)
    if place.group is None:
        what = "moved" if standing else "arranged"
        messages.info(request, f"{place.school_now.name} is in no Work Group, so no visit can be {what}.")
        return redirect(back)
    begins: dict[str, Any] = arranged(standing) if standing else {"half_days": 1}
    form = ArrangeForm(
        request.POST or None,
        initial={**begins, **kept_fields(request, ArrangeForm.base_fields)},
        submit="Move the visit" if standing else "Arrange the visit",
        back=back,
        today=timezone.localdate(),
    )
    warnings: list[str] = []
    if form.is_valid() and not (warnings := _warnings(form, place, standing)):
        starts_at, half_days = form.cleaned_data["starts_at"], form.cleaned_data["half_days"]
        actor, now = request.membership, timezone.now()
        try:
            if standing:
                visiting.move_visit(visit=standing, starts_at=starts_at, half_days=half_days, actor=actor, now=now)
            else:
                visiting.arrange_visit(
                    place=place,
                    term=term,
                    number=number,
                    starts_at=starts_at,
                    half_days=half_days,
                    actor=actor,
                    now=now,
                )
        except CannotVisit as refusal:
            form.add_error(None, str(refusal))
        else:
            done = "moved to" if standing else "arranged for"
            messages.success(request, f"The {slot.name} to {place.school_now.name} is {done} {moment(starts_at)}.")
            return redirect(back)
    context = _of_slot(request, place, slot, form=form, standing=standing, warnings=warnings)
    return render(request, "workgroups/visit_arrange.html", context)


@member("lead_groups")
@form_page
def log(request: MemberRequest, pk: int, term: int, number: int) -> HttpResponse:
    """Write up a visit. What is typed is saved meanwhile, and sent twice it is one."""
    place, slot = _get(request, pk, term, number)
    if request.method != "POST":
        return _log_page(request, place, slot)
    form = LogForm(request.POST, now=timezone.now(), earlier=open_actions(place))
    if not form.is_valid():
        return _log_page(request, place, slot, form)
    try:
        visiting.log_visit(
            place=place,
            term=term,
            number=number,
            log=form.log(),
            done=form.done_already(),
            actor=request.membership,
            now=timezone.now(),
        )
    except CannotVisit as refusal:
        form.add_error(None, str(refusal))
        return _log_page(request, place, slot, form)
    messages.success(request, f"The {slot.name} is logged. {_who_is_told(place)}")
    return redirect(_url(request, slot))


@member("lead_groups")
@form_page
def draft(request: MemberRequest, pk: int, term: int, number: int) -> HttpResponse:
    """Keep what is written so far, for its author alone; by itself the address leads to the form."""
    place, slot = _get(request, pk, term, number)
    if request.method != "POST":
        # Saved while signed out: what was put away stands in the form again.
        return _log_page(request, place, slot) if kept_fields(request) else redirect(_url(request, slot, "visit_log"))
    if "drop" in request.POST:
        visit_drafts.drop_draft(place=place, term=term, number=number, actor=request.membership)
        messages.success(request, "Your draft is deleted.")
        return redirect(_url(request, slot))
    is_by_itself = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    before = visit_drafts.draft_of(place=place, term=term, number=number, author=request.user)
    form = LogForm(now=timezone.now(), earlier=open_actions(place))
    try:
        saved = visit_drafts.save_draft(
            place=place,
            term=term,
            number=number,
            answers={name: request.POST.getlist(name) for name in form.box_names()},
            changed=request.POST.getlist("changed") if is_by_itself else None,
            actor=request.membership,
            now=timezone.now(),
        )
    except (VisitLogged, DraftTooLong) as refusal:
        if is_by_itself:
            return JsonResponse({"said": str(refusal)}, status=409)
        messages.error(request, str(refusal))
        return redirect(_url(request, slot))
    if is_by_itself:
        return JsonResponse({"said": _saved(before, saved, request.POST.get("seen", "")), "seen": _mark(saved)})
    messages.success(request, "Saved for you alone. Go on when you like: the school and the hub see nothing of it yet.")
    return redirect(_url(request, slot))


@member("lead_groups")
@form_page
def missed(request: MemberRequest, pk: int, term: int, number: int) -> HttpResponse:
    """Say that a visit did not take place, and why; or that one that nobody has arranged is missed."""
    place, slot = _get(request, pk, term, number)
    back = _url(request, slot)
    standing = slot.visit if slot.visit and slot.visit.state == VisitState.ARRANGED else None
    if request.method == "POST":
        # The one that the form is about: another one may stand by now, or none.
        standing = _visit_of(place, slot, request.POST.get("visit", ""))
    elif not (standing or slot.can_be_given_up):
        marked = f"The {slot.name} is marked as missed already."
        messages.info(request, marked if slot.is_given_up else f"No {slot.name} is due, so none can be missed.")
        return redirect(back)
    form = MissForm(
        request.POST if request.method == "POST" else None,
        initial={**kept_fields(request), "visit": standing.pk if standing else None},
        submit="It did not take place" if standing else "Mark as missed",
        back=back,
    )
    if form.is_valid():
        reason, actor, now = form.cleaned_data["reason"], request.membership, timezone.now()
        try:
            if standing:
                visiting.miss_visit(visit=standing, reason=reason, actor=actor, now=now)
            else:
                visiting.give_up_visit(place=place, term=term, number=number, reason=reason, actor=actor, now=now)
        except CannotVisit as refusal:
            messages.error(request, str(refusal))
        else:
            another = "It is noted that the visit did not take place. Arrange another one."
            messages.success(request, another if standing else f"The {slot.name} is marked as missed.")
        return redirect(back)
    return render(request, "workgroups/visit_missed.html", _of_slot(request, place, slot, form=form, standing=standing))


@member("lead_groups")
@form_page
def put_right(request: MemberRequest, pk: int, term: int, number: int) -> HttpResponse:
    """Correct what was logged, with a reason."""
    place, slot = _get(request, pk, term, number)
    back = _url(request, slot)
    if slot.visit is None or slot.visit.state != VisitState.HELD:
        messages.info(request, f"The {slot.name} is not logged yet, so there is nothing to put right.")
        return redirect(back)
    # The seal first: of what is written between the two, sending it says so.
    seal, written = visiting.seal_of(slot.visit), visiting.log_of(slot.visit)
    blank = PutRightForm(now=timezone.now(), written=written, initial={})
    form = PutRightForm(
        request.POST or None,
        now=timezone.now(),
        written=written,
        initial={"seen": seal, **kept_fields(request, blank.fields)},
    )
    if form.is_valid():
        try:
            is_news = visiting.put_right_visit(
                visit=slot.visit,
                log=form.log(),
                reason=form.cleaned_data["reason"],
                actor=request.membership,
                now=timezone.now(),
                seen=form.cleaned_data["seen"],
                shown=form.shown(),
            )
        except CannotVisit as refusal:
            form.add_error(None, str(refusal))
        except WrittenMeanwhile:
            slot.visit.refresh_from_db()
            seal, form.written = visiting.seal_of(slot.visit), visiting.log_of(slot.visit)
            recorded = timeline.recorded_last(slot.visit, reader=request.user)
            form.show_beside(form.differing(), seal, recorded=recorded)
        else:
            if is_news:
                messages.success(request, "It is put right. The school’s page shows it as it is now.")
            else:
                messages.info(request, "It is as it was: nothing was changed.")
            return redirect(back)
    return render(request, "workgroups/visit_put_right.html", _of_slot(request, place, slot, form=form))


@member("lead_groups")
@form_page
def action_done(request: MemberRequest, pk: int) -> HttpResponse:
    """Say that an agreed action is done, or that it is not after all; by itself the address leads to its visit."""
    found = AgreedAction.objects.filter(pk=pk, place__in=places_of(request.membership)).select_related("visit").first()
    if found is None:
        raise Http404
    if request.method == "POST":
        undo = "undo" in request.POST
        verb = mark_action_open if undo else mark_action_done
        verb(action=found, actor=request.membership, now=timezone.now())
        messages.success(request, f"{'Not done after all' if undo else 'Done'}: {found.text}")
    return redirect("visit", request.hub.slug, found.place_id, found.visit.term, found.visit.number)


def _get(request: MemberRequest, pk: int, term: int, number: int) -> tuple[Place, VisitSlot]:
    place = visit_queries.place_to_visit(request.membership, pk)
    slot = slot_of(place, term=term, number=number, today=timezone.localdate()) if place else None
    if place is None or slot is None:
        raise Http404
    return place, slot


def _visit_of(place: Place, slot: VisitSlot, key: str) -> Visit | None:
    """The visit whose key a form has sent, if it has sent one. Raises `Http404` for one of another slot."""
    if not key:
        return None
    of_slot = place.visits.filter(term=slot.term, number=slot.number)
    found = of_slot.filter(pk=key).first() if key.isdecimal() and len(key) <= LONGEST_KEY else None
    if found is None:
        raise Http404
    return found


def _url(request: MemberRequest, slot: VisitSlot, name: str = "visit") -> str:
    return reverse(name, args=[request.hub.slug, slot.place_id, int(slot.term), slot.number])


def _of_slot(request: MemberRequest, place: Place, slot: VisitSlot, **more: Any) -> dict[str, Any]:
    """What the pages behind a visit's show of it, and the way back."""
    return {
        "place": place,
        "slot": slot,
        "back_url": _url(request, slot),
        "back_text": slot.name.capitalize(),
        **more,
    }


def _log_page(request: MemberRequest, place: Place, slot: VisitSlot, form: LogForm | None = None) -> HttpResponse:
    """The form: as it was sent, as it was put away, as it was saved, or as the visit was arranged."""
    if form is None and not slot.is_open and slot.state == SlotState.HELD:
        return _logged_already(request, slot)
    saved = visit_drafts.draft_of(place=place, term=slot.term, number=slot.number, author=request.user)
    if form is None:
        form = LogForm(now=timezone.now(), earlier=open_actions(place), initial=_begins(slot))
        if saved:
            form.initial.update(values_as_typed(MultiValueDict(saved.answers), form.fields))
        form.initial.update(kept_fields(request, form.fields))
    context = _of_slot(request, place, slot, form=form, draft=saved, seen=_mark(saved) if saved else "")
    return render(request, "workgroups/visit_log.html", context)


def _begins(slot: VisitSlot) -> dict[str, Any]:
    if slot.visit and slot.state in (SlotState.ARRANGED, SlotState.TO_LOG):
        return arranged(slot.visit)
    return {"day": timezone.localdate(), "half_days": 1}


def _logged_already(request: MemberRequest, slot: VisitSlot) -> HttpResponse:
    messages.info(request, f"The {slot.name} is logged already. Put it right if something is wrong.")
    return redirect(_url(request, slot))


def _warnings(form: ArrangeForm, place: Place, standing: Visit | None) -> list[str]:
    """What speaks against the day, unless it was said already or stands; the form is then to be sent again."""
    day = form.cleaned_data["day"]
    if form.was_warned or (standing and timezone.localdate(standing.starts_at) == day):
        return []
    session = calendar_of(place.school_now).in_session(day)
    if session:
        return []
    form.show_warned(submit="Move it all the same" if standing else "Arrange it all the same")
    return [f"Children do not come on {day_in_words(day)}: it is {session.reason}."]


def _who_is_told(place: Place) -> str:
    names = [name for name, _ in letters.people_of(place, now=timezone.now())]
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f"A letter with the way to the note is on its way to {listed}."


def _mark(draft: VisitDraft) -> str:
    """What tells one save of a draft from another."""
    return draft.saved_at.isoformat()


def _saved(before: VisitDraft | None, after: VisitDraft, seen: str) -> str:
    said = f"Saved at {clock(after.saved_at)}"
    if before and _mark(before) != seen:
        return f"{said}. You have also written in another window: of what you changed in both, this one counts"
    return said
