"""The console's pages on TRG meetings: find, read, plan, change, cancel."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs import listing, timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.listing import Figure
from hubs.methods import form_page
from hubs.moments import time_of_day
from hubs.summary import SummaryRow
from hubs.wording import clock, days, moment
from schools.models import School
from workgroups import meeting_queries, planning
from workgroups.holding import attendance_in_words, internal_note_of
from workgroups.meeting_forms import CancelMeetingForm, MeetingFilterForm, MeetingForm, filled_with
from workgroups.meeting_warnings import GroupCalendar, calendar_of_group, suggested_days, warnings_of
from workgroups.models import Meeting, MeetingState, WorkGroup
from workgroups.permissions import groups_of, meetings_of

PER_PAGE = 50


@member("lead_groups")
@require_safe
def meeting_list(request: MemberRequest) -> HttpResponse:
    """The meetings of the groups that the member sees; what comes next is first."""
    now = timezone.now()
    groups = groups_of(request.membership).with_stage()
    form = MeetingFilterForm(request.GET, groups=groups)
    when, group = form.chosen()
    mine = meetings_of(request.membership)
    counts = meeting_queries.counts(mine, group=group, now=now)
    paginator = Paginator(meeting_queries.listed(mine, when=when, group=group, now=now), PER_PAGE)
    paginator.count = counts[when]
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": meeting_queries.rows_of(page.object_list, now=now),  # type: ignore[arg-type]  # a page of the queryset
        "when": when,
        "back_url": reverse("group_list", args=[request.hub.slug]),
        "back_text": "Work Groups",
        "figures": [
            Figure("To come", counts[""], listing.address(request, when="")),
            Figure("To record", counts["record"], listing.address(request, when="record")),
        ],
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "has_groups": bool(form.fields["group"].choices[1:]),  # type: ignore[attr-defined]
    }
    return render(request, "workgroups/meeting_list.html", context)


@member("lead_groups")
@require_safe
def meeting(request: MemberRequest, pk: int) -> HttpResponse:
    """When, where, what for; who came, what was written up and, apart, what the hub alone reads; what happened."""
    mine = meetings_of(request.membership).with_group().with_host_now()
    now = timezone.now()
    found = get_object_or_404(mine.with_internal_note().with_host_gone(now=now), pk=pk)
    attendance = meeting_queries.attendance_of(found)
    context = {
        "meeting": found,
        "is_to_record": meeting_queries.is_to_record(found, now=now),
        "host_gone": _host_of(found) if found.host_gone else None,  # type: ignore[attr-defined]  # asked in the query
        "facts": _facts(found, group_url=reverse("group", args=[request.hub.slug, found.group_id])),
        "attendance": attendance,
        "attendance_in_words": attendance_in_words(attendance),
        "note": internal_note_of(found),
        "entries": timeline.entries_of(found),
        **back_to_group(request, found.group),
    }
    return render(request, "workgroups/meeting.html", context)


@member("lead_groups")
@form_page
def meeting_plan(request: MemberRequest, pk: int) -> HttpResponse:
    """Plan a meeting, or enter one that was held; days on which every school teaches are proposed."""
    group = get_object_or_404(groups_of(request.membership).with_stage(), pk=pk)
    calendar = calendar_of_group(group)
    form = MeetingForm(
        request.POST if request.method == "POST" else None,
        initial={**_proposed(request), **kept_fields(request, MeetingForm.base_fields)},
        hosts=planning.hosts_of(group),
        submit="Plan the meeting",
        back=back_to_group(request, group)["back_url"],
    )
    warnings: list[str] = []
    if form.is_valid() and not (warnings := _warnings(form, calendar, "Plan it all the same")):
        try:
            made = planning.plan_meeting(
                group=group, details=form.details, actor=request.membership, now=timezone.now()
            )
        except planning.CannotPlan as refusal:
            form.add_error("day", str(refusal))
        else:
            return _planned(request, made)
    context = {
        "group": group,
        "form": form,
        "warnings": warnings,
        "suggestions": [] if form.is_bound else suggested_days(calendar, today=timezone.localdate()),
        **back_to_group(request, group),
    }
    return render(request, "workgroups/meeting_plan.html", context)


@member("lead_groups")
@form_page
def meeting_change(request: MemberRequest, pk: int) -> HttpResponse:
    """Move a meeting, or change anything else about it."""
    found = get_meeting(request, pk)
    if found.state != MeetingState.PLANNED:
        return no_longer(request, found)
    back = reverse("meeting", args=[request.hub.slug, found.pk])
    form = MeetingForm(
        request.POST if request.method == "POST" else None,
        initial={
            **filled_with(planning.details_of(found)),
            "seen": found.sequence,
            **kept_fields(request, MeetingForm.base_fields),
        },
        hosts=planning.hosts_of(found.group),
        host=_host_of(found),
        submit="Save the meeting",
        back=back,
    )
    warnings: list[str] = []
    if form.is_valid() and not (warnings := _warnings_of_move(form, found)):
        try:
            changed = planning.change_meeting(
                meeting=found,
                details=form.details,
                actor=request.membership,
                now=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except planning.CannotPlan as refusal:
            form.add_error("day", str(refusal))
        except planning.ChangedMeanwhile as meanwhile:
            messages.error(request, str(meanwhile))
            form.show_again(seen=meanwhile.meeting.sequence)
        else:
            is_news = changed.sequence != found.sequence
            messages.add_message(request, messages.SUCCESS if is_news else messages.INFO, _what_changed(found, changed))
            return redirect(back)
    context = {"meeting": found, "form": form, "warnings": warnings, **back_to_meeting(request, found)}
    return render(request, "workgroups/meeting_change.html", context)


@member("lead_groups")
@form_page
def meeting_cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Cancel a meeting, with a reason that its people read."""
    found = get_meeting(request, pk)
    if found.state != MeetingState.PLANNED:
        return no_longer(request, found)
    back = reverse("meeting", args=[request.hub.slug, found.pk])
    form = CancelMeetingForm(request.POST or None, initial=kept_fields(request), back=back)
    if form.is_valid():
        try:
            planning.cancel_meeting(
                meeting=found,
                reason=form.cleaned_data["reason"],
                actor=request.membership,
                now=timezone.now(),
            )
        except planning.CannotCancel as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, f"The meeting of {moment(found.starts_at)} is cancelled. It stays in calendars, as cancelled."
            )
        return redirect(back)
    context = {"meeting": found, "form": form, **back_to_meeting(request, found)}
    return render(request, "workgroups/meeting_cancel.html", context)


# --- What the pages on meetings share --------------------------------------------------------------


def get_meeting(request: MemberRequest, pk: int) -> Meeting:
    """The meeting, or a 404 for one that the member does not see."""
    return get_object_or_404(meetings_of(request.membership).with_group().with_host_now(), pk=pk)


def no_longer(request: MemberRequest, found: Meeting) -> HttpResponse:
    """A second click, a second tab or a colleague was quicker: say how the meeting stands, and lead to it."""
    recorded = timeline.last_of(found, reader=request.user)
    messages.info(request, f"This meeting is {found.get_state_display().lower()}. {recorded}")
    return redirect("meeting", request.hub.slug, found.pk)


def back_to_group(request: MemberRequest, group: WorkGroup) -> dict[str, str]:
    """The way back from a meeting."""
    return {"back_url": reverse("group", args=[request.hub.slug, group.pk]), "back_text": group.name}


def back_to_meeting(request: MemberRequest, found: Meeting) -> dict[str, str]:
    """The way back from what can be done with a meeting."""
    return {"back_url": reverse("meeting", args=[request.hub.slug, found.pk]), "back_text": moment(found.starts_at)}


# --- Planning --------------------------------------------------------------------------------------


def _proposed(request: MemberRequest) -> dict[str, Any]:
    """What a proposed day fills in; whatever else stands in the address is ignored."""
    time = time_of_day(request.GET.get("time", ""))
    return {
        "half_days": 1,
        "format": Meeting.Format.IN_PERSON,
        "day": request.GET.get("day", "")[:10],
        "time": clock(time),
    }


def _warnings(form: MeetingForm, calendar: GroupCalendar, submit: str) -> list[str]:
    """What speaks against the day, unless it was said already; the form is then to be sent once more."""
    if form.was_warned:
        return []
    warnings = warnings_of(calendar, form.cleaned_data["day"])
    if warnings:
        form.show_warned(submit=submit)
    return warnings


def _warnings_of_move(form: MeetingForm, found: Meeting) -> list[str]:
    if form.cleaned_data["day"] == found.day:
        return []
    return _warnings(form, calendar_of_group(found.group, but=found), "Save it all the same")


def _planned(request: MemberRequest, made: Meeting) -> HttpResponse:
    when = f"{moment(made.starts_at)}, {days(made.half_days)}"
    if made.starts_at > timezone.now():
        messages.success(request, f"The meeting is planned for {when}. It is in the calendars of the group now.")
        return redirect("meeting", request.hub.slug, made.pk)
    messages.success(request, f"The meeting of {when} is entered. Now record who came.")
    return redirect("meeting_hold", request.hub.slug, made.pk)


def _what_changed(before: Meeting, after: Meeting) -> str:
    if after.sequence == before.sequence:
        return "Nothing was changed: the meeting is as it was."
    if after.starts_at != before.starts_at:
        return f"The meeting is moved to {moment(after.starts_at)}. Calendars follow."
    return f"The meeting of {moment(after.starts_at)} is changed. Calendars follow."


def _host_of(found: Meeting) -> School | None:
    """The school of today that hosts it."""
    return found.host_school.named_now if found.host_school else None


def _facts(found: Meeting, *, group_url: str) -> list[SummaryRow]:
    host = _host_of(found)
    address = ", ".join(part for part in (host.street, host.town, host.postcode) if part) if host else ""
    where = [line for line in (found.where or "Not known yet", address) if line]
    rows = [
        SummaryRow("When", lines=[moment(found.starts_at), days(found.half_days)]),
        SummaryRow("Where", lines=where),
        SummaryRow("How you meet", found.get_format_display()),
    ]
    if found.online_link:
        rows.append(SummaryRow("Link to join", found.online_link, link=found.online_link))
    return [
        *rows,
        SummaryRow("Work Group", f"{found.group.name}, {found.group.stage_year}", link=group_url),
        SummaryRow("Mastery Specialist", found.specialist.name),
    ]
