"""The fast writer: content lines as RFC 5545 3.1 wants them, for feeds of a thousand events.

The icalendar library needs 1.3 s for a thousand events, which is nine times the budget. What it would write is what
this writes; `tests/calendar/test_lines.py` compares the two on made-up texts.
"""

from datetime import UTC, date, datetime
from typing import Final

from app.calendar.properties import Component, Property, Value, Verbatim, clean

OCTETS_MAX: Final = 75
_CONTINUATION: Final = 0b1000_0000
_CONTINUATION_MASK: Final = 0b1100_0000
_ESCAPES: Final = b"\\^"


def written(component: Component) -> bytes:
    """Return the component as bytes: CRLF line ends, lines of at most 75 octets, no character cut in two."""
    return b"".join(_lines(component))


def _lines(component: Component) -> list[bytes]:
    lines = [b"BEGIN:%b\r\n" % component.name.encode()]
    lines += [content_line(each) for each in component.properties]
    for inner in component.inner:
        lines += _lines(inner)
    lines.append(b"END:%b\r\n" % component.name.encode())
    return lines


def content_line(each: Property) -> bytes:
    """Return one property as a folded content line with its CRLF.

    Raises ValueError for a line end where none can be written, so that no value opens a line of its own.
    """
    value, parameters = _value(each.value)
    if each.parameters:
        parameters += "".join(f";{name}={_parameter(text)}" for name, text in each.parameters)
    return folded(f"{each.name}{parameters}:{value}")


def folded(line: str) -> bytes:
    """Return the line cut into pieces of at most 75 octets, each but the first behind one space.

    As icalendar does, the space is counted for the first piece too, and no piece ends within an escape: some clients
    look for escapes before they join the pieces.
    """
    octets = line.encode()
    if len(octets) < OCTETS_MAX:
        return octets + b"\r\n"
    pieces = []
    start = 0
    while len(octets) - start >= OCTETS_MAX:
        end = start + OCTETS_MAX - 1
        while octets[end] & _CONTINUATION_MASK == _CONTINUATION:
            end -= 1
        if octets[end - 1] in _ESCAPES:
            end -= 1
        pieces.append(octets[start:end])
        start = end
    pieces.append(octets[start:])
    return b"\r\n ".join(pieces) + b"\r\n"


def escaped(text: str) -> str:
    """Return TEXT as it is written: cleaned, with backslash, semicolon, comma and newline escaped (RFC 5545 3.3.11)."""
    return clean(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _value(value: Value) -> tuple[str, str]:
    """Return the value as it is written, and the parameters that follow from its type."""
    if isinstance(value, str):
        return escaped(value), ""
    if isinstance(value, Verbatim):
        return _one_line(value.text), ""
    if isinstance(value, int):
        return str(value), ""
    if isinstance(value, tuple):
        return ",".join(map(escaped, value)), ""
    if isinstance(value, datetime):
        return _instant(value)
    return _digits(value), ";VALUE=DATE"


def _digits(day: date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"


def _instant(at: datetime) -> tuple[str, str]:
    text = f"{_digits(at)}T{at.hour:02}{at.minute:02}{at.second:02}"
    if at.tzinfo is UTC:
        return f"{text}Z", ""
    return text, f";TZID={at.tzinfo}"


def _parameter(text: str) -> str:
    _one_line(text)
    if '"' in text:
        message = f"a parameter cannot hold a double quote: {text!r}"
        raise ValueError(message)
    return f'"{text}"' if any(mark in text for mark in ":;,") else text


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        message = f"a line end where none can be written: {text!r}"
        raise ValueError(message)
    return text
