"""The history as a CSV file, written while it is sent."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from app.core.i18n import Language, speaking
from app.core.i18n import gettext as _
from app.core.times import local_of
from app.exports.formats import neutral
from app.organizer.past import Line

_CHUNK: Final = 64 * 1024


def chunks(lines: Iterable[Line], *, zone: str, language: Language) -> Iterator[bytes]:
    """Yield a CSV (RFC 4180) in UTF-8 with a byte order mark; nothing in it can become a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    with speaking(language):
        writer.writerow(_header(zone))
        # The words of each entry are chosen when it is read, so all of it is read in this language.
        for line in lines:
            for row in _rows(line, zone, language):
                writer.writerow([neutral(cell) for cell in row])
            if buffer.tell() > _CHUNK:
                yield _taken(buffer)
    yield _taken(buffer)


def _header(zone: str) -> list[str]:
    return [
        _("Number"),
        _("When (%(zone)s)", zone=zone),
        _("Who"),
        _("Device"),
        _("What"),
        _("Event"),
        _("Concerns"),
        _("Field"),
        _("Before"),
        _("After"),
    ]


def _rows(line: Line, zone: str, language: Language) -> Iterator[list[str]]:
    """Yield one row a field, so that each can be filtered; one row where an entry names none."""
    entry = line.entry
    start = [
        str(entry.id),
        f"{local_of(entry.at, zone):%Y-%m-%d %H:%M:%S}",
        line.who or _("The site itself"),
        line.device,
        line.what,
        line.event_title.in_language(language),
        line.subject,
    ]
    if not line.changes:
        yield [*start, "", "", ""]
    for change in line.changes:
        yield [*start, change.name, change.before, change.after]


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
