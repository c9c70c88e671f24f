"""Where a school is on the globe: the national grid's metres as latitude and longitude."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Protocol

from pyproj import Transformer

from schools.kinds import Verdict


class Position(NamedTuple):
    """Degrees of WGS84, as maps on the web have them."""

    latitude: float
    longitude: float


class Placed(Protocol):
    """What is read of a school: metres of the national grid (OSGB36)."""

    easting: int | None
    northing: int | None


def position(school: Placed) -> Verdict[Position | None]:
    """Where it is, to within about five metres; none where the register gives no place.

    Six decimals, a tenth of a metre: more would pretend.
    """
    if school.easting is None or school.northing is None:
        return Verdict(None, "the register gives no place")
    longitude, latitude = _from_grid().transform(school.easting, school.northing)
    place = Position(round(latitude, 6), round(longitude, 6))
    return Verdict(place, f"easting {school.easting}, northing {school.northing}")


@lru_cache(maxsize=1)
def _from_grid() -> Transformer:
    # Made when first asked for: it reads a database of its own. Kept, for making one takes longer than using it.
    return Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
