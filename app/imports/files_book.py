"""What a workbook is made of: its sheets in order, the texts that they share, and which formats mean a date."""

import posixpath
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from app.imports.files_guard import Archive, Attributes, Reader
from app.imports.files_rows import CELL_MAX

_USUAL_PLACE: Final = "xl/workbook.xml"
_USUAL_PARTS: Final = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
# Excel's own limit of a format is 255 characters.
_FORMAT_MAX: Final = 255
# A text of a workbook may have two or three tags for each of its pieces.
_TEXT_TAGS_MAX: Final = 8_000_000
# How a workbook writes a character that XML cannot hold; of those, the ones that a text may have.
_ESCAPED: Final = re.compile(r"_x(0009|000A|000D|005F)_", re.IGNORECASE)


@dataclass(slots=True)
class Formats:
    """Which of the formats, by their number, show a number as a date, or as a length of time."""

    dates: set[int] = field(default_factory=set)
    lengths: set[int] = field(default_factory=set)


class Book:
    """A workbook that is open; its sheets are read from it. Raises UnreadableFileError."""

    def __init__(self, data: bytes) -> None:
        """Read all but the sheets."""
        self.archive = Archive(data)
        place = self._place()
        listed = _Sheets()
        self.archive.read(place, listed)
        links = self._links(place)
        self.epoch: datetime = MAC_EPOCH if listed.is_of_1904 else WINDOWS_EPOCH
        # By its part: a workbook that names one part a thousand times has one sheet.
        self.sheets: dict[str, str] = {}
        for title, link in listed.shown:
            kind, part = links.get(link, ("", ""))
            if kind == "worksheet":
                self.sheets.setdefault(part, title)
        # Some programs leave the links to these out, and everybody finds them all the same.
        parts = _USUAL_PARTS | dict(links.values())
        texts, styles = _Texts(), _Styles()
        for kind, reader in (("sharedStrings", texts), ("styles", styles)):
            if parts[kind] in self.archive:
                self.archive.read(parts[kind], reader)
        self.texts, self.formats = texts.texts, styles.formats

    def _place(self) -> str:
        links = self._links("")
        return next((part for kind, part in links.values() if kind == "officeDocument"), _USUAL_PLACE)

    def _links(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part leads to, by its name for it: the kind of thing, and the part that it is."""
        folder, name = posixpath.split(part)
        place = posixpath.join(folder, "_rels", f"{name}.rels")
        if place not in self.archive:
            return {}
        links = _Links()
        self.archive.read(place, links)
        return {
            name: (kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
            for name, kind, target in links.links
        }


class _Links(Reader):
    def __init__(self) -> None:
        self.links: list[tuple[str, str, str]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.links.append((attributes.get("Id", ""), kind, attributes.get("Target", "")))


class _Sheets(Reader):
    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []
        self.is_of_1904 = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "workbookPr":
            self.is_of_1904 = attributes.get("date1904", "") in {"1", "true", "on"}
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            link = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self.shown.append((attributes.get("name", ""), link))


class _Styles(Reader):
    def __init__(self) -> None:
        self.formats = Formats()
        self._codes: dict[str, str] = {}
        self._is_inside = False
        self._number = 0

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:_FORMAT_MAX]
        elif name == "cellXfs":
            self._is_inside = True
        elif name == "xf" and self._is_inside:
            wanted = attributes.get("numFmtId", "0")
            code = self._codes.get(wanted) or builtin_format_code(int(wanted))
            if is_date_format(code):
                self.formats.dates.add(self._number)
            if is_timedelta_format(code):
                self.formats.lengths.add(self._number)
            self._number += 1

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._is_inside = False


class Pieces:
    """Puts the pieces of a text together, up to a little more than a cell may hold."""

    def __init__(self) -> None:
        """Begin with none."""
        self._pieces: list[str] = []
        self._length = 0

    def add(self, text: str) -> None:
        """Add a piece."""
        if self._length <= CELL_MAX:
            self._pieces.append(text[: CELL_MAX + 1])
            self._length += len(text)

    def taken(self) -> str:
        """Return them all, and begin anew."""
        text = "".join(self._pieces)
        if self._pieces:
            self._pieces.clear()
            self._length = 0
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Texts(Reader):
    tags_max = _TEXT_TAGS_MAX

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces = Pieces()
        self._is_text = self._is_reading = False

    def start(self, name: str, attributes: Attributes) -> None:  # noqa: ARG002 - as every reader
        if name == "t":
            self._is_text = not self._is_reading
        elif name == "rPh":  # how it is pronounced
            self._is_reading = True

    def end(self, name: str) -> None:
        if name == "t":
            self._is_text = False
        elif name == "rPh":
            self._is_reading = False
        elif name == "si":
            self.texts.append(self._pieces.taken())

    def text(self, text: str) -> None:
        if self._is_text:
            self._pieces.add(text)


def column_of(letters: str) -> int:
    """Return the column, from 0, that a spreadsheet calls by these letters. Raises ValueError."""
    number = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError(letters)
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
