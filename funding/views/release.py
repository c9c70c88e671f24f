"""The pages on release time: every account and its rows, days in school, corrections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from funding import accounts, ledger
from funding.accounts import Line, Totals, Used
from funding.ledger import Account
from funding.models import ReleaseEntry
from funding.release_forms import CorrectionForm, InSchoolForm, ReleaseFilterForm, YearForm
from funding.views.pages import money_pages, release_pages
from hubs import listing
from hubs.access import MemberRequest, TokenRequest, member, token
from hubs.kept import kept_fields
from hubs.links import LinkExpired
from hubs.listing import Figure
from hubs.methods import form_page
from hubs.permissions import may
from hubs.wording import days, plain_day
from hubs.years import academic_year_of
from workgroups.models import MasterySpecialist, Place, SchoolLink
from workgroups.permissions import places_of, specialists_of

PER_PAGE = 50
_COUNTED = "Meetings are counted by themselves, and so are support visits with the release that was entered with them."
COLUMNS = [("school", "School"), ("group", "Work Group"), ("stage", "Stage"), ("used", "Used")]


@member("lead_groups")
@require_safe
def release_list(request: MemberRequest) -> HttpResponse:
    """The schools' release of a year: used of promised, by what it was for."""
    stage_years = accounts.stage_years_of_places(request.membership)
    form = ReleaseFilterForm(request.GET, stage_years=stage_years, this_year=_this_year())
    chosen = form.chosen()
    totals = accounts.totals(request.membership, chosen)
    paginator = Paginator(accounts.schools(request.membership, chosen), PER_PAGE)
    paginator.count = totals.schools
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [accounts.school_row(place) for place in page],
        "totals": totals,
        "figures": _figures_of_list(totals),
        "chosen": listing.chosen_filters(request, form),
        "clear_url": request.path,
        "columns": listing.columns(request, COLUMNS, sort=chosen.sort),
        "pages": release_pages(request, "release_list"),
        "carried": listing.carrying(request.GET.urlencode()),
    }
    return render(request, "funding/release_list.html", context)


def _figures_of_list(totals: Totals) -> list[Figure]:
    """What was used is set against what was promised; days of schools that promised none stand by themselves."""
    figures = [
        Figure("Schools", totals.schools),
        Figure("Promised", days(totals.promised)),
        Figure("Used of those", days(totals.used)),
    ]
    if totals.used_unpromised:
        figures.append(Figure("Used where none were promised", days(totals.used_unpromised)))
    return figures


@member("lead_groups")
@require_safe
def release_specialists(request: MemberRequest) -> HttpResponse:
    """The Specialists' days of a year: used of agreed. A Specialist finds herself."""
    years = accounts.years_of_specialists(request.membership)
    form = YearForm(request.GET, years=years, this_year=_this_year())
    year = form.chosen()
    context = {
        "form": form,
        "year": year,
        "rows": accounts.specialists(request.membership, year=year),
        "pages": release_pages(request, "release_specialists"),
        "heading": "Release time",
        "linked": True,
    }
    return render(request, "funding/specialist_days.html", context)


@member("view_money")
@require_safe
def money_release(request: MemberRequest) -> HttpResponse:
    """The same for whoever sees money: what each Specialist's school is owed days for. Sums only, no notes."""
    form = YearForm(request.GET, years=accounts.years_of_specialists(None), this_year=_this_year())
    year = form.chosen()
    context = {
        "form": form,
        "year": year,
        "rows": accounts.specialists(None, year=year),
        "pages": money_pages(request, "money_release"),
        "heading": "Specialists’ days",
        "linked": may(request.membership, "lead_groups"),
    }
    return render(request, "funding/specialist_days.html", context)


@member("lead_groups")
@require_safe
def release_of_place(request: MemberRequest, pk: int) -> HttpResponse:
    """A school's account: every row, the balance after it, and what it is about."""
    place = _place(request, pk)
    back_url, back_text = _back(request, "release_list", "Release time")
    context = {
        "title": place.school_now.name,
        "caption": f"Release time, {place.stage_year}",
        "figures": _figures(accounts.used_of_school(place), "Promised"),
        "lines": _linked(request, accounts.lines_of_school(place)),
        "log_url": reverse("release_log_place", args=[request.hub.slug, pk]),
        "explanation": f"Both lead teachers together. {_COUNTED}",
        "back_url": back_url,
        "back_text": back_text,
    }
    return render(request, "funding/release_account.html", context)


@member("lead_groups")
@require_safe
def release_of_specialist(request: MemberRequest, pk: int) -> HttpResponse:
    """A Specialist's account of an academic year."""
    specialist = _specialist(request, pk)
    years = accounts.years_of_specialists(request.membership)
    form = YearForm(request.GET, years=years, this_year=_this_year())
    year = form.chosen()
    context = {
        "title": specialist.name,
        "caption": "Days of a Mastery Specialist",
        "form": form,
        "figures": _figures(accounts.used_of_specialist(specialist, year=year), "Agreed"),
        "lines": _linked(request, accounts.lines_of_specialist(specialist, year=year)),
        "log_url": reverse("release_log_specialist", args=[request.hub.slug, pk]),
        "explanation": _COUNTED,
        "back_url": reverse("release_specialists", args=[request.hub.slug]),
        "back_text": "Mastery Specialists",
    }
    return render(request, "funding/release_account.html", context)


@member("lead_groups")
@form_page
def release_log_place(request: MemberRequest, pk: int) -> HttpResponse:
    """Log days in school of a school's lead teachers."""
    place = _place(request, pk)
    back = reverse("release_of_place", args=[request.hub.slug, pk])
    return _log_page(request, place, place.school_now.name, back)


@member("lead_groups")
@form_page
def release_log_specialist(request: MemberRequest, pk: int) -> HttpResponse:
    """Log a Specialist's days in school."""
    specialist = _specialist(request, pk)
    back = reverse("release_of_specialist", args=[request.hub.slug, pk])
    return _log_page(request, specialist, specialist.name, back)


@member("lead_groups")
@form_page
def release_correct(request: MemberRequest, pk: int) -> HttpResponse:
    """Take back what somebody logged."""
    entry = ReleaseEntry.objects.select_related("place__school", "specialist", "corrected_by").filter(pk=pk).first()
    if entry is None or not _sees(request, account := ledger.account_of(entry)):
        raise Http404
    back = _account_url(request, account)
    refusal = ledger.why_not_to_correct(entry)
    if not refusal and hasattr(entry, "corrected_by"):
        refusal = f"{entry.corrected_by.recorded_name} has taken this back already: {entry.corrected_by.words}"
    if refusal:
        messages.info(request, refusal)
        return redirect(back)
    hint = "It stands in the account beside the correction."
    form = CorrectionForm(request.POST or None, initial=kept_fields(request), hint=hint, back=back)
    if form.is_valid():
        ledger.correct_entry(
            entry=entry, reason=form.cleaned_data["reason"], actor=request.membership, now=timezone.now()
        )
        messages.success(request, f"{days(entry.half_days)} taken back. The account shows both rows and why.")
        return redirect(back)
    name = account.school_now.name if isinstance(account, Place) else account.name
    context = {"form": form, "entry": entry, "name": name, "back_url": back, "back_text": name}
    return render(request, "funding/release_correct.html", context)


@token("school-page")
@form_page
def release_log_school(request: TokenRequest) -> HttpResponse:
    """A school logs its own days in school, by its link. Raises `LinkExpired` where the way has been ended."""
    link, place, back = _school_of(request)
    form = InSchoolForm(request.POST or None, most=ledger.MOST_OF_A_DAY_OF_SCHOOL, both=True, back=back)
    if entry := _logged(form, place, link.name):
        messages.success(request, _thanks(entry))
        return redirect(back)
    context = {"form": form, "place": place, "back_url": back, "back_text": "Your school’s page"}
    return render(request, "funding/release_log_school.html", context)


@token("school-page")
@form_page
def release_take_back_school(request: TokenRequest, pk: int) -> HttpResponse:
    """A school takes back what it has logged itself. Raises `LinkExpired` where the way has been ended."""
    link, place, back = _school_of(request)
    entry = ReleaseEntry.objects.select_related("place__school", "corrected_by").filter(pk=pk, place=place).first()
    if entry is None or not entry.is_of_school_itself:
        raise Http404
    if hasattr(entry, "corrected_by"):
        messages.info(request, "This has been taken back already.")
        return redirect(back)
    form = CorrectionForm(request.POST or None, hint="Your hub reads it in your school’s account.", back=back)
    if form.is_valid():
        ledger.correct_entry(entry=entry, reason=form.cleaned_data["reason"], actor=link, now=timezone.now())
        messages.success(request, f"{days(entry.half_days)} of {plain_day(entry.worked_on)} taken back.")
        return redirect(back)
    context = {"form": form, "entry": entry, "place": place, "back_url": back, "back_text": "Your school’s page"}
    return render(request, "funding/release_take_back_school.html", context)


def _school_of(request: TokenRequest) -> tuple[SchoolLink, Place, str]:
    """Whose link it is, of which school, and the way back to its page. Raises `LinkExpired`, and `Http404`."""
    link = SchoolLink.objects.filter(pk=request.link.subject_id).first()
    if link is None:
        raise Http404
    if link.ended_at:
        raise LinkExpired
    place = Place.objects.with_stage().with_school_now().get(pk=link.place_id)
    assert request.resolver_match is not None
    return link, place, reverse("school_page", args=[request.resolver_match.kwargs["token"]])


def _log_page(request: MemberRequest, account: Account, name: str, back: str) -> HttpResponse:
    of_school = isinstance(account, Place)
    form = InSchoolForm(
        request.POST or None,
        initial=kept_fields(request, InSchoolForm.base_fields),
        most=ledger.MOST_OF_A_DAY_OF_SCHOOL if of_school else ledger.MOST_OF_A_DAY_OF_SPECIALIST,
        both=of_school,
        back=back,
    )
    if entry := _logged(form, account, request.membership):
        messages.success(request, _thanks(entry))
        return redirect(back)
    context = {"form": form, "name": name, "back_url": back, "back_text": name}
    return render(request, "funding/release_log.html", context)


def _logged(form: InSchoolForm, account: Account, actor: Any) -> ReleaseEntry | None:
    """Log what is valid; what cannot be logged is said beside the date."""
    if not form.is_valid():
        return None
    try:
        return ledger.log_in_school(account=account, logged=form.logged, actor=actor, now=timezone.now())
    except ledger.CannotLog as refusal:
        form.add_error("worked_on", str(refusal).removesuffix("."))
        return None


def _thanks(entry: ReleaseEntry) -> str:
    return f"{days(entry.half_days)} in school logged. If something is wrong with it, take it back and log it again."


def _figures(used: Used, due: str) -> list[Figure]:
    """What stands above an account; `due` is what the days are called that it is measured by."""
    figures = [Figure("Used", days(used.sum)), Figure(due, days(used.due) or "None")]
    if used.over:
        figures.append(Figure(f"More than {due.lower()}", days(used.over)))
    elif used.left is not None:
        figures.append(Figure("Left", days(used.left)))
    by_kind = [("Meetings", used.meetings), ("Visits", used.visits), ("In school", used.in_school)]
    return [*figures, *(Figure(label, days(half_days)) for label, half_days in by_kind)]


def _linked(request: MemberRequest, lines: list[Line]) -> list[tuple[Line, str]]:
    """Each row with the page of the meeting or visit that it is counted from: there it is put right."""
    return [(line, _source_url(request, line.entry)) for line in lines]


def _source_url(request: MemberRequest, entry: ReleaseEntry) -> str:
    if meeting := entry.attendance.meeting_id if entry.attendance else entry.meeting_id:
        return reverse("meeting", args=[request.hub.slug, meeting])
    if visit := entry.visit:
        return reverse("visit", args=[request.hub.slug, visit.place_id, visit.term, visit.number])
    return ""


def _this_year() -> int:
    return academic_year_of(timezone.localdate())


def _place(request: MemberRequest, pk: int) -> Place:
    found = places_of(request.membership).with_stage().with_school_now().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _specialist(request: MemberRequest, pk: int) -> MasterySpecialist:
    found = specialists_of(request.membership).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _sees(request: MemberRequest, account: Account) -> bool:
    own: Callable[..., Any] = places_of if isinstance(account, Place) else specialists_of
    return bool(own(request.membership).filter(pk=account.pk).exists())


def _account_url(request: MemberRequest, account: Account) -> str:
    name = "release_of_place" if isinstance(account, Place) else "release_of_specialist"
    return reverse(name, args=[request.hub.slug, account.pk])


def _back(request: MemberRequest, name: str, text: str) -> tuple[str, str]:
    filters = listing.filters_that_led_here(request)
    return reverse(name, args=[request.hub.slug]) + (f"?{filters}" if filters else ""), text
