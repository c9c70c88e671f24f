"""The console's pages on recruitment: which stages are open, and until when."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.years import academic_year_of
from programmes import queries, recruiting
from programmes.forms import WindowForm
from programmes.models import ExpressionOfInterest, RecruitmentWindow, StageYear


@member("manage_recruitment")
@require_safe
def recruitment(request: MemberRequest) -> HttpResponse:
    """The stages of this academic year and the next, with their windows."""
    now = timezone.now()
    this_year = academic_year_of(timezone.localdate(now))
    windows = {window.stage_year_id: window for window in queries.stages_with_windows()}
    counts = dict(ExpressionOfInterest.objects.sent().order_by().values_list("window").annotate(Count("pk")))
    rows = []
    for stage_year in queries.stages_of_years((this_year, this_year + 1)):
        window = windows.get(stage_year.pk)
        rows.append(
            {
                "stage_year": stage_year,
                "window": window,
                "phase": window.phase_at(now) if window else None,
                "received": counts.get(window.pk, 0) if window else 0,
            }
        )
    context = {"rows": rows, "public_url": request.build_absolute_uri(reverse("hub_public", args=[request.hub.slug]))}
    return render(request, "programmes/recruitment.html", context)


@member("manage_recruitment")
@form_page
def recruitment_dates(request: MemberRequest, stage_year_id: int) -> HttpResponse:
    """Open recruitment for a stage, or move its dates."""
    stage_year = get_object_or_404(StageYear.objects.select_related("stage"), pk=stage_year_id)
    window = RecruitmentWindow.objects.filter(stage_year=stage_year).first()
    back = reverse("recruitment", args=[request.hub.slug])
    form = WindowForm(
        request.POST or None, initial={**_dates(window), **kept_fields(request, WindowForm.base_fields)}, back=back
    )
    if form.is_valid():
        try:
            recruiting.set_window(
                stage_year=stage_year,
                actor=request.membership,
                now=timezone.now(),
                **form.moments(),  # type: ignore[arg-type]
            )
        except recruiting.Overlaps:
            form.add_error(
                "opens_on",
                f"Enter dates that do not overlap: {stage_year.title} is open for another year at that time",
            )
        else:
            messages.success(request, f"The dates of recruitment for {stage_year} are saved.")
            return redirect(back)
    context = {"form": form, "stage_year": stage_year, "window": window, "back_url": back, "back_text": "Recruitment"}
    return render(request, "programmes/recruitment_dates.html", context)


def _dates(window: RecruitmentWindow | None) -> dict[str, object]:
    if window is None:
        return {}
    return {
        "opens_on": timezone.localdate(window.opens_at),
        "closes_on": timezone.localdate(window.closes_at),
        "late_until": timezone.localdate(window.late_until) if window.late_until else None,
    }
