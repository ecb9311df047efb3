"""What an iCalendar object is before it is written: components, properties and their values.

Two writers turn these into bytes: `objects` with the icalendar library, for letters and files, and `lines`, forty
times as fast, for feeds. The tests hold that both write the same.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A value that is written as it is: a URI, an address, a rule, a duration. Never text that people typed."""

    text: str


# A plain str is TEXT and gets escaped (RFC 5545 3.3.11); a tuple is a list of TEXT; an aware datetime is written
# in UTC or, if its zone has another name, with TZID; a date gets VALUE=DATE.
Value = str | Verbatim | int | datetime | date | tuple[str, ...]

Parameters = tuple[tuple[str, str], ...]

NO_PARAMETERS: Final[Parameters] = ()


class Property(NamedTuple):
    """One content line: a name, a value, and parameters that follow from neither."""

    name: str
    value: Value
    parameters: Parameters = NO_PARAMETERS


@dataclass(frozen=True, slots=True)
class Component:
    """A component with its properties and inner components, in the order they are written."""

    name: str
    properties: list[Property]
    inner: list["Component"] = field(default_factory=list)


def clean(text: str) -> str:
    """Return text without what no calendar may hold: control characters and halves of surrogate pairs.

    Every kind of line end becomes a newline: U+2028 and U+0085 end a line for readers that use `str.splitlines`.
    """
    return text.translate(_CLEANED).strip() if _UNWANTED.search(text) else text.strip()


_UNWANTED: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# CRLF becomes one newline because the CR goes; a lone CR is no line end that anybody types today.
_CLEANED: Final[dict[int, str | None]] = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)]),
    ord("\n"): "\n",
    ord("\t"): " ",
    0x0085: "\n",
    0x2028: "\n",
    0x2029: "\n",
}
