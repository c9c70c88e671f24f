"""A Mastery Specialist's home: her next meeting, her visits of this term, her notes to finish, her days."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from funding.ledger import used_by_specialists
from hubs.access import MemberRequest
from hubs.queries import administrators_of
from hubs.years import academic_year_of, label_of
from workgroups.models import MasterySpecialist
from workgroups.my_work import my_work


def specialist_home(request: MemberRequest, *, now: dt.datetime) -> HttpResponse:
    """The home of a member who leads Work Groups and does not see the hub's."""
    today = timezone.localdate(now)
    year = academic_year_of(today)
    found = MasterySpecialist.objects.who_is(request.user).prefetch_related("days_agreed")
    specialist = found.order_by("-starts_on", "pk").first()
    context: dict[str, object] = {"work": my_work(request.membership, today=today, now=now), "specialist": specialist}
    if specialist:
        agreed = [days.half_days for days in specialist.days_agreed.all() if days.year == year]
        context["used"] = used_by_specialists([specialist], year=year).get(specialist.pk, 0)
        context["agreed"] = agreed[0] if agreed else None
        context["year"] = label_of(year)
    else:
        context["administrators"] = administrators_of(request.hub, today=today)
    return render(request, "reports/specialist_home.html", context)
