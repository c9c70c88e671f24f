"""What of a hub's work refers to a school that the hub added and would take back."""

from __future__ import annotations

from programmes.models import ExpressionOfInterest, Participation
from programmes.models.expressions import State
from schools.models import School
from schools.withdrawing import Held


def holds(school: School) -> list[Held]:
    """What keeps the school: expressions of interest that were sent, and what it took part in."""
    sent = ExpressionOfInterest.objects.sent().filter(school=school).count()
    words = f"{sent} expressions of interest" if sent > 1 else "an expression of interest"
    held = [Held(words, can_be_removed=False)] if sent else []
    if Participation.objects.filter(school=school).exists():
        held.append(Held("a record of what it took part in", can_be_removed=True))
    return held


def let_go(school: School) -> None:
    """Remove the drafts for it, which nobody has sent."""
    drafts = ExpressionOfInterest.objects.filter(school=school, state=State.DRAFT)
    # Locked: one that is being sent at this moment is no draft any more, and stays.
    ids = list(drafts.order_by("pk").select_for_update().values_list("pk", flat=True))
    ExpressionOfInterest.objects.filter(pk__in=ids).delete()
