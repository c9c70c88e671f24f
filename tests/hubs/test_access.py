"""Who may open which page: every URL declares it, and every URL is tried by four kinds of people."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from correspondence.models import Document, Message
from correspondence.outbox import queue_message
from funding.models import Grant, PaymentList, ReleaseEntry
from hubs import tenancy
from hubs.access import Access, access_of
from hubs.links import LIFETIMES, Purpose, make_token
from hubs.models import Hub, Invitation, Membership, NationalRole, Role, User
from hubs.permissions import ALLOWED, NATIONAL_ALLOWED, may
from hubs.years import academic_year_of
from programmes.models import ExpressionOfInterest, Participation, RecruitmentWindow, StageYear
from schools.models import School, Succession
from tests import factories, work
from workgroups.models import (
    AgreedAction,
    CalendarFeed,
    MasterySpecialist,
    Meeting,
    Participant,
    Place,
    SchoolLink,
    Visit,
    WorkGroup,
)

KINDS = {"public", "token", "signed_in", "member", "national"}


def all_patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from all_patterns(pattern, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern), pattern


ALL = [(route, pattern) for route, pattern in all_patterns()]
OURS = {str(pattern.name): (route, pattern) for route, pattern in ALL if not route.startswith("accounts/")}


@dataclass(frozen=True)
class World:
    """One of everything that a URL may name."""

    hub: Hub
    window: RecruitmentWindow
    draft: ExpressionOfInterest
    expression: ExpressionOfInterest
    message: Message
    invitation: Invitation
    membership: Membership
    stage_year: StageYear
    added_school: School
    participation: Participation
    change: Succession
    offered: ExpressionOfInterest
    specialist: MasterySpecialist
    group: WorkGroup
    place: Place
    participant: Participant
    meeting: Meeting
    visit: Visit
    action: AgreedAction
    feed: CalendarFeed
    school_link: SchoolLink
    grant: Grant
    release: ReleaseEntry
    payment_list: PaymentList
    document: Document


@pytest.fixture
def world(hub: Hub, administrator: User) -> World:
    return make_world(hub, administrator)


def make_world(hub: Hub, administrator: User) -> World:
    window = factories.make_window(hub)
    expression = factories.make_expression(window)
    hub.areas.add(expression.school.authority)
    now = timezone.now()
    with tenancy.use(hub):
        message = queue_message(
            kind="test", key="test", recipients=["a@school.example"], subject="Hello", text="Hello",
            subject_of=expression, now=now,
        )  # fmt: skip
        Message.objects.filter(pk=message.pk).update(state="failed", claimed_at=now, attempts=1, last_error="Refused.")
        invitation = Invitation.objects.create(
            hub=hub,
            email="new@people.example",
            name="New",
            role=Role.HUB_LEAD,
            invited_by=administrator,
            invited_at=now,
        )
    colleague = factories.make_member(hub, Role.HUB_LEAD, "Colleague")
    added = factories.make_school("New School", urn=School.FIRST_ADDED + hub.pk, added_by=hub, added_at=now)
    change = Succession.objects.create(
        predecessor=added, successor=expression.school, kind="became", doubts=["likely"], counts=False
    )
    group = work.make_group(hub)
    place = work.make_place(hub, group=group)
    visit = work.make_visit(place)
    with tenancy.use(hub):
        participant = place.participants.get(position=1)
    return World(
        hub=hub,
        offered=work.make_offered(hub, by=administrator),
        specialist=group.specialist,
        group=group,
        place=place,
        participant=participant,
        meeting=work.make_meeting(group),
        visit=visit,
        action=work.make_action(visit),
        feed=work.make_feed(group, administrator),
        school_link=work.make_school_link(place),
        grant=work.make_grant(place),
        release=work.make_release(place),
        payment_list=work.make_payment_list(hub, administrator),
        document=work.make_document(hub, administrator),
        window=window,
        draft=factories.make_draft(window),
        expression=expression,
        message=message,
        invitation=invitation,
        membership=factories.membership_of(colleague, hub),
        stage_year=window.stage_year,
        added_school=added,
        participation=Participation.objects.create(
            school=expression.school,
            stage=window.stage,
            year=2024,
            outcome="completed",
            recorded_for=hub,
            recorded_at=now,
        ),
        change=change,
    )


def _token(purpose: Purpose, world: World, subject: Any) -> str:
    return make_token(purpose, hub_id=world.hub.pk, subject_id=subject.pk)


def _authority_and_year(world: World) -> dict[str, Any]:
    return {"code": world.expression.school.authority_id, "year": academic_year_of(timezone.localdate())}


def _school_and_year(world: World) -> dict[str, Any]:
    return {"urn": world.expression.school_id, "year": academic_year_of(timezone.localdate())}


def _of_visit(world: World) -> dict[str, Any]:
    return {"pk": world.visit.place_id, "term": world.visit.term, "number": world.visit.number}


# How to fill each URL: its arguments without the hub's slug, from one of everything.
ARGUMENTS: dict[str, Callable[[World], dict[str, Any]]] = {
    "alive": lambda world: {},
    "ready": lambda world: {},
    "home": lambda world: {},
    "accessibility": lambda world: {},
    "cookies": lambda world: {},
    "school_search": lambda world: {},
    "hub_public": lambda world: {},
    "hub_stylesheet": lambda world: {},
    "hub_privacy": lambda world: {},
    "expression_begin": lambda world: {"stage_slug": world.stage_year.stage.slug},
    "expression_school": lambda world: {"stage_slug": world.stage_year.stage.slug},
    "expression_continue": lambda world: {"token": _token("expression-draft", world, world.draft)},
    "expression_step": lambda world: {
        "token": _token("expression-draft", world, world.draft),
        "step_name": "check",
    },
    "expression_sent": lambda world: {"token": _token("expression-confirmation", world, world.expression)},
    "invitation": lambda world: {"token": _token("invitation", world, world.invitation)},
    "my_hubs": lambda world: {},
    "second_step": lambda world: {},
    "console_home": lambda world: {},
    "expression_list": lambda world: {},
    "expression": lambda world: {"reference": world.expression.reference},
    "expression_offer": lambda world: {"reference": world.expression.reference},
    "expression_decline": lambda world: {"reference": world.expression.reference},
    "expression_withdraw": lambda world: {"reference": world.offered.reference},
    "expression_offer_again": lambda world: {"reference": world.offered.reference},
    "expression_change_seen": lambda world: {"reference": world.expression.reference, "pk": 1},
    "expression_part": lambda world: {"reference": world.expression.reference},
    "school_changes": lambda world: {},
    "school_change": lambda world: {
        "predecessor": world.change.predecessor_id,
        "successor": world.change.successor_id,
    },
    "school_add": lambda world: {},
    "school_added_change": lambda world: {"added_urn": world.added_school.pk},
    "school_withdraw": lambda world: {"added_urn": world.added_school.pk},
    "school_list": lambda world: {},
    "schools_beyond": lambda world: {},
    "school": lambda world: {"urn": world.expression.school_id},
    "school_participation": lambda world: {"urn": world.expression.school_id},
    "school_participation_remove": lambda world: {"urn": world.expression.school_id, "pk": world.participation.pk},
    "recruitment": lambda world: {},
    "recruitment_dates": lambda world: {"stage_year_id": world.stage_year.pk},
    "message_list": lambda world: {},
    "message": lambda world: {"message_id": world.message.pk},
    "message_retry": lambda world: {"message_id": world.message.pk},
    "message_cancel": lambda world: {"message_id": world.message.pk},
    "term_dates": lambda world: {},
    "authority_term_dates": _authority_and_year,
    "authority_term_dates_change": _authority_and_year,
    "authority_term_dates_remove": _authority_and_year,
    "school_term_dates": _school_and_year,
    "school_term_dates_change": _school_and_year,
    "school_term_dates_remove": _school_and_year,
    # Offers.
    **{
        name: lambda world: {"token": _token("offer-answer", world, world.offered)}
        for name in ("offer", "offer_accept", "offer_decline", "offer_answered")
    },
    # Specialists.
    "specialist_list": lambda world: {},
    "specialist_add": lambda world: {},
    "specialist": lambda world: {"pk": world.specialist.pk},
    "specialist_change": lambda world: {"pk": world.specialist.pk},
    # Groups.
    "group_list": lambda world: {},
    "group_form": lambda world: {},
    "group": lambda world: {"pk": world.group.pk},
    "group_change": lambda world: {"pk": world.group.pk},
    "group_places": lambda world: {"pk": world.group.pk},
    # Places and participants.
    "place_list": lambda world: {},
    "place": lambda world: {"pk": world.place.pk},
    "place_join": lambda world: {"pk": world.place.pk},
    "place_move": lambda world: {"pk": world.place.pk},
    "place_take_out": lambda world: {"pk": world.place.pk},
    "place_leave": lambda world: {"pk": world.place.pk},
    "place_come_back": lambda world: {"pk": world.place.pk},
    "place_complete": lambda world: {"pk": world.place.pk},
    "place_reopen": lambda world: {"pk": world.place.pk},
    "place_headteacher": lambda world: {"pk": world.place.pk},
    "participant_replace": lambda world: {"pk": world.participant.pk},
    "participant_change": lambda world: {"pk": world.participant.pk},
    # Meetings.
    "meeting_list": lambda world: {},
    "meeting_plan": lambda world: {"pk": world.group.pk},
    "meeting": lambda world: {"pk": world.meeting.pk},
    "meeting_change": lambda world: {"pk": world.meeting.pk},
    "meeting_cancel": lambda world: {"pk": world.meeting.pk},
    "meeting_hold": lambda world: {"pk": world.meeting.pk},
    "meeting_attendance": lambda world: {"pk": world.meeting.pk},
    "meeting_record": lambda world: {"pk": world.meeting.pk},
    # Calendars.
    "calendar_feed": lambda world: {"token": _token("calendar-feed", world, world.feed)},
    "group_calendar": lambda world: {"pk": world.group.pk},
    "specialist_calendar": lambda world: {"pk": world.specialist.pk},
    # Visits.
    "visit_list": lambda world: {},
    "visit": _of_visit,
    "visit_arrange": _of_visit,
    "visit_log": _of_visit,
    "visit_draft": _of_visit,
    "visit_missed": _of_visit,
    "visit_put_right": _of_visit,
    "action_done": lambda world: {"pk": world.action.pk},
    # Grants.
    "grant_list": lambda world: {},
    "grants_approve": lambda world: {},
    "grants_due": lambda world: {},
    "grant_award": lambda world: {},
    "grant": lambda world: {"pk": world.grant.pk},
    "grant_of_place": lambda world: {"pk": world.place.pk},
    "grant_amount": lambda world: {"pk": world.grant.pk},
    "grant_claim_day": lambda world: {"pk": world.grant.pk},
    "grant_not_due": lambda world: {"pk": world.grant.pk},
    "grant_withhold": lambda world: {"pk": world.grant.pk},
    "grant_reinstate": lambda world: {"pk": world.grant.pk},
    # Payments.
    "payment_lists": lambda world: {},
    "payment_list_make": lambda world: {},
    "payment_list": lambda world: {"pk": world.payment_list.pk},
    "payment_list_file": lambda world: {"pk": world.payment_list.pk, "extension": "xlsx"},
    "payment_list_paid": lambda world: {"pk": world.payment_list.pk},
    "payment_list_take_back": lambda world: {"pk": world.payment_list.pk},
    # Release time.
    "money_release": lambda world: {},
    "release_list": lambda world: {},
    "release_specialists": lambda world: {},
    "release_of_place": lambda world: {"pk": world.place.pk},
    "release_of_specialist": lambda world: {"pk": world.specialist.pk},
    "release_log_place": lambda world: {"pk": world.place.pk},
    "release_log_specialist": lambda world: {"pk": world.specialist.pk},
    "release_correct": lambda world: {"pk": world.release.pk},
    "release_log_school": lambda world: {"token": _token("school-page", world, world.school_link)},
    "release_take_back_school": lambda world: {
        "token": _token("school-page", world, world.school_link),
        "pk": world.release.pk,
    },
    # Reports.
    "report_list": lambda world: {},
    "report_new": lambda world: {},
    "report": lambda world: {"pk": world.document.pk},
    "report_html": lambda world: {"pk": world.document.pk},
    "report_file": lambda world: {"pk": world.document.pk, "file_format": "pdf"},
    "report_cancel": lambda world: {"pk": world.document.pk},
    "report_again": lambda world: {"pk": world.document.pk},
    # What will go out.
    "upcoming": lambda world: {},
    "upcoming_hold": lambda world: {},
    "upcoming_release": lambda world: {},
    "upcoming_cancel": lambda world: {},
    "message_record": lambda world: {"message_id": world.message.pk},
    "message_hold": lambda world: {"message_id": world.message.pk},
    "message_release": lambda world: {"message_id": world.message.pk},
    "message_send_now": lambda world: {"message_id": world.message.pk},
    # A school's page.
    "school_page": lambda world: {"token": _token("school-page", world, world.school_link)},
    # The hub itself.
    "hub_settings": lambda world: {},
    "hub_history": lambda world: {},
    "hub_profile": lambda world: {},
    "hub_colour": lambda world: {},
    "hub_areas": lambda world: {},
    "hub_lead_school": lambda world: {},
    "member_list": lambda world: {},
    "member_invite": lambda world: {},
    "member_role": lambda world: {"pk": world.membership.pk},
    "member_end": lambda world: {"pk": world.membership.pk},
    "invitation_resend": lambda world: {"pk": world.invitation.pk},
    "invitation_withdraw": lambda world: {"pk": world.invitation.pk},
    "national_home": lambda world: {},
    "national_school_list": lambda world: {},
}
# What each page needs, written down a second time: a capability declared by mistake is a hole.
NEEDS: dict[str, set[str]] = {
    "use_console": {"console_home"},
    "view_expressions": {"expression_list", "expression"},
    "decide_expressions": {
        "expression_offer",
        "expression_decline",
        "expression_withdraw",
        "expression_offer_again",
        "expression_change_seen",
        "expression_part",
    },
    "manage_recruitment": {"recruitment", "recruitment_dates"},
    "view_schools": {
        "school_list",
        "schools_beyond",
        "school",
        "term_dates",
        "authority_term_dates",
        "school_term_dates",
        "school_changes",
        "school_change",
    },
    "maintain_schools": {
        "school_add",
        "school_added_change",
        "school_withdraw",
        "school_participation",
        "school_participation_remove",
        "authority_term_dates_change",
        "authority_term_dates_remove",
        "school_term_dates_change",
        "school_term_dates_remove",
    },
    # Specialists, groups, places.
    "view_groups": {"specialist_list"},
    "manage_groups": {
        "specialist_add",
        "specialist_change",
        "group_form",
        "group_change",
        "group_places",
        "place_join",
        "place_move",
        "place_take_out",
        "place_leave",
        "place_come_back",
        "place_complete",
        "place_reopen",
        "place_headteacher",
        "participant_replace",
        "participant_change",
    },
    "lead_groups": {
        # Release time.
        "release_list",
        "release_specialists",
        "release_of_place",
        "release_of_specialist",
        "release_log_place",
        "release_log_specialist",
        "release_correct",
        # Specialists, groups, places.
        "specialist",
        "group_list",
        "group",
        "place_list",
        "place",
        # Meetings and visits.
        "visit_list",
        "visit",
        "visit_arrange",
        "visit_log",
        "visit_draft",
        "visit_missed",
        "visit_put_right",
        "action_done",
        "meeting_list",
        "meeting_plan",
        "meeting",
        "meeting_change",
        "meeting_cancel",
        "meeting_hold",
        "meeting_attendance",
        "meeting_record",
        "group_calendar",
        "specialist_calendar",
    },
    # Money.
    "view_money": {
        "grant_list",
        "grant",
        "grant_of_place",
        "payment_lists",
        "payment_list",
        "payment_list_file",
        "money_release",
    },
    "change_money": {
        "grants_due",
        "grant_award",
        "grant_amount",
        "grant_claim_day",
        "grant_not_due",
        "grant_withhold",
        "grant_reinstate",
    },
    "approve_money": {"grants_approve"},
    "pay_money": {"payment_list_make", "payment_list_paid", "payment_list_take_back"},
    # Reports.
    "make_reports": {
        "report_list",
        "report_new",
        "report",
        "report_html",
        "report_file",
        "report_cancel",
        "report_again",
    },
    # Messages.
    "view_messages": {"message_list", "message", "upcoming", "message_record"},
    "retry_messages": {
        "message_retry",
        "message_cancel",
        "message_hold",
        "message_release",
        "message_send_now",
        "upcoming_hold",
        "upcoming_release",
        "upcoming_cancel",
    },
    "manage_hub": {"hub_settings", "hub_history", "hub_profile", "hub_colour", "hub_areas", "hub_lead_school"},
    "manage_members": {
        "member_list",
        "member_invite",
        "member_role",
        "member_end",
        "invitation_resend",
        "invitation_withdraw",
    },
    "view_national_figures": {"national_home", "national_school_list"},
}
# Pages that answer with a redirect when all is well: where to depends on what there is to do.
MAY_REDIRECT = {
    "grant_of_place",
    "grant_not_due",
    "grant_reinstate",
    "expression_continue",
    "offer_answered",
    "my_hubs",
    "message_cancel",
    "message_record",
    "message_hold",
    "message_release",
    "message_send_now",
    "expression_change_seen",
    "expression_part",
    "place_join",
    "place_come_back",
    "place_reopen",
    "visit_draft",
    "visit_put_right",
    "action_done",
    # To the report, which is not made yet.
    "report_html",
    "report_file",
    "report_again",
    # To the meeting: one that is to come has nothing to record.
    "meeting_hold",
    "meeting_attendance",
    "meeting_record",
}
# Down without a worker in tests: what it says is tested with the health checks.
MAY_BE_UNREADY = {"ready"}
# Names of things that another hub could own: each must be a 404 under one's own hub.
NAMED_BY = {"reference", "message_id", "pk", "predecessor", "added_urn", "code"}


def url_of(name: str, world: World, hub: Hub | None = None) -> str:
    route, _ = OURS[name]
    arguments = ARGUMENTS[name](world)
    if "hub_slug" in route:
        arguments["hub_slug"] = (hub or world.hub).slug
    return reverse(name, kwargs=arguments)


def be_the_specialist(person: User, world: World) -> None:
    """Make a person the Specialist of the world's group: to others it does not exist."""
    with tenancy.use(world.hub):
        MasterySpecialist.objects.filter(pk=world.specialist.pk).update(user=person)


def declared(name: str) -> Access:
    access = access_of(OURS[name][1].callback)
    assert access is not None
    return access


def names_of(kind: str) -> list[str]:
    return sorted(name for name in OURS if (access := access_of(OURS[name][1].callback)) and access.kind == kind)


# --- Declarations -------------------------------------------------------------------------------


def test_every_url_declares_who_may_open_it() -> None:
    undeclared = [route for route, pattern in ALL if access_of(pattern.callback) is None]
    assert undeclared == []
    assert {access.kind for _, pattern in ALL if (access := access_of(pattern.callback))} == KINDS


def test_every_url_of_ours_is_tried() -> None:
    assert set(OURS) == set(ARGUMENTS)


def test_pages_need_the_capability_written_down_for_them() -> None:
    found: dict[str, set[str]] = {}
    for name in names_of("member") + names_of("national"):
        found.setdefault(declared(name).needs, set()).add(name)
    assert found == NEEDS


def test_every_console_url_names_its_hub_and_only_those_do() -> None:
    for name, (route, _) in OURS.items():
        assert route.startswith("console/<slug:hub_slug>/") == (declared(name).kind == "member"), name


def test_every_capability_is_some_roles_and_declared_by_some_page() -> None:
    needed = {declared(name).needs for name in names_of("member")}
    held = set().union(*ALLOWED.values())
    assert needed <= held
    assert {declared(name).needs for name in names_of("national")} <= set().union(*NATIONAL_ALLOWED.values())


# --- Everybody tries every page -----------------------------------------------------------------
# Each test tries all pages of a kind on one world and compares all answers at once.


def answers(client: Client, world: World, names: list[str], hub: Hub | None = None) -> dict[str, tuple[int, int]]:
    """What a GET and a POST of each page answer, by the page's name; a page that takes no POST has one answer."""
    found = {}
    for name in names:
        url = url_of(name, world, hub)
        got, posted = client.get(url).status_code, client.post(url).status_code
        found[name] = (got, got if posted == 405 else posted)
    return found


def all_answering(status: int, names: list[str]) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(names, (status, status))


@pytest.mark.django_db
def test_no_page_answers_another_method_than_it_declares(
    world: World, administrator: User, client_of: Callable[[User], Client]
) -> None:
    client = client_of(administrator)
    for name in names_of("member") + names_of("signed_in") + names_of("public") + names_of("token"):
        assert client.delete(url_of(name, world)).status_code == 405, name


@pytest.mark.django_db
def test_open_pages_open_for_nobody_in_particular(world: World) -> None:
    for name in names_of("public") + names_of("token"):
        allowed = {200} | ({302} if name in MAY_REDIRECT else set()) | ({503} if name in MAY_BE_UNREADY else set())
        assert Client().get(url_of(name, world)).status_code in allowed, name


@pytest.mark.django_db
def test_nobody_is_sent_to_sign_in(world: World) -> None:
    for name in names_of("member") + names_of("national") + names_of("signed_in"):
        for method in ("get", "post"):
            response = getattr(Client(), method)(url_of(name, world))
            assert response.status_code == 302, name
            assert response["Location"].startswith(reverse("account_login")), name


@pytest.mark.django_db
def test_member_of_another_hub_finds_no_page(world: World, stranger: User, client_of: Callable[[User], Client]) -> None:
    names = names_of("member")
    client = client_of(stranger)
    assert answers(client, world, names) == all_answering(404, names)
    assert all(world.hub.name not in client.get(url_of(name, world)).text for name in names)


@pytest.mark.django_db
def test_another_hubs_records_are_not_found_under_ones_own_hub(
    world: World, other_hub: Hub, stranger: User, client_of: Callable[[User], Client]
) -> None:
    names = [name for name in names_of("member") if NAMED_BY & set(OURS[name][1].pattern.converters)]
    assert len(names) >= 10
    assert answers(client_of(stranger), world, names, other_hub) == all_answering(404, names)


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_member_opens_what_the_role_allows_and_is_told_why_not(
    role: Role, world: World, client_of: Callable[[User], Client]
) -> None:
    person = factories.make_member(world.hub, role, "Somebody")
    membership = factories.membership_of(person, world.hub)
    if role == Role.MASTERY_SPECIALIST:
        be_the_specialist(person, world)
    client = client_of(person)
    for name in names_of("member"):
        permission = may(membership, declared(name).needs)  # type: ignore[arg-type]
        response = client.get(url_of(name, world))
        if permission:
            assert response.status_code in ({200, 302} if name in MAY_REDIRECT else {200}), name
        else:
            assert response.status_code == 403, name
            assert permission.reason in html.unescape(response.text), name
            assert client.post(url_of(name, world)).status_code == 403, name


@pytest.mark.django_db
def test_specialist_finds_nothing_of_another_specialist_s_group(
    world: World, specialist: User, client_of: Callable[[User], Client]
) -> None:
    work.make_group(world.hub, specialist=work.make_specialist(world.hub, user=specialist))
    names = [name for name in names_of("member") if declared(name).needs == "lead_groups"]
    names = [name for name in names if NAMED_BY & set(OURS[name][1].pattern.converters)]
    assert answers(client_of(specialist), world, names) == all_answering(404, names)


@pytest.mark.django_db
def test_person_without_a_second_factor_must_set_one_up_first(world: World, administrator: User) -> None:
    NationalRole.objects.create(user=administrator)
    client = Client()
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name in names_of("member") + names_of("national"):
        response = client.get(url_of(name, world))
        assert (response.status_code, response["Location"]) == (302, reverse("second_step")), name


@pytest.mark.django_db
def test_membership_that_has_ended_opens_nothing(
    world: World, administrator: User, client_of: Callable[[User], Client]
) -> None:
    Membership.objects.filter(user=administrator).update(ends_on=timezone.localdate())
    names = names_of("member")
    assert answers(client_of(administrator), world, names) == all_answering(404, names)


@pytest.mark.django_db
def test_national_pages_do_not_exist_for_hubs(
    world: World, administrator: User, client_of: Callable[[User], Client]
) -> None:
    names = names_of("national")
    assert answers(client_of(administrator), world, names) == all_answering(404, names)


@pytest.mark.django_db(databases=["default", "national"], transaction=True)
def test_national_viewer_opens_national_pages_and_no_hubs(world: World, client_of: Callable[[User], Client]) -> None:
    viewer = factories.make_user("Vera Viewer")
    NationalRole.objects.create(user=viewer)
    client = client_of(viewer)
    assert {client.get(url_of(name, world)).status_code for name in names_of("national")} == {200}
    names = names_of("member")
    assert answers(client, world, names) == all_answering(404, names)


@pytest.mark.django_db
def test_signed_in_pages_open_for_anybody_with_an_account(world: World, client_of: Callable[[User], Client]) -> None:
    client = client_of(factories.make_user("Anna Account"))
    for name in names_of("signed_in"):
        assert client.get(url_of(name, world)).status_code in ({200, 302} if name in MAY_REDIRECT else {200}), name


# --- Links --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_forged_link_and_link_for_another_purpose_find_no_page(world: World) -> None:
    purposes: list[Purpose] = ["invitation", "expression-draft", "expression-confirmation", "offer-answer"]
    for name in names_of("token"):
        arguments = ARGUMENTS[name](world)
        genuine = arguments["token"]
        others = [
            make_token(purpose, hub_id=world.hub.pk, subject_id=world.draft.pk)
            for purpose in purposes
            if purpose != declared(name).needs
        ]
        for token in [genuine[:-1] + ("A" if genuine[-1] != "A" else "B"), "x", "1.1~x~y", *others]:
            assert Client().get(reverse(name, kwargs={**arguments, "token": token})).status_code == 404, (name, token)


@pytest.mark.django_db
def test_link_of_another_hub_opens_nothing_of_this_one(world: World, other_hub: Hub) -> None:
    for name in names_of("token"):
        arguments = ARGUMENTS[name](world)
        subject = int(arguments["token"].split("~")[0].split(".")[1])
        purpose: Any = declared(name).needs
        token = make_token(purpose, hub_id=other_hub.pk, subject_id=subject)
        response = Client().get(reverse(name, kwargs={**arguments, "token": token}))
        # A draft that is not there (any more) is said to have been removed.
        assert response.status_code == (410 if purpose == "expression-draft" else 404), name
        assert world.draft.contact_name not in response.text


@pytest.mark.django_db
def test_link_of_a_hub_that_is_not_there_finds_no_page(world: World) -> None:
    for name in names_of("token"):
        arguments = ARGUMENTS[name](world)
        subject = int(arguments["token"].split("~")[0].split(".")[1])
        purpose: Any = declared(name).needs
        long_ago = timezone.now() - LIFETIMES[purpose] - dt.timedelta(days=1)
        for made_at in (timezone.now(), long_ago):
            token = make_token(purpose, hub_id=world.hub.pk + 999, subject_id=subject, made_at=made_at)
            response = Client().get(reverse(name, kwargs={**arguments, "token": token}))
            assert response.status_code == 404, name


@pytest.mark.django_db
def test_expired_link_says_what_to_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = {name: url_of(name, world) for name in names_of("token")}
    later = timezone.now() + max(LIFETIMES.values()) + dt.timedelta(days=1)
    monkeypatch.setattr("hubs.links.timezone.now", lambda: later)
    for name, url in urls.items():
        response = Client().get(url)
        assert response.status_code == 410, name
        assert world.hub.contact_email in response.text, name
