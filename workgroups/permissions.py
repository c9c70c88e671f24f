"""Whose groups, places, meetings and visits a member sees: all of the hub's, or those that she leads.

To a Specialist another Specialist's group does not exist: what a page names is looked up in these querysets.
"""

from __future__ import annotations

from hubs.models import Membership
from hubs.permissions import NotAllowed, Permission, may, require
from workgroups.models import MasterySpecialist, Meeting, Place, WorkGroup
from workgroups.models.groups import PlaceQuerySet, WorkGroupQuerySet
from workgroups.models.meetings import MeetingQuerySet
from workgroups.models.people import MasterySpecialistQuerySet


def groups_of(membership: Membership) -> WorkGroupQuerySet:
    """The groups that a member sees."""
    return WorkGroup.objects.all() if may(membership, "view_groups") else WorkGroup.objects.led_by(membership.user)


def places_of(membership: Membership) -> PlaceQuerySet:
    """The places that a member sees: a Specialist those in her groups."""
    return Place.objects.all() if may(membership, "view_groups") else Place.objects.led_by(membership.user)


def meetings_of(membership: Membership) -> MeetingQuerySet:
    """The meetings that a member sees."""
    return Meeting.objects.all() if may(membership, "view_groups") else Meeting.objects.led_by(membership.user)


def specialists_of(membership: Membership) -> MasterySpecialistQuerySet:
    """The Specialists that a member sees: she herself, or all."""
    if may(membership, "view_groups"):
        return MasterySpecialist.objects.all()
    return MasterySpecialist.objects.who_is(membership.user)


def may_lead(membership: Membership, group: WorkGroup) -> Permission:
    """Whether a member may plan and record what a group does: its Specialist, and who sees all groups."""
    permission = may(membership, "lead_groups")
    if not permission:
        return permission
    if groups_of(membership).filter(pk=group.pk).exists():
        return Permission(True)
    return Permission(False, f"{group.name} is led by another Mastery Specialist.")


def require_lead(membership: Membership, group: WorkGroup) -> None:
    """Raise `NotAllowed` with the reason unless the member may lead the group; `AnotherHubActive` outside her hub."""
    require(membership, "lead_groups")
    permission = may_lead(membership, group)
    if not permission:
        raise NotAllowed(permission.reason)
