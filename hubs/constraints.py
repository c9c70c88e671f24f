"""Which of the database's rules an error is about."""

from __future__ import annotations

from django.db import IntegrityError


def broken_constraint(error: IntegrityError) -> str | None:
    """The name of the constraint that was broken, as the model's Meta gives it.

    Only an expected one may be turned into a message: re-raise the error otherwise.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None)
