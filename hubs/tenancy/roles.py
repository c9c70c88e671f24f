"""What the three database roles may do, and which role the application refuses to run as."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from psycopg import sql

from hubs.tenancy.owned import HubOwned

_WHAT_IS_WRONG = """
    SELECT CASE
        WHEN rolsuper THEN 'is a superuser'
        WHEN rolbypassrls THEN 'has BYPASSRLS'
        WHEN EXISTS (
            SELECT FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
              AND relkind = 'r' AND pg_has_role(current_user, relowner, 'MEMBER')
        ) THEN 'owns tables or is a member of their owner'
    END
    FROM pg_roles WHERE rolname = current_user
"""


def what_is_wrong_with_role(connection: BaseDatabaseWrapper) -> str | None:
    """Why the connection's role would not be held back by row-level security; None when it would."""
    with connection.cursor() as cursor:
        cursor.execute(_WHAT_IS_WRONG)
        row = cursor.fetchone()
    return row[0] if row else "does not exist"


def refuse_unsafe_role() -> None:
    """Raise `ImproperlyConfigured` when the application's database role could see through the walls."""
    for alias in {"default", "national"} & set(settings.DATABASES):
        connection = connections[alias]
        try:
            if problem := what_is_wrong_with_role(connection):
                raise ImproperlyConfigured(
                    f"The database role of {'DATABASE_URL' if alias == 'default' else 'DATABASE_NATIONAL_URL'} "
                    f"{problem}: row-level security would not hold. Use the app role (see README, Deployment)."
                )
        finally:
            # Web and worker processes fork after this: no connection may be shared.
            connection.close()


def grant_rights(*, using: str) -> None:
    """Give the app and national roles exactly their rights on every table; run as owner after migrating.

    Idempotent, and at once or not at all: pages being served meanwhile never find their rights gone.
    The roles' names are those of the configured connections.
    """
    connection = connections[using]
    app = str(settings.DATABASES["default"]["USER"])
    national = str(settings.DATABASES["national"]["USER"]) if "national" in settings.DATABASES else None
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(app)),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(sql.Identifier(app)),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(sql.Identifier(app)),
        sql.SQL("GRANT SELECT ON django_migrations TO {}").format(sql.Identifier(app)),
    ]
    # After migrating backwards some tables are not there.
    tables = set(connection.introspection.table_names())
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in tables]
    for model in models:
        rights = "SELECT, INSERT" if getattr(model, "append_only", False) else "SELECT, INSERT, UPDATE, DELETE"
        statements.append(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), _table(model), sql.Identifier(app)))
    if national:
        statements += _national_statements(models, national)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _national_statements(models: list[type[Model]], national: str) -> Iterator[sql.Composed]:
    role = sql.Identifier(national)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role)
    for model in models:
        readable = getattr(model, "national_columns", ())
        columns = [str(field.column) for field in model._meta.concrete_fields if field.name in readable]
        if not columns:
            continue
        table = _table(model)
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(listed, table, role)
        if issubclass(model, HubOwned):
            # A wider view is another role with its own policy, never a clause in the hubs' policy.
            policy = sql.Identifier(f"{model._meta.db_table}_national")
            yield sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(policy, table)
            yield sql.SQL("CREATE POLICY {} ON {} FOR SELECT TO {} USING (true)").format(policy, table, role)


def _table(model: type[Model]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)
