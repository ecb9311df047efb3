"""What people paste, from each map's address bar, share button and programming interface."""

import pytest

from app.events.baidu_mercator import degrees_of
from app.events.coordinates import Point, gcj02_to_bd09, wgs84_to_gcj02
from app.events.map_links import Datum, NoPointError, Reason, point_in

# Gehua Tower, Beijing, in the three datums.
HERE = Point(39.9400, 116.4085)
GCJ02 = wgs84_to_gcj02(HERE)
BD09 = gcj02_to_bd09(GCJ02)
G_LAT, G_LON = f"{GCJ02.latitude:.6f}", f"{GCJ02.longitude:.6f}"
B_LAT, B_LON = f"{BD09.latitude:.6f}", f"{BD09.longitude:.6f}"
LAT, LON = f"{HERE.latitude:.6f}", f"{HERE.longitude:.6f}"


def is_here(point: Point, *, metres: float = 1.5) -> bool:
    north = abs(point.latitude - HERE.latitude) * 111_000
    east = abs(point.longitude - HERE.longitude) * 85_000
    return north < metres and east < metres


@pytest.mark.parametrize(
    ("pasted", "name", "datum"),
    [
        (f"https://uri.amap.com/marker?position={G_LON},{G_LAT}&name=park&src=mypage", "AMap", "gcj02"),
        (f"https://uri.amap.com/marker?position={LON},{LAT}&coordinate=wgs84", "AMap", "wgs84"),
        (f"https://uri.amap.com/navigation?to={G_LON},{G_LAT},歌华大厦&mode=car", "AMap", "gcj02"),
        (f"https://ditu.amap.com/regeo?lng={G_LON}&lat={G_LAT}&name=歌华大厦", "AMap", "gcj02"),
        (f"https://wb.amap.com/?p=B000A7BD6C,{G_LAT},{G_LON},歌华大厦,青龙胡同1号", "AMap", "gcj02"),
        (f"https://www.amap.com/?q={G_LAT},{G_LON},歌华大厦", "AMap", "gcj02"),
        (f"https://m.amap.com/navi/?dest={G_LON},{G_LAT}&destName=x", "AMap", "gcj02"),
        (f"http://m.amap.com/share/index/lnglat={G_LON},{G_LAT}&name=x", "AMap", "gcj02"),
        (f"http://m.amap.com/around/?locations={G_LON},{G_LAT}&keywords=", "AMap", "gcj02"),
        (f"【高德地图】歌华大厦 https://wb.amap.com/?q={G_LAT},{G_LON},歌华大厦，点击查看", "AMap", "gcj02"),
        (f"https://api.map.baidu.com/marker?location={B_LAT},{B_LON}&title=x&output=html", "Baidu", "bd09"),
        (f"https://api.map.baidu.com/marker?location={G_LAT},{G_LON}&coord_type=gcj02", "Baidu", "gcj02"),
        (f"https://api.map.baidu.com/marker?location={LAT},{LON}&coord_type=wgs84", "Baidu", "wgs84"),
        (f"https://map.baidu.com/?latlng={B_LAT},{B_LON}&title=x&autoOpen=true", "Baidu", "bd09"),
        (f"https://api.map.baidu.com/direction?destination=name:x|latlng:{B_LAT},{B_LON}", "Baidu", "bd09"),
        (f"https://apis.map.qq.com/uri/v1/marker?marker=coord:{G_LAT},{G_LON};title:x;addr:y", "Tencent", "gcj02"),
        (f"https://apis.map.qq.com/uri/v1/geocoder?coord={G_LAT},{G_LON}&referer=x", "Tencent", "gcj02"),
        (f"https://map.qq.com/?type=marker&pointx={G_LON}&pointy={G_LAT}&name=x", "Tencent", "gcj02"),
        (f"https://apis.map.qq.com/tools/poimarker?marker=coord%3A{G_LAT}%2C{G_LON}%3Btitle", "Tencent", "gcj02"),
        (f"https://www.google.com/maps/place/G/@39.9,116.3,17z/data=!4m6!8m2!3d{G_LAT}!4d{G_LON}", "Google", "gcj02"),
        (f"https://www.google.com/maps/@{G_LAT},{G_LON},17z", "Google", "gcj02"),
        (f"https://www.google.com.hk/maps?q={G_LAT},{G_LON}", "Google", "gcj02"),
        (f"https://maps.google.com/?q=loc:{G_LAT},{G_LON}", "Google", "gcj02"),
        (f"https://www.google.com/maps/search/?api=1&query={G_LAT}%2C{G_LON}", "Google", "gcj02"),
        (f"https://www.google.com/maps/place/{G_LAT},+{G_LON}", "Google", "gcj02"),
        (f"https://maps.apple.com/?ll={G_LAT},{G_LON}&q=x", "Apple", "gcj02"),
        (f"https://www.openstreetmap.org/?mlat={LAT}&mlon={LON}#map=17/39.9/116.3", "OpenStreetMap", "wgs84"),
        (f"https://www.openstreetmap.org/#map=19/{LAT}/{LON}&layers=N", "OpenStreetMap", "wgs84"),
        (f"www.openstreetmap.org/#map=19/{LAT}/{LON}", "OpenStreetMap", "wgs84"),
        (f"geo:{LAT},{LON}", "geo:", "wgs84"),
        (f"{LAT}, {LON}", "", "wgs84"),
        (f"{LAT}，{LON}", "", "wgs84"),
        (f"{LAT} {LON}", "", "wgs84"),
        ("39°56'24.0\"N 116°24'30.6\"E", "", "wgs84"),
        ("116°24′30.6″E, 39°56′24.0″N", "", "wgs84"),
    ],
)  # fmt: skip
def test_point_is_found_with_the_datum_of_its_map(pasted, name, datum):
    found = point_in(pasted)

    assert (found.map_name, found.datum, found.is_swapped) == (name, datum, False)
    assert is_here(found.wgs84), found.wgs84


def test_coordinates_are_of_the_datum_that_is_said():
    assert is_here(point_in(f"{G_LAT},{G_LON}", datum=Datum.GCJ02).wgs84)
    assert is_here(point_in(f"{B_LAT},{B_LON}", datum=Datum.BD09).wgs84)
    assert not is_here(point_in(f"{G_LAT},{G_LON}").wgs84, metres=100)


# The middle of these cities as Baidu's own list of cities has it, beside where they are.
@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (12958160.97, 4825923.77, (39.915, 116.404)),
        (13523265.31, 3641114.64, (31.2304, 121.4804)),
        (12697919.69, 2560977.31, (22.546, 114.066)),
    ],
    ids=["beijing", "shanghai", "shenzhen"],
)
def test_metres_of_baidu_are_degrees(x, y, expected):
    assert degrees_of(x, y) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://map.baidu.com/@12958160.97,4825923.77,13z",
        "https://map.baidu.com/poi/天安门/@12958160.97,4825923.77,19z?uid=abc&querytype=detailConInfo",
        "http://map.baidu.com/?newmap=1&s=con&c=12958160.97,4825923.77&l=13",
    ],
)
def test_address_bar_of_baidu_is_read(pasted):
    found = point_in(pasted)

    assert (found.map_name, found.datum) == ("Baidu", "bd09")
    assert found.given == pytest.approx((39.915, 116.404), abs=0.0005)


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("https://surl.amap.com/4xNrCG1g3a", Reason.SHORT),
        ("https://j.map.baidu.com/9c/UDLc", Reason.SHORT),
        ("https://maps.app.goo.gl/aBcDeF", Reason.SHORT),
        ("https://osm.org/go/0EEQjE--", Reason.SHORT),
        ("https://www.amap.com/place/B000A7BD6C", Reason.NO_POINT),
        ("https://map.baidu.com/search/gehua", Reason.NO_POINT),
        ("https://www.google.com/maps/place/Gehua+Tower", Reason.NO_POINT),
        ("https://www.openstreetmap.org/node/1", Reason.NO_POINT),
        ("https://www.openstreetmap.org/#map=19/95.0/195.0", Reason.NO_POINT),
        ("https://example.org/@39.9,116.4", Reason.UNKNOWN),
        ("https://evilamap.com/?q=39.9,116.4", Reason.UNKNOWN),
        ("https://[", Reason.UNKNOWN),
        ("北京市东城区青龙胡同 1 号", Reason.UNKNOWN),
        ("195.0, 395.0", Reason.UNKNOWN),
        ("", Reason.UNKNOWN),
        ("1" * 100_000, Reason.UNKNOWN),
    ],
)
def test_what_has_no_point_is_refused_with_the_reason(pasted, reason):
    with pytest.raises(NoPointError) as refused:
        point_in(pasted)

    assert refused.value.reason == reason


def test_first_number_that_is_no_latitude_is_taken_as_the_longitude():
    found = point_in(f"{LON}, {LAT}")

    assert found.is_swapped
    assert is_here(found.wgs84)


def test_outside_of_china_nothing_is_moved():
    found = point_in("https://www.google.com/maps/@48.8584,2.2945,17z")

    assert found.wgs84 == Point(48.8584, 2.2945)
