"""Conversions between the datums of maps: WGS-84 (stored), GCJ-02 (AMap, Tencent) and BD-09 (Baidu).

In mainland China maps must show coordinates in GCJ-02, which moves a point by 100 to 700 metres; a WGS-84 pin on such
a map is in the wrong street. Neither datum is published officially: the formulas are the known reconstruction
(github.com/googollee/eviltransform, github.com/wandergis/coordtransform), which agrees with the map services to
about a metre. All values are degrees; pure functions.
"""

from collections.abc import Callable
from math import atan2, cos, pi, sin, sqrt
from typing import Final, NamedTuple

# Krasovsky 1940, the ellipsoid GCJ-02 is reckoned on.
_SEMI_MAJOR_AXIS: Final = 6_378_245.0
_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323
_BAIDU_ANGLE: Final = pi * 3000.0 / 180.0

# Below a tenth of a millimetre; reached in three or four rounds.
_EXACT: Final = 1e-10
_ROUNDS_MAX: Final = 30


class Point(NamedTuple):
    """A place on a map, in degrees of the datum that its name says."""

    latitude: float
    longitude: float


class _Box(NamedTuple):
    north: float
    west: float
    south: float
    east: float

    def holds(self, point: Point) -> bool:
        return self.south <= point.latitude <= self.north and self.west <= point.longitude <= self.east


# Mainland China by boxes (github.com/JackZhouCn/JZLocationConverter): one rectangle would also move Seoul and Hanoi.
_INSIDE: Final = (
    _Box(49.2204, 79.4462, 42.8899, 96.3300),
    _Box(54.1415, 109.6872, 39.3742, 135.0002),
    _Box(42.8899, 73.1246, 29.5297, 124.143255),
    _Box(29.5297, 82.9684, 26.7186, 97.0352),
    _Box(29.5297, 97.0253, 20.414096, 124.367395),
    _Box(20.414096, 107.975793, 17.871542, 111.744104),
)
_OUTSIDE: Final = (
    _Box(25.398623, 119.921265, 21.785006, 122.497559),
    _Box(22.2840, 101.8652, 20.0988, 106.6650),
    _Box(21.5422, 106.4525, 20.4878, 108.0510),
    _Box(55.8175, 109.0323, 50.3257, 119.1270),
    _Box(55.8175, 127.4568, 49.5574, 137.0227),
    _Box(44.8922, 131.2662, 42.5692, 137.0227),
)


def uses_gcj02(point: Point) -> bool:
    """Tell whether maps of this place are drawn in GCJ-02: mainland China, by boxes a few kilometres wide of it."""
    return any(box.holds(point) for box in _INSIDE) and not any(box.holds(point) for box in _OUTSIDE)


def wgs84_to_gcj02(point: Point) -> Point:
    """Return the GCJ-02 point of a WGS-84 one; outside of China the same point."""
    if not uses_gcj02(point):
        return point
    x, y = point.longitude - 105.0, point.latitude - 35.0
    waves = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (waves + 20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (waves + 20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = point.latitude / 180.0 * pi
    curve = 1.0 - _ECCENTRICITY_SQUARED * sin(radians) ** 2
    meridian = _SEMI_MAJOR_AXIS * (1.0 - _ECCENTRICITY_SQUARED) / (curve * sqrt(curve))
    parallel = _SEMI_MAJOR_AXIS / sqrt(curve) * cos(radians)
    return Point(
        point.latitude + north * 180.0 / (meridian * pi),
        point.longitude + east * 180.0 / (parallel * pi),
    )


def gcj02_to_wgs84(point: Point) -> Point:
    """Return the WGS-84 point of a GCJ-02 one: the exact inverse of `wgs84_to_gcj02`."""
    return _inverse(wgs84_to_gcj02, point) if uses_gcj02(point) else point


def gcj02_to_bd09(point: Point) -> Point:
    """Return the BD-09 point of a GCJ-02 one; outside of China the same point."""
    if not uses_gcj02(point):
        return point
    x, y = point.longitude, point.latitude
    radius = sqrt(x * x + y * y) + 0.00002 * sin(y * _BAIDU_ANGLE)
    angle = atan2(y, x) + 0.000003 * cos(x * _BAIDU_ANGLE)
    return Point(radius * sin(angle) + 0.006, radius * cos(angle) + 0.0065)


def bd09_to_gcj02(point: Point) -> Point:
    """Return the GCJ-02 point of a BD-09 one: the exact inverse of `gcj02_to_bd09`."""
    return _inverse(gcj02_to_bd09, point) if uses_gcj02(point) else point


def wgs84_to_bd09(point: Point) -> Point:
    """Return the BD-09 point of a WGS-84 one; outside of China the same point."""
    return gcj02_to_bd09(wgs84_to_gcj02(point))


def bd09_to_wgs84(point: Point) -> Point:
    """Return the WGS-84 point of a BD-09 one: the exact inverse of `wgs84_to_bd09`."""
    return gcj02_to_wgs84(bd09_to_gcj02(point))


def _inverse(forward: Callable[[Point], Point], target: Point) -> Point:
    """Return the point that `forward` takes to `target`, by correcting the guess with its own error."""
    guess = target
    for _ in range(_ROUNDS_MAX):
        reached = forward(guess)
        north, east = target.latitude - reached.latitude, target.longitude - reached.longitude
        guess = Point(guess.latitude + north, guess.longitude + east)
        if abs(north) < _EXACT and abs(east) < _EXACT:
            break
    return guess
