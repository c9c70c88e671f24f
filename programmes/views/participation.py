"""The pages on which a hub records what a school did before."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.permissions import NotAllowed
from hubs.years import academic_year_of, label_of
from programmes import participation
from programmes.models import Participation, Stage
from programmes.participation_forms import ParticipationForm, RemoveForm
from schools.lineage import urns_of_line
from schools.models import School


@member("maintain_schools")
@form_page
def record(request: MemberRequest, urn: int) -> HttpResponse:
    """Record earlier participation: stage, year, how it ended, under which URN."""
    line = list(School.objects.known_to(request.hub).filter(pk__in=urns_of_line(urn)).order_by("-opened_on", "-urn"))
    school = next((one for one in line if one.urn == urn), None)
    if school is None:
        raise Http404
    if not participation.say_of(request.hub, school).may_record:
        raise NotAllowed(participation.why_not(school, request.hub))
    now, back = timezone.now(), reverse("school", args=[request.hub.slug, urn])
    form = ParticipationForm(
        request.POST or None,
        initial=kept_fields(request),
        line=line,
        stages=participation.stages_to_choose(),
        this_year=academic_year_of(timezone.localdate(now)),
        back=back,
    )
    if form.is_valid():
        chosen = form.cleaned_data
        stage = Stage(pk=chosen["stage"])
        what = f"{participation.title_of(stage, chosen['year'])}, {label_of(chosen['year'])}"
        outcome = Participation.Outcome(chosen["outcome"])
        try:
            is_news = participation.record(
                school=chosen["school"],
                stage=stage,
                year=chosen["year"],
                outcome=outcome,
                actor=request.membership,
                now=now,
            )
        except participation.CannotRecord as refusal:
            messages.error(request, str(refusal))
            return redirect(back)
        if is_news:
            messages.success(request, f"Recorded for {chosen['school'].name}: {what}, {outcome.label.lower()}.")
        else:
            messages.info(request, f"{what}, {outcome.label.lower()}, was recorded before. Nothing has changed.")
        return redirect(back)
    context = {"form": form, "school": school, "back_url": back, "back_text": school.name}
    return render(request, "programmes/participation.html", context)


@member("maintain_schools")
@form_page
def remove(request: MemberRequest, urn: int, pk: int) -> HttpResponse:
    """Take back what was recorded by mistake, having been asked."""
    back = reverse("school", args=[request.hub.slug, urn])
    if request.method == "POST" and not Participation.objects.filter(pk=pk).exists():
        messages.info(request, "This was removed already.")
        return redirect(back)
    found = get_object_or_404(
        Participation.objects.select_related("school", "stage", "recorded_for"), pk=pk, school__in=urns_of_line(urn)
    )
    is_known = found.school.added_by_id in (None, request.hub.pk)
    if is_known and found.school_id == urn:
        school = found.school
    else:
        school = get_object_or_404(School.objects.known_to(request.hub), pk=urn)
    if not participation.say_of(request.hub, school).may_put_right(found):
        raise Http404
    what = f"{participation.title_of(found.stage, found.year)}, {label_of(found.year)}"
    if request.method == "POST":
        try:
            participation.remove(participation=found, actor=request.membership, now=timezone.now())
        except participation.CannotRecord as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Removed: {what}. The timeline says so.")
        return redirect(back)
    context = {
        "form": RemoveForm(back=back),
        "participation": found,
        "what": what,
        "back_url": back,
        "back_text": school.name,
        # What another hub called the school before the register knew it is its own.
        "caption": found.school.name if is_known else school.name,
    }
    return render(request, "programmes/participation_remove.html", context)
