"""The console's pages on who takes part for a school: another lead teacher, another head, putting things right."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.wording import plain_day
from workgroups import participants
from workgroups.models import Participant, Place
from workgroups.participant_forms import FollowingTeacherForm, HeadForm, TeacherForm
from workgroups.permissions import places_of


@member("manage_groups")
@form_page
def participant_replace(request: MemberRequest, pk: int) -> HttpResponse:
    """Have another teacher follow; what this one attended stays."""
    found, place = _get(request, pk)
    back = _place_url(request, place)
    if found.ends_on is not None:
        after = participants.follower_of(found)
        who = after.name if after else "Another teacher"
        messages.info(request, f"{who} has followed {found.name} already, from {plain_day(found.ends_on)}.")
        return redirect(back)
    form = FollowingTeacherForm(
        request.POST or None,
        initial={"on": timezone.localdate(), **kept_fields(request, FollowingTeacherForm.base_fields)},
        back=back,
    )
    if form.is_valid():
        try:
            after = participants.replace_participant(
                participant=found,
                teacher=form.teacher(),
                on=form.cleaned_data["on"],
                actor=request.membership,
                now=timezone.now(),
            )
        except participants.WrongDay as refusal:
            form.add_error("on", str(refusal))
        except participants.SameTeacher as refusal:
            form.add_error(refusal.field, str(refusal))
        except participants.CannotChange as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request,
                f"{after.name} follows {found.name}, whose attendance stays on record. "
                f"A letter to {after.name} is on its way.",
            )
            return redirect(back)
    context = {"form": form, "participant": found, "place": place, "back_url": back, "back_text": place.school_now.name}
    return render(request, "workgroups/participant_replace.html", context)


@member("manage_groups")
@form_page
def participant_change(request: MemberRequest, pk: int) -> HttpResponse:
    """Put right what is known of a lead teacher."""
    found, place = _get(request, pk)
    back = _place_url(request, place)
    known = {name: getattr(found, name) for name in ("name", "role", "year_group", "email", "trn")}
    form = TeacherForm(request.POST or None, initial=known | kept_fields(request), back=back)
    if form.is_valid():
        try:
            is_news = participants.change_participant(
                participant=found, teacher=form.teacher(), actor=request.membership, now=timezone.now()
            )
        except participants.SameTeacher as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            _say(request, f"What is known of {form.cleaned_data['name']} is changed.", is_news=is_news)
            return redirect(back)
    context = {"form": form, "participant": found, "place": place, "back_url": back, "back_text": place.school_now.name}
    return render(request, "workgroups/participant_change.html", context)


@member("manage_groups")
@form_page
def place_headteacher(request: MemberRequest, pk: int) -> HttpResponse:
    """Name another head, or put right how this one is written."""
    place = get_object_or_404(places_of(request.membership).with_school_now(), pk=pk)
    back = _place_url(request, place)
    known = {"name": place.head_name, "email": place.head_email}
    form = HeadForm(request.POST or None, initial=known | kept_fields(request), back=back)
    if form.is_valid():
        is_news = participants.name_headteacher(
            place=place, **form.cleaned_data, actor=request.membership, now=timezone.now()
        )
        _say(request, f"{form.cleaned_data['name']} is the headteacher from now on.", is_news=is_news)
        return redirect(back)
    context = {"form": form, "place": place, "back_url": back, "back_text": place.school_now.name}
    return render(request, "workgroups/place_headteacher.html", context)


def _get(request: MemberRequest, pk: int) -> tuple[Participant, Place]:
    """A lead teacher and her place, of those that the member sees."""
    found = get_object_or_404(Participant, pk=pk, place__in=places_of(request.membership))
    return found, places_of(request.membership).with_school_now().with_stage().get(pk=found.place_id)


def _say(request: MemberRequest, done: str, *, is_news: bool) -> None:
    if is_news:
        messages.success(request, done)
    else:
        messages.info(request, "It was so already. Nothing has changed.")


def _place_url(request: MemberRequest, place: Place) -> str:
    return reverse("place", args=[request.hub.slug, place.pk])
