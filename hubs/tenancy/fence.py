"""The third wall, declared on the model and carried by migrations."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, Model

from hubs.tenancy.context import SETTING

# Equality with one scalar subselect, evaluated once per statement: anything cleverer (OR, CASE)
# keeps the planner from using the index on hub_id. After a commit a transaction-local setting
# reads '' and not NULL, hence NULLIF.
OWN_ROWS = f"hub_id = (SELECT NULLIF(current_setting('{SETTING}', true), '')::bigint)"


class HubFence(BaseConstraint):
    """Row-level security on a hub-owned table: rows of the active hub, to read and to write.

    The owner of the tables is not subject to it, so that data migrations see every row.
    """

    def constraint_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """Nothing within CREATE TABLE: the policy follows as a statement of its own."""
        assert model is not None and schema_editor is not None
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return ""

    def create_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        """Switch row-level security on and create the policy."""
        return self._statement(
            "ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY; "
            f"CREATE POLICY %(name)s ON %(table)s USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS})",
            model,
            schema_editor,
        )

    def remove_sql(self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        """Drop the policy; row-level security stays on, so that the table shuts rather than opens."""
        return self._statement("DROP POLICY %(name)s ON %(table)s", model, schema_editor)

    def _statement(
        self, sql: str, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> Statement:
        assert model is not None and schema_editor is not None
        quote = schema_editor.quote_name
        return Statement(sql, table=Table(model._meta.db_table, quote), name=quote(self.name))

    def validate(self, model: type[Model], instance: Model, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        """Nothing for a form to say: the wall stands in the database."""

    def __eq__(self, other: object) -> bool:
        # Without it every migration would drop the walls and build them again.
        return isinstance(other, HubFence) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)
