"""The console's pages on schools that the register does not know yet: add one, take one back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from schools import adding, changes, withdrawing
from schools.adding_forms import NewSchoolForm
from schools.models import School


@member("maintain_schools")
@form_page
def add_school(request: MemberRequest) -> HttpResponse:
    """What the hub knows of the school; then, where the register has some like it, whether it is one of them."""
    back = reverse("school_changes", args=[request.hub.slug])
    form = NewSchoolForm(
        request.POST or None,
        initial=kept_fields(request, NewSchoolForm.base_fields),
        authorities=changes.authorities_of(request.hub),
        back=back,
    )
    context = {"form": form, "back_url": back, "back_text": "School changes to confirm"}
    # Back from the question whether it is one of those that are known: the same form, to put right.
    if "change" in request.POST or not form.is_valid():
        return render(request, "schools/add.html", context)
    given = form.given()
    found = adding.like(given, hub=request.hub)
    if not form.has_seen(school.urn for school in found):
        sent = {name: value for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "seen")}
        sent["seen"] = " ".join(str(school.urn) for school in found)
        return render(request, "schools/add_likely.html", {**context, "given": given, "found": found, "sent": sent})
    try:
        school = adding.add_school(given=given, none_of=found, actor=request.membership, now=timezone.now())
    except adding.CannotAdd as refusal:
        form.add_error("authority", str(refusal))
        return render(request, "schools/add.html", context)
    messages.success(
        request,
        f"{school.name} is added. Your hub finds it under its name from now on, and so does anybody who uses your "
        "hub's form; the forms and pages of other hubs do not show it. "
        "When it appears in the register you are asked whether it is the one.",
    )
    return redirect(back)


@member("maintain_schools")
@form_page
def withdraw_school(request: MemberRequest, added_urn: int) -> HttpResponse:
    """Take a school back that was added by mistake."""
    back = reverse("school_changes", args=[request.hub.slug])
    if request.method == "POST" and not School.objects.filter(pk=added_urn).exists():
        messages.info(request, "This school was withdrawn already.")
        return redirect(back)
    school = get_object_or_404(School.objects.usable().filter(added_by=request.hub), pk=added_urn)
    if request.method == "POST":
        try:
            withdrawing.withdraw_school(school=school, actor=request.membership, now=timezone.now())
        except withdrawing.CannotWithdraw as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{school.name} is withdrawn.")
        return redirect(back)
    context = {
        "school": school,
        "why_not": withdrawing.why_not(school),
        "back_url": back,
        "back_text": "School changes to confirm",
    }
    return render(request, "schools/withdraw.html", context)
