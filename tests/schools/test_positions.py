from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from schools.positions import Position, position

# Test points of its transformation, which Ordnance Survey publishes in both systems; named after places near them.
STATIONS = {
    "St Mary's, Scilly": (91_492.146, 11_318.804, 49.92226393730, -6.29977752014),
    "Lizard": (170_370.718, 11_572.405, 49.96006137820, -5.20304609998),
    "Plymouth": (250_359.811, 62_016.569, 50.43885825610, -4.10864563561),
    "Isle of Wight": (449_816.371, 75_335.861, 50.57563665000, -1.29782277240),
    "Southampton": (438_710.920, 114_792.250, 50.93127937910, -1.45051433700),
    "North Foreland": (639_821.835, 169_565.858, 51.37447025550, 1.44454730409),
    "Bristol": (362_269.991, 169_978.690, 51.42754743020, -2.54407618349),
    "London": (530_624.974, 178_388.464, 51.48936564950, -0.11992557180),
    "Droitwich": (389_544.190, 261_912.153, 52.25529381630, -2.15458614387),
    "Warrington": (357_455.843, 383_290.436, 53.34480280190, -2.64049320810),
}


@dataclass
class Placed:
    easting: int | None
    northing: int | None


def metres_between(one: Position, other: Position) -> float:
    """On a globe: good enough over a few metres."""
    north = (one.latitude - other.latitude) * 111_320
    east = (one.longitude - other.longitude) * 111_320 * math.cos(math.radians(one.latitude))
    return math.hypot(north, east)


@pytest.mark.parametrize("station", STATIONS)
def test_a_place_on_the_national_grid_is_where_it_is_on_the_globe(station: str) -> None:
    easting, northing, latitude, longitude = STATIONS[station]
    found = position(Placed(round(easting), round(northing)))
    assert found.value is not None
    assert metres_between(found.value, Position(latitude, longitude)) < 10
    assert found.reason == f"easting {round(easting)}, northing {round(northing)}"


def test_a_school_without_a_place_has_no_position() -> None:
    found = position(Placed(None, None))
    assert found.value is None
    assert found.reason == "the register gives no place"
