from __future__ import annotations

import pytest

from hubs.models import LocalAuthority
from schools.authorities import load_local_authorities

pytestmark = pytest.mark.django_db


def test_england_has_153_authorities_in_nine_regions() -> None:
    load_local_authorities()
    assert LocalAuthority.objects.count() == 153
    assert set(LocalAuthority.objects.values_list("region", flat=True)) == {
        "East Midlands",
        "East of England",
        "London",
        "North East",
        "North West",
        "South East",
        "South West",
        "West Midlands",
        "Yorkshire and the Humber",
    }


def test_loading_again_corrects_names_and_leaves_others_alone() -> None:
    LocalAuthority.objects.create(code="801", name="Old name")
    LocalAuthority.objects.create(code="001", name="Northvale")
    load_local_authorities()
    load_local_authorities()
    assert LocalAuthority.objects.get(code="801").name == "Bristol, City of"
    assert LocalAuthority.objects.get(code="001").name == "Northvale"
