"""The three walls between hubs. Every test here has rows that could leak."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction
from django.db.models import Exists, OuterRef

from hubs import tenancy
from hubs.models import Hub, HubArea, LeadSchool, Membership, TimelineEntry, User
from hubs.tenancy import AnotherHubActive, HubManager, HubOwned, NoActiveHub
from hubs.tenancy.fence import OWN_ROWS
from hubs.tenancy.roles import refuse_unsafe_role, what_is_wrong_with_role
from programmes.models import ExpressionOfInterest, RecruitmentWindow
from tests import factories

# Login comes before tenancy: these know which hubs there are and who may enter them.
OUTSIDE_THE_WALLS = {Membership, HubArea, LeadSchool}


def hub_owned_models() -> list[type[HubOwned]]:
    return [model for model in apps.get_models() if issubclass(model, HubOwned)]


@pytest.fixture
def two_expressions(hub: Hub, other_hub: Hub) -> tuple[ExpressionOfInterest, ExpressionOfInterest]:
    school = factories.make_school()
    return (
        factories.make_expression(factories.make_window(hub), school),
        factories.make_expression(factories.make_window(other_hub), school),
    )


# --- What is declared ---------------------------------------------------------------------------


def test_every_model_with_a_hub_is_hub_owned() -> None:
    with_hub = {
        model
        for model in apps.get_models()
        if any(field.name == "hub" for field in model._meta.get_fields(include_hidden=False))
    }
    assert with_hub - OUTSIDE_THE_WALLS == set(hub_owned_models())


@pytest.mark.parametrize("model", hub_owned_models(), ids=lambda model: model._meta.label)
def test_default_manager_is_scoped_to_the_active_hub(model: type[HubOwned]) -> None:
    assert isinstance(model._default_manager, HubManager)
    with pytest.raises(NoActiveHub):
        model._default_manager.all()


@pytest.mark.django_db
@pytest.mark.parametrize("model", hub_owned_models(), ids=lambda model: model._meta.label)
def test_table_has_exactly_one_hub_policy_and_no_wider_one_for_the_app(model: type[HubOwned]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        assert cursor.fetchone() == (True,)
        cursor.execute(
            "SELECT policyname, cmd, permissive, qual, with_check FROM pg_policies "
            "WHERE tablename = %s AND (roles = '{public}' OR current_user = ANY (roles))",
            [model._meta.db_table],
        )
        policies = cursor.fetchall()
    assert len(policies) == 1
    name, command, permissive, using, with_check = policies[0]
    assert name == f"{model._meta.label_lower.replace('.', '_')}_hub_fence"
    assert (command, permissive) == ("ALL", "PERMISSIVE")
    assert using == with_check
    # PostgreSQL writes casts out; what must stand there is the plain equality, without OR or CASE.
    assert "hub_id = ( SELECT" in using
    assert "current_setting('hubadmin.hub_id'::text, true)" in using
    assert " OR " not in using
    assert "CASE" not in using


@pytest.mark.django_db
def test_policy_is_plain_equality_in_one_scalar_subselect() -> None:
    assert OWN_ROWS.startswith("hub_id = (SELECT ")


# --- Third wall: PostgreSQL -----------------------------------------------------------------------


@pytest.mark.django_db
def test_raw_sql_without_a_hub_sees_no_rows(two_expressions: object) -> None:
    assert raw_count() == 0


@pytest.mark.django_db
def test_raw_sql_sees_the_active_hubs_rows_only(hub: Hub, two_expressions: tuple[ExpressionOfInterest, ...]) -> None:
    with tenancy.use(hub), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM programmes_expressionofinterest")
        assert cursor.fetchall() == [(two_expressions[0].pk,)]


@pytest.mark.django_db
def test_base_manager_and_foreign_keys_are_fenced_too(
    hub: Hub, two_expressions: tuple[ExpressionOfInterest, ...]
) -> None:
    with tenancy.use(hub):
        assert [row.pk for row in ExpressionOfInterest._base_manager.all()] == [two_expressions[0].pk]
        with pytest.raises(ExpressionOfInterest.DoesNotExist):
            ExpressionOfInterest._base_manager.get(pk=two_expressions[1].pk)


@pytest.mark.django_db
def test_subqueries_from_outside_the_walls_are_fenced_too(hub: Hub, two_expressions: object) -> None:
    with tenancy.use(hub):
        of_all_hubs = ExpressionOfInterest._base_manager.filter(hub=OuterRef("pk"))
        assert list(Hub.objects.filter(Exists(of_all_hubs))) == [hub]


@pytest.mark.django_db
def test_writing_another_hubs_row_is_refused(hub: Hub, other_hub: Hub) -> None:
    factories.make_window(other_hub)
    with tenancy.use(hub), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        TimelineEntry(
            hub=other_hub, subject_kind="x", subject_id=1, happened_at="2026-11-21T10:00Z", actor_name="x", text="x"
        ).save()


@pytest.mark.django_db
def test_moving_a_row_to_another_hub_is_refused(
    hub: Hub, other_hub: Hub, two_expressions: tuple[ExpressionOfInterest, ...]
) -> None:
    with tenancy.use(hub), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        ExpressionOfInterest.objects.filter(pk=two_expressions[0].pk).update(hub=other_hub)


@pytest.mark.django_db
def test_updating_and_deleting_reach_no_row_of_another_hub(
    hub: Hub, other_hub: Hub, two_expressions: tuple[ExpressionOfInterest, ...]
) -> None:
    with tenancy.use(hub), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE programmes_expressionofinterest SET contact_name = 'x' WHERE id = %s", [two_expressions[1].pk]
        )
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM programmes_leadteacher WHERE expression_id = %s", [two_expressions[1].pk])
        assert cursor.rowcount == 0
    with tenancy.use(other_hub):
        assert ExpressionOfInterest.objects.get().contact_name == "Cleo Contact"


@pytest.mark.django_db
def test_timeline_can_be_added_to_but_not_rewritten(hub: Hub) -> None:
    with tenancy.use(hub):
        TimelineEntry.objects.create(
            hub=hub, subject_kind="x", subject_id=1, happened_at="2026-11-21T10:00Z", actor_name="x", text="as it was"
        )
        for statement in ("UPDATE hubs_timelineentry SET text = 'rewritten'", "DELETE FROM hubs_timelineentry"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(statement)


@pytest.mark.django_db
def test_app_role_may_not_change_or_switch_off_a_policy() -> None:
    for statement in (
        "ALTER TABLE programmes_expressionofinterest DISABLE ROW LEVEL SECURITY",
        "DROP POLICY programmes_expressionofinterest_hub_fence ON programmes_expressionofinterest",
        "SET SESSION AUTHORIZATION postgres",
        "TRUNCATE programmes_expressionofinterest",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


# --- The active hub -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_leaving_a_hub_shuts_the_wall_again_within_an_outer_transaction(hub: Hub, two_expressions: object) -> None:
    with transaction.atomic():
        with tenancy.use(hub):
            assert raw_count() == 1
        assert raw_count() == 0


@pytest.mark.django_db
def test_failing_inside_a_hub_shuts_the_wall_again(hub: Hub, two_expressions: object) -> None:
    with pytest.raises(ZeroDivisionError), tenancy.use(hub):
        raise ZeroDivisionError
    assert raw_count() == 0
    with pytest.raises(NoActiveHub):
        ExpressionOfInterest.objects.all()


@pytest.mark.django_db(transaction=True)
def test_setting_ends_with_the_transaction_so_that_poolers_are_safe(hub: Hub, two_expressions: object) -> None:
    with tenancy.use(hub):
        assert raw_count() == 1
    assert raw_count() == 0


@pytest.mark.django_db(transaction=True)
def test_failing_block_writes_nothing(hub: Hub) -> None:
    factories.make_window(hub)
    with pytest.raises(ZeroDivisionError):
        empty_and_fail(hub)
    with tenancy.use(hub):
        assert RecruitmentWindow.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_at_one_moment_what_others_commit_meanwhile_is_not_seen(hub: Hub, two_expressions: object) -> None:
    def another_expression() -> None:
        factories.make_expression(factories.make_window(hub, stage="primary-embedding"))

    with ThreadPoolExecutor(1) as other, tenancy.at_one_moment(hub):
        before = raw_count()
        other.submit(in_a_connection_of_its_own, another_expression).result()
        assert raw_count() == before == 1
    with tenancy.use(hub):
        assert raw_count() == 2


@pytest.mark.django_db(transaction=True)
def test_at_one_moment_nothing_can_be_written(hub: Hub, two_expressions: object) -> None:
    with pytest.raises(DatabaseError, match="read-only transaction"), tenancy.at_one_moment(hub):
        ExpressionOfInterest.objects.update(state="draft")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("entering", [tenancy.own_transaction, tenancy.at_one_moment])
def test_a_transaction_of_its_own_is_refused_within_another_one(
    entering: Callable[[Hub], AbstractContextManager[None]], hub: Hub
) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), entering(hub):
        pass


def in_a_connection_of_its_own(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        connection.close()


@pytest.mark.django_db
def test_entering_the_same_hub_again_is_fine_and_another_one_is_refused(hub: Hub, other_hub: Hub) -> None:
    with tenancy.use(hub):
        with tenancy.use(hub.pk):
            assert tenancy.active_hub_id() == hub.pk
        assert tenancy.active_hub_id() == hub.pk
        with pytest.raises(AnotherHubActive), tenancy.use(other_hub):
            pass
        assert tenancy.active_hub_id() == hub.pk


# --- Roles ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tests_run_under_a_role_that_the_walls_hold_back() -> None:
    assert what_is_wrong_with_role(connection) is None


@pytest.mark.django_db(databases=["default", "owner", "national"], transaction=True)
def test_owner_is_an_unsafe_role_and_national_is_not() -> None:
    assert what_is_wrong_with_role(connections["owner"]) == "owns tables or is a member of their owner"
    assert what_is_wrong_with_role(connections["national"]) is None


@pytest.mark.django_db(databases=["default", "owner", "national"], transaction=True)
def test_application_refuses_to_start_as_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_unsafe_role()
    own = connections["default"].settings_dict
    monkeypatch.setitem(own, "USER", connections["owner"].settings_dict["USER"])
    monkeypatch.setitem(own, "PASSWORD", connections["owner"].settings_dict["PASSWORD"])
    connections["default"].close()
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL owns tables"):
        refuse_unsafe_role()
    connections["default"].close()


@pytest.mark.django_db(databases=["default", "national"], transaction=True)
def test_national_role_counts_every_hubs_rows_but_reads_no_names_and_writes_nothing(two_expressions: object) -> None:
    assert ExpressionOfInterest.national.count() == 2
    with connections["national"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM programmes_expressionofinterest")
        assert cursor.fetchone() == (2,)
        for statement in (
            "SELECT contact_email FROM programmes_expressionofinterest",
            "SELECT * FROM programmes_leadteacher",
            "SELECT * FROM hubs_timelineentry",
            "SELECT * FROM hubs_user",
            "UPDATE programmes_expressionofinterest SET state = 'draft'",
            "DELETE FROM programmes_expressionofinterest",
        ):
            with pytest.raises(DatabaseError):
                cursor.execute(statement)


def raw_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM programmes_expressionofinterest")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def test_people_stand_outside_the_walls() -> None:
    assert not issubclass(User, HubOwned)


def empty_and_fail(hub: Hub) -> None:
    with tenancy.use(hub):
        RecruitmentWindow.objects.all().delete()
        raise ZeroDivisionError
