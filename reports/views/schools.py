"""The schools of a hub, and any school's page: the register is public, what hubs know stands beside it."""

from __future__ import annotations

import re

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs import listing
from hubs.access import MemberRequest, member
from hubs.listing import Figure
from hubs.permissions import may
from hubs.years import academic_year_of
from programmes import participation
from reports import school_record, schools
from reports.forms import SchoolFilterForm, SchoolSearchForm
from schools import kinds, search
from schools.line import line_of
from schools.lineage import served_by, urns_of_line
from schools.models import School
from schools.time_limit import TookTooLong

PER_PAGE = 50
# What happened lately: who wants it all reads the records that it happened to.
ENTRIES = 10
# Of schools beyond the area: who does not find theirs among them types more.
MOST_BEYOND = 50
_BEYOND = "beyond"
_OF_A_CHANGE = re.compile("([0-9]{1,9})-([0-9]{1,9})")
COLUMNS = [("name", "School"), ("authority", "Authority and trust"), ("pupils", "Pupils"), ("meals", "Free meals")]


@member("view_schools")
@require_safe
def school_list(request: MemberRequest) -> HttpResponse:
    """The hub's schools: search, filter, sort, count."""
    this_year = academic_year_of(timezone.localdate())
    area = schools.area_of(request.hub)
    form = SchoolFilterForm(request.GET, area=area, this_year=this_year)
    chosen = form.chosen()
    counts = schools.counts(area, chosen, this_year=this_year)
    meant = schools.nearest(chosen) if chosen.search and not counts.all else None
    if meant:
        chosen, counts = meant, schools.counts(area, meant, this_year=this_year)
    total = counts.matching(chosen)
    found = schools.schools(area, chosen, this_year=this_year)
    paginator = Paginator(schools.with_names(found, hub=request.hub), PER_PAGE)
    paginator.count = total
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": schools.rows(page, search=chosen.search),
        "total": total,
        "figures": _figures(request, counts),
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "columns": {
            key: column
            for (key, _), column in zip(COLUMNS, listing.columns(request, COLUMNS, sort=chosen.sort), strict=True)
        },
        "has_area": bool(area.authorities),
        "may_maintain": may(request.membership, "maintain_schools"),
        "to_confirm": area.to_confirm,
        "search": form.cleaned_data.get("q", ""),
        "meant": meant.search if meant and total else "",
        "may_manage": may(request.membership, "manage_hub"),
        "carried": listing.carrying(request.GET.urlencode()),
    }
    return render(request, "reports/school_list.html", context)


@member("view_schools")
@require_safe
def schools_beyond(request: MemberRequest) -> HttpResponse:
    """Schools of all England by name, place, postcode or URN: to read about, whoever serves them."""
    form = SchoolSearchForm(request.GET)
    text = form.chosen()
    offered = search.Offer([])
    refusal = ""
    try:
        offered = search.offer(text, request.hub, limit=MOST_BEYOND + 1)
    except TookTooLong:
        refusal = search.TOO_MUCH
    context = {
        "form": form,
        "text": text,
        "is_too_short": search.is_too_short(text),
        "refusal": refusal,
        "found": offered.choices[:MOST_BEYOND],
        "is_cut": len(offered.choices) > MOST_BEYOND,
        "meant": offered.meant,
        "carried": listing.carrying(request.GET.urlencode(), _BEYOND),
        "back_url": reverse("school_list", args=[request.hub.slug]),
        "back_text": "Schools",
    }
    return render(request, "reports/schools_beyond.html", context)


@member("view_schools")
@require_safe
def school(request: MemberRequest, urn: int) -> HttpResponse:
    """What a school is, was before and did, whichever URN is asked for."""
    known = School.objects.known_to(request.hub).select_related("authority").prefetch_related("now")
    found = known.filter(pk=urn).first()
    if found is None:
        raise Http404
    urns = list(urns_of_line(urn))
    in_area = School.objects.filter(served_by(request.hub), pk=urn).exists()
    may_see_expressions = may(request.membership, "view_expressions")
    maintains = may(request.membership, "maintain_schools")
    say = participation.say_of(request.hub, found)
    this_year = academic_year_of(timezone.localdate())
    # Nearly always by its own dates; else by those of what it was before.
    has_year = participation.has_year_to_record([found], this_year) or participation.has_year_to_record(
        known.filter(pk__in=urns), this_year
    )
    took_part = list(participation.participation_of(urns))
    back_url, back_text = _back(request)
    context = {
        "school": found,
        "standing_colour": school_record.STATUS_COLOURS[kinds.standing(found).value],
        "current": list(found.now.all()),
        "facts": school_record.facts(found, in_area=in_area),
        "as_of": school_record.register_as_of(),
        "line": line_of(found, hub=request.hub),
        "participation": took_part,
        "removable": {one.pk for one in took_part if maintains and say.may_put_right(one)},
        "may_record": maintains and say.may_record and has_year,
        "may_change": maintains and found.added_by_id == request.hub.pk and not found.is_closed,
        "may_see_expressions": may_see_expressions,
        "expressions": school_record.expressions_of(urns) if may_see_expressions else [],
        "entries": school_record.entries_of(urns)[:ENTRIES],
        "this_year": this_year,
        "back_url": back_url,
        "back_text": back_text,
    }
    return render(request, "reports/school.html", context)


def _back(request: MemberRequest) -> tuple[str, str]:
    """The page that led to a school's, and its name: a list as it was filtered or, by two URNs, a school change."""
    via, filters = request.GET.get("via", ""), listing.filters_that_led_here(request)
    if pair := _OF_A_CHANGE.fullmatch(via):
        change = reverse("school_change", args=[request.hub.slug, *map(int, pair.groups())])
        return change + listing.carrying(filters), "School change"
    page, text = ("schools_beyond", "Schools beyond your area") if via == _BEYOND else ("school_list", "Schools")
    return reverse(page, args=[request.hub.slug]) + (f"?{filters}" if filters else ""), text


def _figures(request: MemberRequest, counts: schools.Counts) -> list[Figure]:
    return [
        Figure("Schools", counts.all, listing.address(request, took_part="")),
        Figure("Took part", counts.ever, listing.address(request, took_part="ever")),
        Figure("Completed a stage", counts.completed, listing.address(request, took_part="completed")),
        Figure("Take part this year", counts.this_year, listing.address(request, took_part="this_year")),
        Figure("Never took part", counts.never, listing.address(request, took_part="never")),
    ]
