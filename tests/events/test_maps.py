from urllib.parse import parse_qs, urlsplit

import pytest

from app.core.i18n import Texts
from app.events.maps import map_links
from app.events.models import Venue

GEHUA = {"name": Texts(zh="歌华大厦", en="Gehua Tower"), "address": Texts(zh="北京市东城区青龙胡同 1 号")}

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def parameters(url):
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}


def test_a_known_point_is_converted_to_the_datum_of_each_map(app):
    venue = Venue(**GEHUA, latitude=39.9432, longitude=116.4142)

    amap, baidu, osm = map_links(venue, language="zh")

    assert [urlsplit(link.url).netloc for link in (amap, baidu, osm)] == [
        "uri.amap.com", "api.map.baidu.com", "www.openstreetmap.org",
    ]  # fmt: skip
    # GCJ-02 lies about 600 m to the north-east here; AMap takes the longitude first, Baidu the latitude.
    assert parameters(amap.url) == {
        "position": "116.420444,39.944602", "name": "歌华大厦", "coordinate": "gaode", "callnative": "1",
        "src": "juhui",
    }  # fmt: skip
    assert parameters(baidu.url) == {
        "location": "39.950765,116.426872", "title": "歌华大厦", "content": "北京市东城区青龙胡同 1 号",
        "coord_type": "bd09ll", "output": "html", "src": "webapp.juhui",
    }  # fmt: skip
    assert osm.url == ("https://www.openstreetmap.org/?mlat=39.943200&mlon=116.414200#map=17/39.943200/116.414200")


def test_an_unknown_point_is_looked_for_by_its_address(app):
    amap, baidu, osm = map_links(Venue(**GEHUA), language="en")

    assert parameters(amap.url)["keyword"] == "北京市东城区青龙胡同 1 号"
    assert parameters(baidu.url)["address"] == "北京市东城区青龙胡同 1 号"
    assert parameters(osm.url) == {"query": "北京市东城区青龙胡同 1 号"}


def test_a_venue_without_address_is_looked_for_by_its_name(app):
    links = map_links(Venue(name=Texts(en="Analytical Hall"), address=Texts()), language="en")

    assert {next(iter(parameters(link.url).values())) for link in links} == {"Analytical Hall"}
