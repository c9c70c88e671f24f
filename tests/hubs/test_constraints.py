from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from hubs.constraints import broken_constraint
from hubs.models import Hub
from tests import factories


@pytest.mark.django_db
def test_the_broken_constraint_is_named_as_the_model_names_it(hub: Hub) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        factories.make_hub("other", colour="teal")
    assert broken_constraint(caught.value) == "hub_colour_is_hex"


def test_an_error_that_no_database_raised_names_none() -> None:
    assert broken_constraint(IntegrityError("made up")) is None
