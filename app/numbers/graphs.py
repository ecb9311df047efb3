"""The three graphs of pygal that we draw, with their names and values written beside what they name.

Imported by `drawing` when the first chart is drawn, and by nothing else.
"""

import sys
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import pygal

from app.numbers import look

# It hooks into every later import, for plugins of its own that we do not have, and in a way that Python has given up:
# each import of the whole process would warn, or fail where warnings are errors.
sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("pygal")]

_LINE: Final = look.SIZE + 4
_SAMPLE: Final = 18  # of a line, ahead of its name
_BOX: Final = 14
_KEY: Final = "end"
# Figures above columns, where there are so few that they do not touch.
_COLUMN_MIN: Final = 44.0


def width_of(text: str, size: float = look.SIZE) -> float:
    """Return about how wide a text is: a Chinese character is a square, a Latin letter a little more than half."""
    return sum(size if unicodedata.east_asian_width(each) in "WF" else size * 0.58 for each in text)


def key_lines(names: Sequence[str], width: float) -> int:
    """Return how many lines a key with these names takes."""
    return 1 + max((line for _left, line in _places(names, width)), default=0)


def _places(names: Sequence[str], width: float) -> list[tuple[float, int]]:
    """Return for each name of a key how far from the left it begins, and on which line."""
    left, line, places = 0.0, 0, []
    for name in names:
        room = _SAMPLE + 6 + width_of(name)
        if left and left + room > width:
            left, line = 0.0, line + 1
        places.append((left, line))
        left += room + 20
    return places


class _Named:
    """What graphs with several series share: the key above them."""

    names: Sequence[str] = ()
    svg: Any
    series: Any
    view: Any

    def _key(self, *, is_lines: bool) -> None:
        places = _places(self.names, self.view.width)
        lines = 1 + max((line for _left, line in places), default=0)
        for serie, name, (left, line) in zip(self.series, self.names, places, strict=False):
            node = self.svg.serie(serie)
            y = (line - lines) * _LINE - 4
            if is_lines:
                self._sample(node["plot"], left, y)
            else:
                self.svg.node(node["plot"], "rect", x=left, y=y - 8, width=_BOX, height=_BOX, rx=2, class_="rect")
            self._text(node["text_overlay"], left + _SAMPLE + 6, y, name)

    def _sample(self, node: Any, x: float, y: float) -> None:  # noqa: ANN401 - pygal's nodes have no type
        self.svg.node(node, "path", d=f"M{x:.1f} {y:.1f} h{_SAMPLE}", class_="line")

    def _text(self, node: Any, x: float, y: float, text: str) -> None:  # noqa: ANN401 - as above
        self.svg.node(node, "text", x=x, y=y + look.SIZE * 0.35, class_=_KEY).text = text


class NamedLines(_Named, pygal.Line):
    """Lines, the area below the first filled, each with its name at its end, or above them where that is narrow."""

    has_key = False

    def _plot(self) -> None:
        super()._plot()
        ends = []
        for serie in self.series:
            points = [self.view(point) for point in serie.points if point[1] is not None]
            if not points:
                continue
            node = self.svg.serie(serie)
            if serie.index == 0 and len(points) > 1:
                zero = self.view.y(0)
                outline = [(points[0][0], zero), *points, (points[-1][0], zero)]
                path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in outline)
                self.svg.node(node["plot"], "path", d=path, class_="area")
            x, y = points[-1]
            self.svg.node(node["plot"], "circle", cx=x, cy=y, r=4, class_="dot")
            ends.append((y, serie.index, node))
        if self.has_key:
            self._key(is_lines=True)
        else:
            self._name_ends(ends)

    def _name_ends(self, ends: list[tuple[float, int, Any]]) -> None:
        """Write the names from the top down, each far enough below the one before."""
        # Of lines that end in one point the last, which is the limit, stands on top.
        ends.sort(key=lambda end: (round(end[0]), -end[1]))
        last = float("-inf")
        for number, (y, index, node) in enumerate(ends):
            # Those that follow need room too.
            most = self.view.height - (len(ends) - 1 - number) * _LINE
            last = max(min(y, most), last + _LINE)
            left = self.view.width + 6
            self._sample(node["plot"], left, last)
            self._text(node["text_overlay"], left + _SAMPLE + 6, last, self.names[index])


class NotedBars(pygal.HorizontalBar):
    """Horizontal bars with a text behind each."""

    notes: Sequence[str] = ()

    def _tooltip_and_print_values(self, serie_node: Any, _serie: Any, _parent: Any, i: int, *rest: Any) -> None:  # noqa: ANN401 - as above
        x, y, width, _height = rest[-4:]
        # The library reckons upright and then lays it on its side: `x` runs downwards, `y` along the bar.
        node = self.svg.node(serie_node["text_overlay"], "text", class_="value", x=y + 8)
        node.set("y", str(x + width / 2 + look.SIZE * 0.35))
        node.text = self.notes[i]


class KeyedColumns(_Named, pygal.StackedBar):
    """Columns that stand on each other, the sum above each, with a key above all where there are several series."""

    tops: Sequence[tuple[float, str]] = ()

    def _plot(self) -> None:
        super()._plot()
        if self.names:
            self._key(is_lines=False)
        if self.tops and self.view.width / len(self.tops) >= _COLUMN_MIN:
            node = self.svg.serie(self.series[0])["text_overlay"]
            for number, (value, text) in enumerate(self.tops):
                x, y = self.view(((number + 0.5) / len(self.tops), value))
                self.svg.node(node, "text", x=x, y=y - 5, class_="value top").text = text
