"""What the page of a school says of it, from the register and from what hubs know."""

from __future__ import annotations

from django.db.models import QuerySet

from hubs.models import TimelineEntry
from hubs.summary import SummaryRow
from hubs.wording import plain_day
from programmes.models import ExpressionOfInterest, ExpressionQuerySet
from schools import kinds
from schools.models import RegisterImport, School

STATUS_COLOURS = {
    kinds.Standing.OPENING: "purple",
    kinds.Standing.OPEN: "green",
    kinds.Standing.CLOSING: "orange",
    kinds.Standing.CLOSED: "grey",
}


def facts(school: School, *, in_area: bool) -> list[SummaryRow]:
    """What the register says, and what follows from it with its reason; the school's authority is loaded."""
    funded, kind, region = kinds.state_funded(school), kinds.kind(school), kinds.region(school.authority)
    where = "in" if in_area else "outside"
    reason = f" ({kind.reason})" if kind.reason != f"ages {_ages(school)}" else ""
    return [
        SummaryRow("URN", str(school.urn) if school.is_of_register else "Not known yet: the hub has added it"),
        SummaryRow("LAESTAB", _laestab(school)),
        SummaryRow(
            "Local authority",
            f"{school.authority.name}{f', {region.value}' if region.value else ''} ({where} your area)",
        ),
        SummaryRow("Ages", _ages(school)),
        SummaryRow("Phase served", ", ".join(_phases(school)).capitalize()),
        SummaryRow("Kind of school", f"{kind.value.capitalize()}{reason}"),
        SummaryRow("State-funded", f"{'Yes' if funded.value else 'No'} ({funded.reason})"),
        SummaryRow("Trust", kinds.trust(school).value or "None"),
        SummaryRow("Pupils", f"{school.pupils:,}" if school.pupils is not None else ""),
        SummaryRow(
            "Free school meals",
            f"{school.percent_fsm.normalize():f}% of pupils" if school.percent_fsm is not None else "",
        ),
        SummaryRow("Address", lines=_address(school)),
        SummaryRow("Telephone", school.telephone),
        SummaryRow("Website", school.website, link=_web_address(school.website)),
        *([SummaryRow("Headteacher, says the register", _head(school))] if school.is_of_register else []),
        SummaryRow(_opens_or_opened(school), _day_and_why(plain_day(school.opened_on), school.opened_why)),
        *_closed(school),
    ]


def expressions_of(urns: list[int]) -> ExpressionQuerySet:
    """What a school has sent to the active hub under any of these URNs, newest first."""
    sent = ExpressionOfInterest.objects.sent().with_stage().filter(school__in=urns)
    return sent.order_by("-submitted_at", "-pk")


def entries_of(urns: list[int]) -> QuerySet[TimelineEntry]:
    """What the active hub did to a school's record under any of these URNs, newest first."""
    of_schools = TimelineEntry.objects.filter(subject_kind=School._meta.label_lower, subject_id__in=urns)
    return of_schools.order_by("-happened_at", "-pk")


def register_as_of() -> str:
    """ "20 November 2026", the day of the register that is in force; nothing where none was imported."""
    latest = RegisterImport.objects.filter(outcome=RegisterImport.Outcome.APPLIED).values_list("as_of", flat=True)
    return plain_day(latest.first())


def _laestab(school: School) -> str:
    return f"{school.authority_id}/{school.establishment_number}" if school.establishment_number else ""


def _ages(school: School) -> str:
    if school.low_age is None or school.high_age is None:
        return ""
    return f"{school.low_age} to {school.high_age}"


def _phases(school: School) -> list[str]:
    served = kinds.phases(school).value
    return [phase.value for phase in kinds.Phase if phase in served]


def _address(school: School) -> list[str]:
    parts = (school.street, school.locality, school.address3, school.town, school.county, school.postcode)
    return [part for part in parts if part]


def _web_address(typed: str) -> str:
    """An address that a browser can open; schools give theirs with and without the scheme."""
    if not typed or typed.lower().startswith(("http://", "https://")):
        return typed
    return f"http://{typed}"


def _head(school: School) -> str:
    name = " ".join(part for part in (school.head_title, school.head_first_name, school.head_last_name) if part)
    return f"{name}, {school.head_job_title}" if name and school.head_job_title else name


def _day_and_why(day: str, why: str) -> str:
    # So says the register of most schools that have opened or closed for no special reason, or not at all.
    why = "" if why == "Not applicable" else why
    return f"{day} ({why})" if day and why else day or why


def _opens_or_opened(school: School) -> str:
    return "Opens" if school.status == School.Status.PROPOSED else "Opened"


def _closed(school: School) -> list[SummaryRow]:
    closed = _day_and_why(plain_day(school.closed_on), school.closed_why)
    if not closed and not school.is_closed:
        return []
    label = "Closed" if school.is_closed else "Closes"
    return [SummaryRow(label, closed or "The register gives no date")]
