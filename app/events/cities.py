"""The cities meetups are held in: both their names, so that who types one gets the other, and where they are."""

from typing import Final

from app.core.i18n import Texts
from app.events.coordinates import Point

# Chinese name, English name, latitude and longitude (WGS-84) of the middle.
_CITIES: Final = (
    "北京 Beijing 39.90 116.41", "上海 Shanghai 31.23 121.47", "广州 Guangzhou 23.13 113.26",
    "深圳 Shenzhen 22.54 114.06", "杭州 Hangzhou 30.27 120.15", "成都 Chengdu 30.66 104.07",
    "武汉 Wuhan 30.59 114.31", "南京 Nanjing 32.06 118.80", "西安 Xi'an 34.34 108.94", "重庆 Chongqing 29.56 106.55",
    "天津 Tianjin 39.13 117.20", "苏州 Suzhou 31.30 120.59", "长沙 Changsha 28.23 112.94",
    "郑州 Zhengzhou 34.75 113.63", "青岛 Qingdao 36.07 120.38", "大连 Dalian 38.91 121.60",
    "厦门 Xiamen 24.48 118.09", "宁波 Ningbo 29.87 121.55", "无锡 Wuxi 31.49 120.31", "合肥 Hefei 31.82 117.23",
    "济南 Jinan 36.65 117.12", "沈阳 Shenyang 41.80 123.43", "福州 Fuzhou 26.07 119.30", "东莞 Dongguan 23.02 113.75",
    "佛山 Foshan 23.02 113.12", "珠海 Zhuhai 22.27 113.58", "昆明 Kunming 25.04 102.71", "贵阳 Guiyang 26.65 106.63",
    "南昌 Nanchang 28.68 115.86", "哈尔滨 Harbin 45.80 126.53", "长春 Changchun 43.82 125.32",
    "石家庄 Shijiazhuang 38.04 114.51", "太原 Taiyuan 37.87 112.55", "南宁 Nanning 22.82 108.37",
    "海口 Haikou 20.04 110.20", "三亚 Sanya 18.25 109.51", "兰州 Lanzhou 36.06 103.83", "乌鲁木齐 Urumqi 43.83 87.62",
    "呼和浩特 Hohhot 40.84 111.75", "银川 Yinchuan 38.49 106.23", "西宁 Xining 36.62 101.78",
    "拉萨 Lhasa 29.65 91.14", "常州 Changzhou 31.81 119.97", "温州 Wenzhou 27.99 120.70", "烟台 Yantai 37.46 121.45",
    "香港 Hong Kong 22.32 114.17", "澳门 Macau 22.20 113.54", "台北 Taipei 25.03 121.57",
    "新加坡 Singapore 1.35 103.82", "东京 Tokyo 35.68 139.69", "首尔 Seoul 37.57 126.98", "伦敦 London 51.51 -0.13",
    "巴黎 Paris 48.86 2.35", "柏林 Berlin 52.52 13.40", "阿姆斯特丹 Amsterdam 52.37 4.90",
    "旧金山 San Francisco 37.77 -122.42", "纽约 New York 40.71 -74.01", "西雅图 Seattle 47.61 -122.33",
    "悉尼 Sydney -33.87 151.21", "吉隆坡 Kuala Lumpur 3.14 101.69", "曼谷 Bangkok 13.76 100.50",
)  # fmt: skip


def _read(line: str) -> tuple[Texts, Point]:
    chinese, _space, rest = line.partition(" ")
    english, latitude, longitude = rest.rsplit(" ", 2)
    return Texts(zh=chinese, en=english), Point(float(latitude), float(longitude))


_KNOWN: Final = [_read(line) for line in _CITIES]


def both_names(typed: str) -> Texts:
    """Return a city by the name somebody typed, in both languages where the city is known here."""
    known = _known(typed)
    return known[0] if known else Texts.of(typed)


def middle_of(name: Texts) -> Point | None:
    """Return where a city is; None for one that is not known here."""
    known = next((found for text in (name.zh, name.en) if text and (found := _known(text))), None)
    return known[1] if known else None


def plain_name(name: str) -> str:
    """Return a name as two people would agree on it: 深圳市 is 深圳, Xi'an is xian."""
    plain = "".join(character for character in name.casefold() if character.isalnum())
    return plain.removesuffix("市") or plain


def _known(typed: str) -> tuple[Texts, Point] | None:
    wanted = plain_name(typed)
    return next((city for city in _KNOWN if wanted in {plain_name(city[0].zh), plain_name(city[0].en)}), None)
