"""The hub's home, and national figures."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from funding.queries import AWARDED
from hubs.access import MemberRequest, member, national
from hubs.listing import Figure
from hubs.permissions import may
from hubs.wording import pounds
from hubs.years import academic_year_of, label_of
from reports import home, queries
from reports.tasks_of_today import tasks
from reports.views.specialist_home import specialist_home
from schools.freshness import freshness
from workgroups.place_queries import OF_A_GROUP

CLOSING_SOON = dt.timedelta(days=14)


@member("use_console")
@require_safe
def console_home(request: MemberRequest) -> HttpResponse:
    """What needs me today, this year in figures, the next seven days; a Specialist's is her own work."""
    now = timezone.now()
    today = timezone.localdate(now)
    sees_groups = may(request.membership, "view_groups")
    sees_money = may(request.membership, "view_money")
    if not sees_groups and may(request.membership, "lead_groups"):
        return specialist_home(request, now=now)
    found = home.counts(request.hub, reader=request.user, now=now)
    context: dict[str, object] = {
        "tasks": tasks(
            request.membership,
            found,
            overdue=home.visits_overdue(today=today) if sees_groups else None,
            closing=queries.windows_closing(now=now, within=CLOSING_SOON) if sees_groups else [],
            today=today,
        ),
        "figures": home_figures(request, found, sees_groups=bool(sees_groups), sees_money=bool(sees_money)),
        "year": label_of(academic_year_of(today)),
    }
    if may(request.membership, "view_expressions"):
        context["changed"] = found.changed
        context["changed_schools"] = home.changed_schools() if found.changed else []
    if sees_groups:
        context["week"] = home.next_seven_days(now=now)
        context["today"] = today
    return render(request, "reports/console_home.html", context)


def home_figures(request: MemberRequest, found: home.Counts, *, sees_groups: bool, sees_money: bool) -> list[Figure]:
    """The year in figures, as far as the member may know them; each leads to a list of what it counts."""
    slug = request.hub.slug
    figures: list[Figure] = []
    if sees_groups:
        figures += [
            Figure("Places in Work Groups", found.places, f"{reverse('place_list', args=[slug])}?state={OF_A_GROUP}"),
            Figure("Work Groups", found.groups, reverse("group_list", args=[slug])),
            Figure("Meetings held", found.meetings, f"{reverse('meeting_list', args=[slug])}?when=held"),
            Figure("Visits held", found.visits, f"{reverse('visit_list', args=[slug])}?when=year&state=held"),
        ]
    if sees_money:
        grants = reverse("grant_list", args=[slug])
        figures += [
            Figure("Grants awarded", pounds(found.awarded_pence), f"{grants}?state={AWARDED}"),
            Figure("Grants paid", pounds(found.paid_pence), f"{grants}?state=paid"),
        ]
    return figures


@national("view_national_figures")
@require_safe
def national_home(request: HttpRequest) -> HttpResponse:
    """Expressions of interest of every hub, counted; and how old the register is."""
    now = timezone.now()
    this_year = academic_year_of(timezone.localdate(now))
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else this_year + 1
    rows = queries.national_figures(year=year)
    total = queries.sum_of(rows)
    context = {
        "groups": queries.grouped_by_hub(rows),
        "total": total,
        "year": label_of(year),
        "years": [(choice, label_of(choice), choice == year) for choice in (this_year + 1, this_year, this_year - 1)],
        "figures": [
            Figure("Received", total.received),
            Figure("To decide", total.to_decide),
            Figure("Places offered", total.offered),
            Figure("Accepted", total.accepted),
            Figure("Turned down by the school", total.turned_down),
            Figure("Declined by the hub", total.declined),
        ],
        "register": freshness(now=now, using="national"),
    }
    return render(request, "reports/national_home.html", context)
