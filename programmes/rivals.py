"""One expression of interest a school for a stage and year, whichever of its URNs it was sent under."""

from __future__ import annotations

from django.db.models import Case, F, Func, TextField, Value, When

from programmes.models import ExpressionOfInterest, State
from schools.lineage import urns_of_school_today
from schools.models import School


def rival_of(expression: ExpressionOfInterest) -> ExpressionOfInterest | None:
    """The live expression that the school has for the same window under another of its URNs, or had first.

    Until the transaction ends nobody else can send, offer or accept one of that school: two that begin at the
    same moment under two URNs are put one after the other.
    """
    lock = Func(Value(expression.window_id), F("pk"), function="pg_advisory_xact_lock", output_field=TextField())
    urns = School.objects.filter(pk__in=urns_of_school_today(expression.school_id))
    # Always in the order of the URNs, so that no two wait for each other.
    list(urns.order_by("pk").values_list(lock))
    rivals = ExpressionOfInterest.objects.rivals_of(expression).with_stage()
    # A place says more than an offer, and an offer more than an expression that waits.
    says = Case(When(state=State.ACCEPTED, then=0), When(state=State.OFFERED, then=1), default=2)
    return rivals.order_by(says, "submitted_at", "pk").first()


def sent_under(rival: ExpressionOfInterest, expression: ExpressionOfInterest) -> str:
    """ ", as Ash Lane Primary School" where a rival was sent under another name or URN; else nothing."""
    if rival.school_id == expression.school_id:
        return ""
    school = rival.school
    return f", as {school.name} ({school.urn_in_words})" if school.is_of_register else f", as {school.name}"
