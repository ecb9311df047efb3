"""Reads the point out of what people paste: a link of a map, or coordinates. Pure; asks no network.

Each map draws in a datum of its own (see `coordinates`); the point comes out in WGS-84. Formats: AMap's and Baidu's URI
APIs (lbs.amap.com/api/uri-api, lbsyun.baidu.com/index.php?title=uri/api/web), Tencent's (lbs.qq.com/webApi/uriV1),
Google's (developers.google.com/maps/documentation/urls), OpenStreetMap's permanent links, RFC 5870 (geo:), and what the
maps' own pages have in their address bars and behind "share".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from app.events.baidu_mercator import degrees_of
from app.events.coordinates import Point, bd09_to_wgs84, gcj02_to_wgs84

TEXT_MAX: Final = 4000


class Datum(StrEnum):
    """What a pair of numbers is reckoned on."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Reason(StrEnum):
    """Why no point was found."""

    SHORT = "short"  # a short link: the point is behind it, and we ask no other machine
    NO_POINT = "no_point"  # a map's link without a point
    UNKNOWN = "unknown"  # no link of a map we know, and no coordinates


class NoPointError(ValueError):
    """There is no point in the text."""

    def __init__(self, reason: Reason) -> None:
        """Keep why."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Found:
    """A point as it stood in the text, the map and datum it was recognised by, and the same point in WGS-84."""

    given: Point
    map_name: str
    datum: Datum
    wgs84: Point
    is_swapped: bool = False  # the first number could be no latitude, so the two were taken the other way round


@dataclass(frozen=True, slots=True)
class _Link:
    host: str
    path: str
    query: Mapping[str, str]
    fragment: str


_Reader = Callable[[_Link], tuple[Point, Datum] | None]

_NUMBER: Final = r"-?\d{1,3}(?:\.\d+)?"
_PAIR: Final = re.compile(rf"\s*({_NUMBER})\s*[,，;；\s]\s*({_NUMBER})\b")
_DEGREES: Final = re.compile(
    r"(\d{1,3})\s*°\s*(?:(\d{1,2})\s*[′'’]\s*)?(?:(\d{1,2}(?:\.\d+)?)\s*(?:[″\"”]|'')\s*)?([NSEW])", re.IGNORECASE
)
_SHORT_HOSTS: Final = frozenset({
    "surl.amap.com", "j.map.baidu.com", "maps.app.goo.gl", "goo.gl", "g.co", "osm.org", "t.cn", "url.cn", "dwz.cn",
    "suo.im", "bit.ly", "tinyurl.com",
})  # fmt: skip


def point_in(text: str, *, datum: Datum = Datum.WGS84) -> Found:
    """Return the point in a pasted link, or in coordinates (latitude first), which are taken to be of this datum.

    Raises NoPointError.
    """
    text = unquote(text.strip()[:TEXT_MAX])
    # Apps share a sentence with the link in it.
    link = re.search(r"https?://[^\s，。]+|geo:[-\d.,]+", text)
    if link is not None:
        return _in_link(link[0])
    if re.match(r"[\w.-]+\.[a-z]{2,}/", text):
        return _in_link(f"https://{text}")
    point = _in_degrees(text) or _pair(text)
    if point is None:
        raise NoPointError(Reason.UNKNOWN)
    return _found(point, "", datum)


def _in_link(address: str) -> Found:
    if address.startswith("geo:"):
        return _found(_expected(_pair(address.removeprefix("geo:"))), "geo:", Datum.WGS84)
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        raise NoPointError(Reason.UNKNOWN) from None
    link = _Link(host, parts.path, dict(parse_qsl(parts.query)), parts.fragment)
    if host in _SHORT_HOSTS or (host == "map.qq.com" and parts.path.startswith("/l/")):
        raise NoPointError(Reason.SHORT)
    for name, is_host, read in _MAPS:
        if is_host(host):
            found = read(link)
            if found is None:
                raise NoPointError(Reason.NO_POINT)
            return _found(found[0], name, found[1])
    raise NoPointError(Reason.UNKNOWN)


def _found(point: Point, map_name: str, datum: Datum) -> Found:
    is_swapped = not _is_on_earth(point) and _is_on_earth(Point(point.longitude, point.latitude))
    if is_swapped:
        point = Point(point.longitude, point.latitude)
    if not _is_on_earth(point):
        raise NoPointError(Reason.NO_POINT if map_name else Reason.UNKNOWN)
    return Found(point, map_name, datum, to_wgs84(point, datum), is_swapped)


def to_wgs84(point: Point, datum: Datum) -> Point:
    """Return a point of a datum in WGS-84."""
    if datum == Datum.GCJ02:
        return gcj02_to_wgs84(point)
    return bd09_to_wgs84(point) if datum == Datum.BD09 else point


def _is_on_earth(point: Point) -> bool:
    return -90 <= point.latitude <= 90 and -180 <= point.longitude <= 180  # noqa: PLR2004 - degrees


def _expected(point: Point | None) -> Point:
    if point is None:
        raise NoPointError(Reason.NO_POINT)
    return point


def _pair(text: str | None, *, is_longitude_first: bool = False) -> Point | None:
    """Return the two numbers that a text begins with, latitude first unless said otherwise."""
    match = _PAIR.match(text or "")
    if match is None:
        return None
    first, second = float(match[1]), float(match[2])
    return Point(second, first) if is_longitude_first else Point(first, second)


def _in_degrees(text: str) -> Point | None:
    """Return a point written as 39°56'32.6"N 116°24'25.9"E, in either order."""
    found: dict[bool, float] = {}
    for degrees, minutes, seconds, side in _DEGREES.findall(text):
        value = int(degrees) + int(minutes or 0) / 60 + float(seconds or 0) / 3600
        found[side.upper() in "NS"] = -value if side.upper() in "SW" else value
    return Point(found[True], found[False]) if len(found) == len({True, False}) else None


def _first(points: Iterator[Point | None]) -> Point | None:
    return next((point for point in points if point is not None), None)


def _amap(link: _Link) -> tuple[Point, Datum] | None:
    query = link.query
    datum = Datum.WGS84 if query.get("coordinate") == "wgs84" else Datum.GCJ02

    def points() -> Iterator[Point | None]:
        # uri.amap.com names the longitude first; what the app shares (?q=, ?p=id,…) the latitude.
        for name in ("position", "to", "dest", "center", "locations", "lnglat"):
            yield _pair(query.get(name), is_longitude_first=True)
        yield _pair(",".join(query.get(name, "") for name in ("lat", "lng")))
        yield _pair(",".join(query.get(name, "") for name in ("lat", "lon")))
        yield _pair(query.get("p", "").partition(",")[2])
        yield _pair(query.get("q"))
        if inside := re.search(rf"lnglat=({_NUMBER},{_NUMBER})", link.path):
            yield _pair(inside[1], is_longitude_first=True)

    point = _first(points())
    return (point, datum) if point else None


def _baidu(link: _Link) -> tuple[Point, Datum] | None:
    query = link.query
    kind = query.get("coord_type", "bd09ll")
    datum = {"wgs84": Datum.WGS84, "gcj02": Datum.GCJ02}.get(kind, Datum.BD09)

    def points() -> Iterator[Point | None]:
        for name in ("location", "latlng", "center"):
            yield _pair(query.get(name, "").removeprefix("latlng:"))
        yield _pair((query.get("destination") or "").partition("latlng:")[2])

    point = _first(points())
    if point is not None:
        return point, datum
    # The address bar holds metres: …/@12958160,4825923,13z
    metres = re.search(r"@(-?\d{5,9}(?:\.\d+)?),(-?\d{5,9}(?:\.\d+)?)", link.path) or re.fullmatch(
        r"(-?\d{5,9}(?:\.\d+)?),(-?\d{5,9}(?:\.\d+)?)", query.get("c", "")
    )
    return (degrees_of(float(metres[1]), float(metres[2])), Datum.BD09) if metres else None


def _tencent(link: _Link) -> tuple[Point, Datum] | None:
    query = link.query

    def points() -> Iterator[Point | None]:
        for name in ("marker", "markers"):
            if inside := re.search(r"coord:([-\d.,]+)", query.get(name, "")):
                yield _pair(inside[1])
        for name in ("coord", "center", "tocoord", "latlng"):
            yield _pair(query.get(name))
        yield _pair(",".join(query.get(name, "") for name in ("pointy", "pointx")))

    point = _first(points())
    return (point, Datum.GCJ02) if point else None


def _google(link: _Link) -> tuple[Point, Datum] | None:
    query, path = link.query, link.path

    def points() -> Iterator[Point | None]:
        # The place itself; what stands behind @ is only the middle of the screen.
        places = re.findall(rf"!3d({_NUMBER})!4d({_NUMBER})", path + link.fragment)
        if places:
            yield Point(float(places[-1][0]), float(places[-1][1]))
        for name in ("q", "query", "destination", "daddr", "ll", "center", "viewpoint"):
            yield _pair(query.get(name, "").removeprefix("loc:"))
        for inside in re.findall(rf"/(?:place|search|dir)/(?:[^/]*/)?({_NUMBER},\s*\+?{_NUMBER})", path):
            yield _pair(inside.replace("+", ""))
        if inside := re.search(rf"@({_NUMBER},{_NUMBER})", path):
            yield _pair(inside[1])

    point = _first(points())
    # In mainland China its streets and pins are drawn in GCJ-02; elsewhere the two datums are the same.
    return (point, Datum.GCJ02) if point else None


def _apple(link: _Link) -> tuple[Point, Datum] | None:
    point = _first(_pair(link.query.get(name)) for name in ("coordinate", "ll", "daddr", "q", "center"))
    return (point, Datum.GCJ02) if point else None


def _openstreetmap(link: _Link) -> tuple[Point, Datum] | None:
    query = link.query

    def points() -> Iterator[Point | None]:
        for names in (("mlat", "mlon"), ("lat", "lon")):
            yield _pair(",".join(query.get(name, "") for name in names))
        if inside := re.search(rf"map=[\d.]+/({_NUMBER})/({_NUMBER})", link.fragment):
            yield Point(float(inside[1]), float(inside[2]))

    point = _first(points())
    return (point, Datum.WGS84) if point else None


def _of(*domains: str) -> Callable[[str], bool]:
    return lambda host: any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _is_google(host: str) -> bool:
    return re.fullmatch(r"(?:maps\.|ditu\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?", host) is not None


_MAPS: Final[tuple[tuple[str, Callable[[str], bool], _Reader], ...]] = (
    ("AMap", _of("amap.com", "gaode.com"), _amap),
    ("Baidu", _of("map.baidu.com"), _baidu),
    ("Tencent", _of("map.qq.com"), _tencent),
    ("Google", _is_google, _google),
    ("Apple", _of("maps.apple.com"), _apple),
    ("OpenStreetMap", _of("openstreetmap.org"), _openstreetmap),
)
