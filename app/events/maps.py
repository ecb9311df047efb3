"""Links that open a venue in a map. We store WGS-84; AMap draws in GCJ-02, Baidu in BD-09, some 500 m apart."""

from dataclasses import dataclass
from urllib.parse import urlencode

from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.events.coordinates import Point, gcj02_to_bd09, wgs84_to_gcj02
from app.events.models import Venue

# Both Chinese maps ask who sends their visitors.
_SOURCE = "juhui"


@dataclass(frozen=True, slots=True)
class MapLink:
    """A map's name in the reader's language, and the address that opens the venue in it."""

    name: str
    url: str


def map_links(venue: Venue, *, language: Language) -> list[MapLink]:
    """Return links to AMap, Baidu and OpenStreetMap: to the point if it is known, else a search for the address.

    Sources: lbs.amap.com/api/uri-api/guide/mobile-web/point, lbsyun.baidu.com/index.php?title=uri/api/web.
    """
    if venue.latitude is None or venue.longitude is None:
        return _searches(venue, language)
    name = venue.name.in_language(language)
    address = venue.address.in_language(language) or name
    gcj02 = wgs84_to_gcj02(Point(venue.latitude, venue.longitude))
    bd09 = gcj02_to_bd09(gcj02)
    amap = {
        "position": f"{gcj02.longitude:.6f},{gcj02.latitude:.6f}",
        "name": name,
        "coordinate": "gaode",
        "callnative": "1",
        "src": _SOURCE,
    }
    baidu = {
        "location": f"{bd09.latitude:.6f},{bd09.longitude:.6f}",
        "title": name,
        "content": address,
        "coord_type": "bd09ll",
        "output": "html",
        "src": f"webapp.{_SOURCE}",
    }
    point = {"mlat": f"{venue.latitude:.6f}", "mlon": f"{venue.longitude:.6f}"}
    return [
        MapLink(_("AMap"), f"https://uri.amap.com/marker?{urlencode(amap)}"),
        MapLink(_("Baidu Maps"), f"https://api.map.baidu.com/marker?{urlencode(baidu)}"),
        MapLink(
            "OpenStreetMap",
            f"https://www.openstreetmap.org/?{urlencode(point)}#map=17/{point['mlat']}/{point['mlon']}",
        ),
    ]


def _searches(venue: Venue, language: Language) -> list[MapLink]:
    # A Chinese address is what both Chinese maps know best, whatever language the page is in.
    address = venue.address.zh or venue.address.en or venue.name.zh or venue.name.en
    own = venue.address.in_language(language) or address
    amap = {"keyword": address, "view": "map", "callnative": "1", "src": _SOURCE}
    baidu = {"address": address, "output": "html", "src": f"webapp.{_SOURCE}"}
    return [
        MapLink(_("AMap"), f"https://uri.amap.com/search?{urlencode(amap)}"),
        MapLink(_("Baidu Maps"), f"https://api.map.baidu.com/geocoder?{urlencode(baidu)}"),
        MapLink("OpenStreetMap", f"https://www.openstreetmap.org/search?{urlencode({'query': own})}"),
    ]
