"""England's local authorities, as the project ships them."""

from __future__ import annotations

import csv
from pathlib import Path

from hubs.models import LocalAuthority

FACTS = Path(__file__).parent / "facts" / "local_authorities.csv"


def load_local_authorities() -> None:
    """Bring names and regions of England's authorities up to date; what is up to date is not written."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        authorities = [LocalAuthority(**row) for row in csv.DictReader(file)]
    known = set(LocalAuthority.objects.values_list("code", "name", "region"))
    LocalAuthority.objects.bulk_create(
        [one for one in authorities if (one.code, one.name, one.region) not in known],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "region"],
    )
