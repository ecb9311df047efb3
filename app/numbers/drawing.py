"""Draws a chart as SVG with pygal, and that as PNG with resvg.

Both are imported when the first chart is drawn: a process that shows only public pages need not hold them. What
pygal would add for scripts (tooltips, its configuration, its own style) is left out: a chart is a still picture.
"""

import math
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from app.config import ROOT
from app.numbers import look
from app.numbers.charts import Chart

if TYPE_CHECKING:
    import pygal

# Of a machine that has no Chinese font; its licence lies beside it.
_FONT: Final = ROOT / "static" / "vendor" / "wqy-microhei@0.2.0-beta" / "wqy-microhei.ttf"
_FONT_NAME: Final = "WenQuanYi Micro Hei"
_SVG: Final = "{http://www.w3.org/2000/svg}"
# A picture is drawn for the room it has, so that its text is never too small to read: on a phone, in one of two
# columns, across a tablet, and across a page.
WIDTHS: Final = (340, 520, 680, 1000)
_NARROW: Final = WIDTHS[0]
_HEIGHT: Final = 320
_ROW: Final = 34  # of a horizontal bar
_MARGIN: Final = 12
_PNG_SCALE: Final = 2
# The part of the width that the names of bars may take.
_NAMES_PART: Final = 0.42
_BETWEEN_LABELS: Final = 24
_LINE: Final = 18  # of a key
_GUIDES: Final = 5  # round numbers beside a chart, besides nought


def svg(chart: Chart, width: int) -> bytes:
    """Return the chart as SVG that follows the reader's theme, so wide."""
    return _drawn(chart, width, style=look.STYLE + look.DARK, titled=False)


def svg_file(chart: Chart) -> bytes:
    """Return the chart as SVG with its title in it, to stand alone."""
    return _drawn(chart, _width_alone(chart), style=look.STYLE + look.DARK, titled=True)


def _width_alone(chart: Chart) -> int:
    return WIDTHS[3] if chart.kind == "lines" else WIDTHS[2]


def height(chart: Chart) -> int:
    """Return how high the chart is drawn, whatever its width."""
    return 2 * _MARGIN + _ROW * len(chart.labels) if chart.kind == "bars" else _HEIGHT


def png(chart: Chart) -> bytes:
    """Return the chart as PNG on white, with its title; Chinese too, whatever fonts the machine has."""
    import resvg_py

    plain = look.STYLE.replace(look.FONT, f'"{_FONT_NAME}"')
    picture = _drawn(chart, _width_alone(chart), style=plain, titled=True)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=picture.decode(),
            background=look.PAPER,
            zoom=_PNG_SCALE,
            skip_system_fonts=True,
            font_files=[str(_FONT)],
            font_family=_FONT_NAME,
        )
    )


def shortened(text: str, width: float) -> str:
    """Return the text, cut to this width; the whole of it stands in the table."""
    from app.numbers.graphs import width_of

    if width_of(text) <= width:
        return text
    while text and width_of(text) + look.SIZE > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _drawn(chart: Chart, width: int, *, style: str, titled: bool) -> bytes:
    make = {"lines": _lines, "bars": _bars, "columns": _columns}[chart.kind]
    graph = make(chart, width)
    if titled:
        graph.title = chart.title
        graph.config.height += 2 * look.TITLE_SIZE
    graph.add_xml_filter(lambda root: _cleaned(root, chart, style))
    drawn: bytes = graph.render()
    return drawn


def _options(chart: Chart, width: int) -> dict[str, Any]:
    """Return what all charts have in common."""
    from pygal.style import Style

    sizes = {f"{name}_font_size": look.SIZE for name in ("label", "major_label", "value", "legend", "tooltip")}
    return {
        "style": Style(**sizes, title_font_size=look.TITLE_SIZE, font_family=look.FONT),
        "css": [],
        "js": [],
        "defs": [look.DEFS],
        "width": width,
        "explicit_size": True,
        "margin": _MARGIN,
        "show_legend": False,
        "no_data_text": "",
        "disable_xml_declaration": False,
        "value_formatter": lambda value: f"{value:,.0f}{chart.suffix}",
    }


def _lines(chart: Chart, width: int) -> "pygal.Graph":
    """Draw lines with their names and last values: at their ends, or above them on a phone."""
    from app.numbers.graphs import NamedLines, key_lines, width_of

    graph = NamedLines(**_options(chart, width), height=height(chart), show_dots=False, show_x_guides=False)
    graph.names = [_end(chart, number) for number in range(len(chart.series))]
    _scale(graph, chart.top or max([1, *(value for each in chart.series for value in each.values if value)]))
    graph.has_key = width == _NARROW
    if graph.has_key:
        graph.margin_top = _MARGIN + _LINE * key_lines(graph.names, width - 6 * _MARGIN)
    else:
        graph.margin_right = _MARGIN + max(width_of(name) for name in graph.names) + 2 * _LINE
    _label(graph, chart, width)
    for each in chart.series:
        graph.add(each.name, list(each.values))
    return graph


def _end(chart: Chart, number: int) -> str:
    series = chart.series[number]
    last = next((value for value in reversed(series.values) if value is not None), 0)
    return f"{series.name} {last:,.0f}{chart.suffix}"


def _label(graph: "pygal.Graph", chart: Chart, width: int) -> None:
    """Write some of the labels, evenly, where all of them have no room."""
    from app.numbers.graphs import width_of

    graph.x_labels = list(chart.labels)
    room = max([width_of(label) for label in chart.labels], default=0) + _BETWEEN_LABELS
    step = -(-len(chart.labels) // max(1, int((width - 8 * _MARGIN) / room)))
    graph.x_labels_major = list(chart.labels)[::step]
    graph.show_minor_x_labels = False
    graph.truncate_label = 40


def _scale(graph: "pygal.Graph", highest: float) -> None:
    """Write round numbers beside the chart, up to the first above the highest value."""
    size = 10.0 ** math.floor(math.log10(highest / _GUIDES)) if highest > _GUIDES else 1.0
    step = next(size * part for part in (1, 2, 5, 10) if size * part * _GUIDES >= highest)
    graph.y_labels = [step * number for number in range(math.ceil(highest / step) + 1)]


def _bars(chart: Chart, width: int) -> "pygal.Graph":
    """Draw horizontal bars, the first on top, with the value behind each."""
    from app.numbers.graphs import NotedBars, width_of

    series = chart.series[0]
    labels = [shortened(label, width * _NAMES_PART) for label in chart.labels]
    room = max([width_of(label) for label in labels], default=0)
    graph = NotedBars(**_options(chart, width), height=height(chart), show_x_labels=False, show_x_guides=False)
    said = [f"{value or 0:,.0f}{chart.suffix}" for value in series.values]
    notes = chart.notes or [""] * len(said)
    graph.notes = [f"{value} {note}".rstrip() for value, note in zip(said, notes, strict=True)]
    # The library reckons a Chinese character as narrow as any.
    reckoned = max([len(label) for label in labels], default=0) * 0.6 * look.SIZE
    graph.margin_left = _MARGIN + max(0.0, room - reckoned)
    graph.margin_right = _MARGIN + max([width_of(note) for note in graph.notes], default=0) + 10
    highest = chart.top or max([1, *(value for value in series.values if value)])
    graph.range = (0, highest)
    graph.rounded_bars = 3
    # The library draws from the bottom up.
    graph.x_labels = labels[::-1]
    graph.notes.reverse()
    graph.add(series.name, list(series.values)[::-1])
    return graph


def _columns(chart: Chart, width: int) -> "pygal.Graph":
    """Draw columns that stand on each other, with a key where there are several series."""
    from app.numbers.graphs import KeyedColumns, key_lines

    graph = KeyedColumns(**_options(chart, width), height=height(chart), show_x_guides=False)
    sums = [sum(values) for values in zip(*([v or 0 for v in each.values] for each in chart.series), strict=True)]
    graph.tops = [(each, f"{each:,.0f}{chart.suffix}") for each in sums]
    _scale(graph, chart.top or max([1, *sums]))
    graph.names = [each.name for each in chart.series] if len(chart.series) > 1 else []
    key = _LINE * key_lines(graph.names, width - 6 * _MARGIN) if graph.names else 0
    graph.margin_top = _MARGIN + key + _LINE
    graph.rounded_bars = 2
    _label(graph, chart, width)
    for each in chart.series:
        graph.add(each.name, [value or 0 for value in each.values])
    return graph


def _cleaned(root: ET.Element, chart: Chart, style: str) -> ET.Element:
    """Return the picture without what is for scripts, named for those who hear it, in our own look."""
    for parent in list(root.iter()):
        for child in list(parent):
            if _is_for_scripts(child) or (_tag(child) == "title" and parent is not root):
                parent.remove(child)
    for number, each in enumerate(chart.series):
        for group in root.iter():
            if f"serie-{number}" in group.get("class", "").split():
                group.set("class", f"{group.get('class')} is-{each.look}")
    named = next(each for each in root.iter() if _tag(each) == "title")
    named.text = chart.title
    named.tail = None
    described = ET.Element("desc")
    described.text = chart.finding
    root.insert(list(root).index(named) + 1, described)
    next(each for each in root.iter() if _tag(each) == "style").text = style
    root.attrib.pop("id", None)
    root.set("class", f"{chart.kind}{' names' if chart.kind == 'bars' else ''}")
    root.set("role", "img")
    return root


def _tag(element: ET.Element) -> str:
    """Return what an element is; empty for a comment."""
    tag: object = element.tag
    return tag.removeprefix(_SVG) if isinstance(tag, str) else ""


def _is_for_scripts(element: ET.Element) -> bool:
    return _tag(element) in {"", "script", "desc"}
