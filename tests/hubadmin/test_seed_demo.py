"""The demo's world, made once for all tests of this file and taken back after them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import override_settings

from correspondence.models import Document, Message
from correspondence.models import State as MessageState
from funding.models import ReleaseEntry
from hubadmin.demo import seed as seeding
from hubadmin.demo.people import PERSONAS
from hubs import tenancy, timeline
from hubs.models import Hub, LeadSchool, LocalAuthority, Membership, NationalRole, Role, User
from programmes.models import Decision, ExpressionOfInterest, Participation, RecruitmentWindow, SchoolChange, State
from reports.report_makers import REPORTS
from schools.calendar import calendars_of_authorities
from schools.models import Doubt, RegisterImport, RegisterLink, School, Succession
from tests.factories import make_school
from workgroups.models import Meeting, MeetingState, Place, PlaceState, WorkGroup
from workgroups.placing import state_after

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Europe/London"))
FEW = {"northvale": (9, 4), "severnmoor": (5, 2), "wealdshore": (5, 1)}


@pytest.fixture(scope="module")
def _world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo") / "mailbox"
    around = transaction.atomic()
    # As TestCase says of its own: what insists on being outermost may run inside it.
    around._from_testcase = True  # type: ignore[attr-defined]
    with (
        pytest.MonkeyPatch.context() as patched,
        override_settings(MAILBOX_DIR=folder, EMAIL_BACKEND="correspondence.mailbox.MailboxBackend"),
        django_db_blocker.unblock(),
        around,
    ):
        patched.setattr(seeding, "EXPRESSIONS", FEW)
        assert seeding.seed(now=NOW) is True
        yield folder
        transaction.set_rollback(True)


@pytest.fixture
def mails(_world: Path) -> list[Path]:
    """The files in the demo's mailbox."""
    return list(_world.glob("*.eml"))


pytestmark = pytest.mark.usefixtures("_world")


def counts() -> dict[str, int]:
    found = {"hubs": Hub.objects.count(), "schools": School.objects.count(), "people": User.objects.count()}
    for hub in Hub.objects.all():
        with tenancy.use(hub):
            found[hub.slug] = ExpressionOfInterest.objects.count() + Message.objects.count()
    return found


def test_seeding_again_changes_nothing() -> None:
    before = counts()

    assert seeding.seed(now=NOW + dt.timedelta(days=1)) is False
    assert counts() == before


def test_there_are_three_hubs_with_area_lead_school_and_contacts() -> None:
    assert set(Hub.objects.values_list("slug", flat=True)) == {"northvale", "severnmoor", "wealdshore"}
    today = NOW.date()
    for hub in Hub.objects.all():
        assert hub.areas.exists()
        assert LeadSchool.objects.filter(hub=hub, ends_on=None, starts_on__lte=today).count() == 1
        assert LeadSchool.objects.filter(hub=hub).count() == 2
        assert hub.contact_email.endswith(".example")


def test_there_are_about_twelve_hundred_invented_schools() -> None:
    assert 1100 <= School.objects.count() <= 1300
    assert not School.objects.filter(urn__lt=900_000).exists()


def test_every_hub_has_each_kind_of_person_and_all_can_sign_in() -> None:
    for hub in Hub.objects.all():
        roles = set(Membership.objects.active_on(NOW.date()).filter(hub=hub).values_list("role", flat=True))
        assert {Role.ADMINISTRATOR, Role.HUB_LEAD, Role.MASTERY_SPECIALIST, Role.FINANCE} <= roles
    assert User.objects.count() == len(PERSONAS)
    for user in User.objects.all():
        assert is_mfa_enabled(user)
        assert EmailAddress.objects.filter(user=user, verified=True, primary=True).exists()
        assert user.email.endswith("@people.example")
        assert not user.has_usable_password()


def test_one_person_works_in_two_hubs_and_one_sees_national_figures() -> None:
    hubs = Counter(Membership.objects.values_list("user", flat=True))
    assert sorted(hubs.values())[-2:] == [1, 2]
    assert NationalRole.objects.count() == 1


@pytest.mark.parametrize("slug", FEW)
def test_a_hub_is_in_the_middle_of_its_year(slug: str) -> None:
    with tenancy.use(Hub.objects.get(slug=slug)):
        expressions = ExpressionOfInterest.objects.select_related("window__stage_year")
        by_year = Counter(expression.stage_year.year for expression in expressions)
        assert by_year == {2026: FEW[slug][0], 2027: FEW[slug][1]}
        assert not expressions.filter(window__stage_year__year=2026, state=State.SUBMITTED).exists()
        assert {window.phase_at(NOW) for window in RecruitmentWindow.objects.all()} == set(RecruitmentWindow.Phase)


@pytest.mark.parametrize("slug", FEW)
def test_nothing_happened_in_the_future_and_everything_has_its_timeline(slug: str) -> None:
    with tenancy.use(Hub.objects.get(slug=slug)):
        for expression in ExpressionOfInterest.objects.all():
            assert expression.submitted_at is not None
            assert expression.submitted_at < NOW
            happened = 1 + expression.decisions.count() + expression.answers.count() + expression.school_changes.count()
            assert timeline.entries_of(expression).count() == happened
        assert not Decision.objects.filter(decided_at__gt=NOW).exists()


def test_schools_with_work_in_progress_have_become_academies_and_the_hub_is_told() -> None:
    with tenancy.use(Hub.objects.get(slug="northvale")):
        changes = list(SchoolChange.objects.unseen())
        assert changes
        for change in changes:
            assert change.former.status == School.Status.CLOSED
            assert change.expression.school_now.name.endswith("Academy")


def test_the_register_is_of_this_night() -> None:
    last = RegisterImport.objects.first()
    assert last and last.as_of == NOW.date()


def test_the_schools_of_every_hub_have_a_history_under_the_urns_of_their_day() -> None:
    for hub in Hub.objects.all():
        assert Participation.objects.filter(recorded_for=hub).count() >= 30
    assert Participation.objects.filter(school__status=School.Status.CLOSED).exists()
    assert not Participation.objects.filter(school__opened_on__year__gt=F("year")).exists()


def test_some_changes_of_schools_wait_to_be_confirmed() -> None:
    doubts = {doubt for succession in Succession.objects.exclude(doubts=[]) for doubt in succession.doubts}
    assert doubts >= {Doubt.UNDATED, Doubt.CYCLE, Doubt.NO_DIRECTION, Doubt.LIKELY, Doubt.SEVERAL_SUCCESSORS}


def test_every_letter_has_gone_out_into_the_mailbox(mails: list[Path]) -> None:
    sent = 0
    for hub in Hub.objects.all():
        with tenancy.use(hub):
            states = Counter(Message.objects.values_list("state", flat=True))
            # What is to come waits.
            assert set(states) <= {MessageState.SENT, MessageState.QUEUED}
            assert not Message.objects.filter(state=MessageState.QUEUED, not_before__lte=NOW).exists()
            sent += states[MessageState.SENT]

    assert len(mails) == sent > 0


def test_the_command_refuses_outside_the_demo() -> None:
    assert configured.DEMO is False
    with pytest.raises(CommandError, match="ENVIRONMENT=demo"):
        call_command("seed_demo")


def test_the_command_refuses_where_a_real_register_is() -> None:
    with override_settings(DEMO=True), transaction.atomic():
        Hub.objects.filter(slug="northvale").update(slug="southvale")
        make_school("A Real School", urn=100_001)
        with pytest.raises(CommandError, match=r"holds schools of a real register.*a database of its own"):
            call_command("seed_demo")
        transaction.set_rollback(True)


def test_the_command_refuses_where_another_register_was_taken_in() -> None:
    with override_settings(DEMO=True), transaction.atomic():
        Hub.objects.filter(slug="northvale").update(slug="southvale")
        RegisterImport.objects.create(
            outcome="applied",
            file_name="edubasealldata20261121.csv",
            actor_name="mary",
            started_at=NOW,
            finished_at=NOW,
        )
        before = RegisterImport.objects.count(), RegisterLink.objects.count()
        with pytest.raises(CommandError, match="holds schools of a real register"):
            call_command("seed_demo")
        assert (RegisterImport.objects.count(), RegisterLink.objects.count()) == before
        transaction.set_rollback(True)


def test_the_command_says_that_the_demo_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with override_settings(DEMO=True):
        call_command("seed_demo")

    assert capsys.readouterr().out == "The demo is there already.\n"


def test_authorities_teach_at_different_times_and_of_some_dates_are_assumed() -> None:
    calendars = calendars_of_authorities(list(LocalAuthority.objects.values_list("pk", flat=True)))
    assumed = {code for code, calendar in calendars.items() if calendar.is_assumed(2026)}
    assert "004" in assumed
    ends = {calendars[code].half_term(2026, 1).ends_on for code in calendars}
    assert len(ends) >= 2


@pytest.mark.parametrize("slug", FEW)
def test_work_groups_are_in_the_middle_of_their_year(slug: str) -> None:
    with tenancy.use(Hub.objects.get(slug=slug)):
        assert WorkGroup.objects.exists()
        assert Place.objects.filter(state=PlaceState.IN_GROUP).exists()
        assert Meeting.objects.filter(state=MeetingState.HELD, starts_at__lt=NOW).exists()
        assert Meeting.objects.filter(state=MeetingState.PLANNED, starts_at__gt=NOW).exists()
        assert ReleaseEntry.objects.of_schools().balance() > 0
        for place in Place.objects.all():
            assert place.state == state_after(place.events.all())


@pytest.mark.parametrize("slug", FEW)
def test_each_report_has_been_asked_for(slug: str) -> None:
    with tenancy.use(Hub.objects.get(slug=slug)):
        assert set(Document.objects.values_list("kind", flat=True)) == set(REPORTS)
