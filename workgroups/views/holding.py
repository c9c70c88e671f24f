"""The console's pages for after a meeting: who came, what was said, and putting it right."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from hubs import timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.seen import WrittenMeanwhile
from hubs.wording import moment
from workgroups import holding
from workgroups.meeting_forms import HoldForm, PutRightForm, WriteUpForm
from workgroups.models import Meeting, MeetingState
from workgroups.views.meetings import back_to_meeting, get_meeting, no_longer


@member("lead_groups")
@form_page
def meeting_hold(request: MemberRequest, pk: int) -> HttpResponse:
    """Who came and what was said, on one page and in one go."""
    found = get_meeting(request, pk)
    now = timezone.now()
    if found.state != MeetingState.PLANNED:
        return no_longer(request, found)
    if found.starts_at > now:
        messages.info(request, f"This meeting begins on {moment(found.starts_at)}. Record it afterwards.")
        return redirect("meeting", request.hub.slug, found.pk)
    participants = holding.who_is_marked(found)
    form = HoldForm(request.POST if request.method == "POST" else None, participants=participants)
    if "everybody" in request.POST:
        form = HoldForm(participants=participants, initial=form.everybody())
    elif request.method != "POST":
        form.initial = kept_fields(request, form.fields)
    elif form.is_valid():
        try:
            held = holding.hold_meeting(
                meeting=found,
                marks=form.marks,
                record=form.record,
                internal_note=form.cleaned_data["internal_note"],
                actor=request.membership,
                now=now,
            )
        except (holding.CannotHold, holding.MarksIncomplete) as refusal:
            messages.error(request, str(refusal))
        else:
            if held.held_recorded_at != now:
                return no_longer(request, held)
            messages.success(request, f"The meeting of {moment(found.starts_at)} is recorded. {_next(form)}")
            return redirect("meeting", request.hub.slug, found.pk)
    context = {
        "meeting": found,
        "form": form,
        "has_people": bool(participants),
        **back_to_meeting(request, found),
    }
    return render(request, "workgroups/meeting_hold.html", context)


@member("lead_groups")
@form_page
def meeting_attendance(request: MemberRequest, pk: int) -> HttpResponse:
    """Put right who came, with a reason."""
    found = get_meeting(request, pk)
    if found.state != MeetingState.HELD:
        return _not_held(request, found)
    participants = holding.who_is_marked(found)
    marked = {row.participant_id: row for row in found.attendance.all()}
    form = PutRightForm(request.POST if request.method == "POST" else None, participants=participants, marked=marked)
    if request.method != "POST":
        form.initial = {"seen": holding.seal_of_attendance(marked.values()), **kept_fields(request, form.fields)}
    elif form.is_valid():
        try:
            changed = holding.put_right_attendance(
                meeting=found,
                marks=form.marks,
                reason=form.cleaned_data["reason"],
                actor=request.membership,
                now=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except holding.MarksIncomplete as refusal:
            messages.error(request, str(refusal))
        except WrittenMeanwhile:
            stands = list(found.attendance.all())
            seal, recorded = holding.seal_of_attendance(stands), timeline.recorded_last(found, reader=request.user)
            form.show_beside(form.differing(stands), seal, recorded=recorded)
        else:
            if changed:
                messages.success(request, "The attendance is put right, and release time is counted by it.")
            else:
                messages.info(request, "The attendance is as it was: nothing was changed.")
            return redirect("meeting", request.hub.slug, found.pk)
    context = {
        "meeting": found,
        "form": form,
        "has_people": bool(participants),
        **back_to_meeting(request, found),
    }
    return render(request, "workgroups/meeting_attendance.html", context)


@member("lead_groups")
@form_page
def meeting_record(request: MemberRequest, pk: int) -> HttpResponse:
    """Write up a meeting that was held, and the internal note apart."""
    found = get_meeting(request, pk)
    if found.state != MeetingState.HELD:
        return _not_held(request, found)
    form = WriteUpForm(
        request.POST if request.method == "POST" else None,
        initial={
            **vars(holding.record_of(found)),
            "internal_note": holding.noted_internally(found),
            "seen": holding.seal_of(found),
            **kept_fields(request),
        },
    )
    if form.is_valid():
        try:
            changed = holding.write_up_meeting(
                meeting=found,
                record=form.record,
                internal_note=form.cleaned_data["internal_note"],
                actor=request.membership,
                now=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except WrittenMeanwhile:
            found = get_meeting(request, pk)
            stands = form.differing(holding.record_of(found), holding.noted_internally(found))
            recorded = timeline.recorded_last(found, reader=request.user)
            form.show_beside(stands, holding.seal_of(found), recorded=recorded)
        else:
            if changed:
                messages.success(request, "The write-up is saved.")
            else:
                messages.info(request, "Nothing was changed.")
            return redirect("meeting", request.hub.slug, found.pk)
    context = {"meeting": found, "form": form, **back_to_meeting(request, found)}
    return render(request, "workgroups/meeting_record.html", context)


def _next(form: HoldForm) -> str:
    is_written = any(form.cleaned_data[name] for name in form.shared)
    return "The schools can read the write-up." if is_written else "Write it up when you have time."


def _not_held(request: MemberRequest, found: Meeting) -> HttpResponse:
    state = found.get_state_display().lower()
    messages.info(request, f"This meeting is {state}. Record that it was held first.")
    return redirect("meeting", request.hub.slug, found.pk)
