"""The hub's home, and national figures."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs.access import MemberRequest, member, national
from hubs.listing import Figure
from hubs.permissions import may
from hubs.queries import administrators_of
from hubs.years import academic_year_of, label_of
from reports import queries
from schools.freshness import freshness

CLOSING_SOON = dt.timedelta(days=14)


@member("use_console")
@require_safe
def console_home(request: MemberRequest) -> HttpResponse:
    """What needs me today."""
    now = timezone.now()
    context: dict[str, object] = {}
    if may(request.membership, "view_expressions"):
        context["expressions"] = queries.expressions_waiting()
        context["changed"] = queries.changed_schools()
        context["closing"] = queries.windows_closing(now=now, within=CLOSING_SOON)
    if may(request.membership, "maintain_schools"):
        context["to_confirm"] = queries.changes_to_confirm(request.hub)
    if may(request.membership, "view_messages"):
        context["troubled"] = queries.messages_in_trouble()
    if not context:
        context["administrators"] = administrators_of(request.hub, today=timezone.localdate(now))
    return render(request, "reports/console_home.html", context)


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
            Figure("Turned down", total.turned_down),
            Figure("Declined", total.declined),
        ],
        "register": freshness(now=now, using="national"),
    }
    return render(request, "reports/national_home.html", context)
