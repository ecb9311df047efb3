"""Datums of maps, against pairs that others published."""

import pytest

from app.events.coordinates import (
    Point,
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

# github.com/googollee/eviltransform, its table of tests; the last row: README of github.com/wandergis/coordtransform.
PUBLISHED_GCJ02 = [
    (Point(31.1774276, 121.5272106), Point(31.17530398364597, 121.531541859215)),
    (Point(22.543847, 113.912316), Point(22.540796131694766, 113.9171764808363)),
    (Point(39.911954, 116.377817), Point(39.91334545536069, 116.38404722455657)),
    (Point(39.915, 116.404), Point(39.91640428150164, 116.41024449916938)),
]
GEHUA = Point(39.9432, 116.4142)
KASHGAR, HARBIN, SANYA = Point(39.4704, 75.9896), Point(45.8038, 126.5350), Point(18.2528, 109.5119)


def _rounded(point: Point, places: int = 9) -> tuple[float, float]:
    return round(point.latitude, places), round(point.longitude, places)


@pytest.mark.parametrize(("wgs84", "gcj02"), PUBLISHED_GCJ02)
def test_gcj02_equals_the_published_pairs(wgs84: Point, gcj02: Point) -> None:
    assert _rounded(wgs84_to_gcj02(wgs84), 5) == _rounded(gcj02, 5)
    assert _rounded(gcj02_to_wgs84(gcj02), 5) == _rounded(wgs84, 5)


def test_bd09_equals_the_published_pair() -> None:
    assert _rounded(gcj02_to_bd09(Point(39.915, 116.404))) == (39.921336994, 116.410369494)


@pytest.mark.parametrize("place", [GEHUA, KASHGAR, HARBIN, SANYA])
def test_conversions_come_back_to_where_they_began(place: Point) -> None:
    there = (wgs84_to_gcj02(place), gcj02_to_bd09(place), wgs84_to_bd09(place))

    back = (gcj02_to_wgs84(there[0]), bd09_to_gcj02(there[1]), bd09_to_wgs84(there[2]))

    assert place not in there
    assert [_rounded(point) for point in back] == [_rounded(place)] * 3


@pytest.mark.parametrize(
    "abroad",
    [Point(51.4779, -0.0015), Point(35.6812, 139.7671), Point(37.5665, 126.9780), Point(21.0285, 105.8542)],
    ids=["Greenwich", "Tokyo", "Seoul", "Hanoi"],
)
def test_points_outside_china_are_left_alone(abroad: Point) -> None:
    there = (wgs84_to_gcj02(abroad), wgs84_to_bd09(abroad))
    back = (gcj02_to_wgs84(abroad), bd09_to_wgs84(abroad))

    assert (there, back) == ((abroad, abroad), (abroad, abroad))
