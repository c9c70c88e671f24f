"""The console's pages on schools that the register does not know yet: add one, change it, take it back."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from hubs import timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.models import LocalAuthority
from schools import adding, changes, withdrawing
from schools.adding_forms import NewSchoolForm
from schools.models import School

_CHANGES = ("school_changes", "School changes to confirm")


@member("maintain_schools")
@form_page
def add_school(request: MemberRequest) -> HttpResponse:
    """What the hub knows of the school; then, where the register has some like it, whether it is one of them."""
    page, back_text = ("school_list", "Schools") if request.GET.get("via") == "schools" else _CHANGES
    back = reverse(page, args=[request.hub.slug])
    form = NewSchoolForm(
        request.POST or None,
        initial=kept_fields(request, NewSchoolForm.base_fields),
        authorities=changes.authorities_of(request.hub),
        back=back,
    )
    context = {"form": form, "back_url": back, "back_text": back_text}
    # Back from the question whether it is one of those that are known: the same form, to put right.
    if "change" in request.POST or not form.is_valid():
        return render(request, "schools/add.html", context)
    given = form.given()
    # What the hub has added before is not asked about once more.
    found = [] if adding.added_before(given, request.hub) else adding.like(given, hub=request.hub)
    if not form.has_seen(school.urn for school in found):
        sent = {name: value for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "seen")}
        sent["seen"] = " ".join(str(school.urn) for school in found)
        return render(request, "schools/add_likely.html", {**context, "given": given, "found": found, "sent": sent})
    try:
        school = adding.add_school(given=given, none_of=found, actor=request.membership, now=timezone.now())
    except adding.CannotAdd as refusal:
        form.add_error("authority", str(refusal))
        return render(request, "schools/add.html", context)
    except adding.AddedBefore as before:
        messages.info(request, f"{before} Nothing has changed yet: change here what is wrong.")
        return redirect("school_added_change", request.hub.slug, before.school.urn)
    messages.success(
        request,
        f"{school.name} is added. Your hub finds it under its name from now on, and so does anybody who uses your "
        "hub's form; the forms and pages of other hubs do not show it. "
        "When it appears in the register you are asked whether it is the one.",
    )
    return redirect(back)


@member("maintain_schools")
@form_page
def change_school(request: MemberRequest, added_urn: int) -> HttpResponse:
    """Put right what the hub has said of a school that it added."""
    school = get_object_or_404(changes.added_by(request.hub), pk=added_urn)
    back = reverse("school", args=[request.hub.slug, school.urn])
    form = NewSchoolForm(
        request.POST or None,
        initial=asdict(adding.said_of(school)) | kept_fields(request, NewSchoolForm.base_fields),
        # Its own among them, should the hub's area have changed meanwhile.
        authorities=changes.authorities_of(request.hub) | LocalAuthority.objects.filter(pk=school.authority_id),
        back=back,
        submit="Save the changes",
    )
    if form.is_valid():
        try:
            is_news = adding.change_school(
                school=school, given=form.given(), actor=request.membership, now=timezone.now()
            )
        except adding.CannotAdd as refusal:
            form.add_error(None, str(refusal))
        else:
            if is_news:
                messages.success(request, f"{form.cleaned_data['name']} is changed.")
            else:
                messages.info(request, f"{school.name} was so already. Nothing has changed.")
            return redirect(back)
    context = {"form": form, "school": school, "back_url": back, "back_text": school.name}
    return render(request, "schools/add_change.html", context)


@member("maintain_schools")
@form_page
def withdraw_school(request: MemberRequest, added_urn: int) -> HttpResponse:
    """Take a school back that was added by mistake."""
    back = reverse("school_changes", args=[request.hub.slug])
    school = School.objects.usable().filter(added_by=request.hub, pk=added_urn).first()
    if school is None:
        # What the hub knows of it stays, and only the hub's own: nobody can count what others have added.
        if request.method == "POST" and timeline.entries_of(School(pk=added_urn)).exists():
            messages.info(request, "This school was withdrawn already, or the register knows it by now.")
            return redirect(back)
        raise Http404
    if request.method == "POST":
        try:
            withdrawing.withdraw_school(school=school, actor=request.membership, now=timezone.now())
        except withdrawing.CannotWithdraw as refusal:
            messages.error(request, str(refusal))
            return redirect("school", request.hub.slug, school.urn)
        messages.success(request, f"{school.name} is withdrawn.")
        return redirect(back)
    context = {
        "school": school,
        "why_not": withdrawing.why_not(school),
        "back_url": back,
        "back_text": "School changes to confirm",
    }
    return render(request, "schools/withdraw.html", context)
