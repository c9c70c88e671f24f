"""What of Work Groups refers to a school that the hub added and would take back; places do by their expressions."""

from __future__ import annotations

from schools.models import School
from schools.withdrawing import Held
from workgroups.models import MasterySpecialist, Meeting


def holds(school: School) -> list[Held]:
    """What keeps the school: Mastery Specialists who teach there, and meetings that it hosts."""
    held = []
    if MasterySpecialist.objects.filter(school=school).exists():
        held.append(Held("a Mastery Specialist who teaches there", can_be_removed=False))
    if Meeting.objects.filter(host_school=school).exists():
        held.append(Held("a meeting that it hosts", can_be_removed=False))
    return held


def let_go(school: School) -> None:
    """Nothing of Work Groups goes with a school."""
