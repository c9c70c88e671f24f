"""The console's pages on term dates: an authority's, and a school's that sets its own."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs import timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.methods import form_page
from hubs.models import HubArea, LocalAuthority
from hubs.permissions import NotAllowed
from hubs.years import academic_year_of, label_of
from schools import term_queries, terms
from schools.calendar import HalfTermDates
from schools.models import School
from schools.term_forms import TermDatesForm, filled_with, sent_again

_ENTRIES = 10


@dataclass(frozen=True)
class YearLink:
    """A school year to choose."""

    label: str
    note: str
    url: str
    current: bool


@member("view_schools")
@require_safe
def term_dates(request: MemberRequest) -> HttpResponse:
    """The authorities of the hub's area, each with its six half-terms of a year."""
    year = _chosen_year(request)
    url = reverse("term_dates", args=[request.hub.slug])
    context = {
        "rows": term_queries.authorities_with_terms(request.hub, year),
        "year": year,
        "year_label": label_of(year),
        "years": _year_links(year, {one: f"{url}?year={one}" for one in _years()}),
        "back_url": reverse("school_list", args=[request.hub.slug]),
        "back_text": "Schools",
    }
    return render(request, "schools/terms.html", context)


@member("view_schools")
@require_safe
def authority_term_dates(request: MemberRequest, code: str, year: int) -> HttpResponse:
    """The term dates of an authority of the hub's area in a year: weeks, bank holidays, what was changed."""
    return _record(request, _authority(request, code), year)


@member("maintain_schools")
@form_page
def authority_term_dates_change(request: MemberRequest, code: str, year: int) -> HttpResponse:
    """Correct an authority's six half-terms."""
    return _change(request, _authority(request, code), year)


@member("maintain_schools")
@form_page
def authority_term_dates_remove(request: MemberRequest, code: str, year: int) -> HttpResponse:
    """Go back to the assumed dates."""
    return _remove(request, _authority(request, code), year)


@member("view_schools")
@require_safe
def school_term_dates(request: MemberRequest, urn: int, year: int) -> HttpResponse:
    """The term dates of a school in a year: its own, its authority's or assumed ones."""
    return _record(request, _school(request, urn), year)


@member("maintain_schools")
@form_page
def school_term_dates_change(request: MemberRequest, urn: int, year: int) -> HttpResponse:
    """Enter dates of a school that sets its own."""
    return _change(request, _school(request, urn), year)


@member("maintain_schools")
@form_page
def school_term_dates_remove(request: MemberRequest, urn: int, year: int) -> HttpResponse:
    """Go back to the authority's dates."""
    return _remove(request, _school(request, urn), year)


# --- The same pages, whosever dates they are ------------------------------------------------------


def _record(request: MemberRequest, of: terms.Owner, year: int) -> HttpResponse:
    _check(year)
    calendar = terms.calendar_of_owner(of)
    rows = term_queries.half_term_rows(calendar, year)
    context = {
        **_named(of, year),
        "rows": rows,
        "sums": term_queries.term_sums(calendar, year),
        "bank_holidays": term_queries.bank_holidays_in(calendar, year),
        "is_assumed": calendar.is_assumed(year),
        "former": next((row.half_term for row in rows if row.half_term.source.kind == "former"), None),
        "yielding": calendar.yielding(year),
        "overlapping": [] if isinstance(of, School) else term_queries.schools_that_overlap(of, year, hub=request.hub),
        "entry": term_queries.last_entry(of, year, hub=request.hub),
        "may_change": terms.may_change(of, member=request.membership),
        "years": _year_links(year, {one: _url(request, of, one) for one in _years()}),
        "change_url": _url(request, of, year, "_change"),
        "remove_url": _url(request, of, year, "_remove"),
        "entries": timeline.entries_of(of)[:_ENTRIES],
        **_back(request, of, year),
    }
    return render(request, "schools/terms_record.html", context)


def _back(request: MemberRequest, of: terms.Owner, year: int) -> dict[str, str]:
    """Where one comes from: a school's page, or the list of authorities; and from a school on to its authority's."""
    if not isinstance(of, School):
        return {"back_url": f"{reverse('term_dates', args=[request.hub.slug])}?year={year}", "back_text": "Term dates"}
    is_ours = HubArea.objects.filter(hub=request.hub, authority=of.authority_id).exists()
    return {
        "back_url": reverse("school", args=[request.hub.slug, of.pk]),
        "back_text": of.name,
        "authority_url": _url(request, of.authority, year) if is_ours else "",
    }


def _change(request: MemberRequest, of: terms.Owner, year: int) -> HttpResponse:
    _check(year)
    _refuse_strangers(request, of)
    back = _url(request, of, year)
    calendar = terms.calendar_of_owner(of)
    form = TermDatesForm(
        request.POST if request.method == "POST" else None,
        initial={**filled_with(calendar.half_terms(year)), **kept_fields(request, TermDatesForm.base_fields)},
        back=back,
    )
    changed_meanwhile: list[HalfTermDates] = []
    if request.method == "POST" and form.is_valid():
        try:
            changed = terms.set_half_terms(
                of=of,
                year=year,
                dates=form.dates,
                shown=form.cleaned_data["shown"],
                actor=request.membership,
                now=timezone.now(),
            )
        except terms.DatesRefused as refusal:
            form.refuse(refusal.faults)
        except terms.ChangedMeanwhile as meanwhile:
            calendar, changed_meanwhile = terms.calendar_of_owner(of), meanwhile.half_terms
            form = sent_again(form, calendar.half_terms(year), back=back)
            form.refuse(terms.faults_in(year, form.dates, calendar))
        else:
            said = "are saved" if changed else "are as they were: nothing was changed"
            messages.success(request, f"The term dates of {of.name} for {label_of(year)} {said}.")
            return redirect(back)
    elif request.method == "POST":
        # With what cannot be read, what cannot be of all the rest: all is corrected in one go.
        form.refuse(terms.faults_in(year, form.dates, calendar))
    context = {
        **_named(of, year),
        "form": form,
        "is_assumed": calendar.is_assumed(year),
        "changed_meanwhile": changed_meanwhile,
        "back_url": back,
        "back_text": f"Term dates {label_of(year)}",
    }
    return render(request, "schools/terms_change.html", context, status=409 if changed_meanwhile else 200)


def _remove(request: MemberRequest, of: terms.Owner, year: int) -> HttpResponse:
    _check(year)
    _refuse_strangers(request, of)
    back = _url(request, of, year)
    if request.method == "POST":
        removed = terms.clear_half_terms(of=of, year=year, actor=request.membership, now=timezone.now())
        said = "The dates entered for {} for {} are removed." if removed else "No dates were entered for {} for {}."
        messages.success(request, said.format(of.name, label_of(year)))
        return redirect(back)
    context = {
        **_named(of, year),
        "entry": term_queries.last_entry(of, year, hub=request.hub),
        "back_url": back,
        "back_text": f"Term dates {label_of(year)}",
    }
    return render(request, "schools/terms_remove.html", context)


def _named(of: terms.Owner, year: int) -> dict[str, object]:
    """What the pages are about; a school's authority is the one whose dates hold where it has none."""
    school = of if isinstance(of, School) else None
    return {"name": of.name, "school": school, "year": year, "year_label": label_of(year)}


def _refuse_strangers(request: MemberRequest, of: terms.Owner) -> None:
    permission = terms.may_change(of, member=request.membership)
    if not permission:
        raise NotAllowed(permission.reason)


def _authority(request: MemberRequest, code: str) -> LocalAuthority:
    return get_object_or_404(request.hub.areas.all(), pk=code)


def _school(request: MemberRequest, urn: int) -> School:
    return get_object_or_404(School.objects.known_to(request.hub).select_related("authority"), pk=urn)


def _url(request: MemberRequest, of: terms.Owner, year: int, page: str = "") -> str:
    kind = "school" if isinstance(of, School) else "authority"
    return reverse(f"{kind}_term_dates{page}", args=[request.hub.slug, of.pk, year])


def _years() -> range:
    """Last year, this year and next year."""
    this = academic_year_of(timezone.localdate())
    return range(this - 1, this + 2)


def _check(year: int) -> None:
    if year not in _years():
        raise Http404


def _chosen_year(request: MemberRequest) -> int:
    chosen = request.GET.get("year", "")
    years = _years()
    return int(chosen) if chosen in map(str, years) else years[1]


def _year_links(current: int, urls: dict[int, str]) -> list[YearLink]:
    notes = ("last year", "this year", "next year")
    return [
        YearLink(label_of(year), note, url, current=year == current)
        for note, (year, url) in zip(notes, urls.items(), strict=True)
    ]
