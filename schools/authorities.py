"""England's local authorities, as the project ships them."""

from __future__ import annotations

import csv
from pathlib import Path

from hubs.models import LocalAuthority

FACTS = Path(__file__).parent / "facts" / "local_authorities.csv"


def load_local_authorities() -> None:
    """Bring names and regions of England's authorities up to date; others are left alone."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        authorities = [LocalAuthority(**row) for row in csv.DictReader(file)]
    LocalAuthority.objects.bulk_create(
        authorities, update_conflicts=True, unique_fields=["code"], update_fields=["name", "region"]
    )
