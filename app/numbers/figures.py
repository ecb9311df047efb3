"""A chart on a page and out of it: where its picture and its files are, and how these are answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from flask import Response, abort, url_for

from app.numbers import drawing, files
from app.numbers.charts import Chart

# A picture with a style of its own, and nothing else in it; the page's policy stays what it is.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_SVG: Final = "image/svg+xml; charset=utf-8"
SUFFIXES: Final = ("svg", "png", "xlsx")
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with the addresses of its pictures, by their width, and of its files, by their suffix."""

    chart: Chart
    pictures: dict[int, str]
    files: dict[str, str]
    height: int


def figure(chart: Chart, room: str, place: Mapping[str, Any] = MappingProxyType({})) -> Figure:
    """Return a chart for a page; `room` begins the endpoints of its pictures and files, `place` is where they are."""
    pictures = {width: url_for(f"{room}chart", key=chart.key, width=width, **place) for width in drawing.WIDTHS}
    addresses = {suffix: url_for(f"{room}download", key=chart.key, suffix=suffix, **place) for suffix in SUFFIXES}
    return Figure(chart, pictures, addresses, drawing.height(chart))


def picture(chart: Chart, width: int | None) -> Response:
    """Answer a chart as a picture; of another width than ours there is none."""
    wanted = width if width in drawing.WIDTHS else drawing.WIDTHS[2]
    return _private(Response(drawing.svg(chart, wanted), content_type=_SVG))


def file(chart: Chart, suffix: str, *, name: str) -> Response:
    """Answer a chart as a file to keep; 404 for a kind that there is none of."""
    if suffix == "svg":
        response = Response(drawing.svg_file(chart), content_type=_SVG)
    elif suffix == "png":
        response = Response(drawing.png(chart), content_type="image/png")
    elif suffix == "xlsx":
        response = Response(files.xlsx(chart), content_type=_XLSX)
    else:
        abort(404)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{suffix}"'
    return _private(response)


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = _POLICY
    return response
