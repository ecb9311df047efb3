"""A file's rows as they are kept: some hundred at a time, packed, so that a step needs no more than its own."""

import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from app.imports.files_rows import Fault, Row

# Of one part, and of one step of work on it: short enough that sign-ups do not wait for it on SQLite.
ROWS: Final = 250
# Of Unicode's format characters (Cf), those that come along when an address is copied.
_INVISIBLE: Final = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")


def packed(rows: Iterable[Row]) -> Iterator[tuple[int, bytes]]:
    """Yield the number of rows in each part, and the part; the parser's errors pass through."""
    source = iter(rows)
    while part := list(islice(source, ROWS)):
        plain = [
            [row.number, row.cells, {str(column): fault.value for column, fault in row.faults.items()}] for row in part
        ]
        yield len(part), zlib.compress(json.dumps(plain, ensure_ascii=False).encode(), level=1)


def pattern_of(email_key: str) -> re.Pattern[str]:
    """Return what finds an address in a part (`names`), whatever its column and however it was typed."""
    local, _at, domain = email_key.rpartition("@")
    # A domain in other letters may be written in two ways; whose address it is, the part ahead of the @ says then.
    typed = f"{local}@" if "xn--" in domain else email_key
    return re.compile(rf"(?<![\w.!#$%&'*+/=?^`{{|}}~-]){re.escape(typed)}")


def names(data: bytes, pattern: re.Pattern[str]) -> bool:
    """Tell whether a part holds this address: cleaned as an address is at the door (core.addresses)."""
    text = unicodedata.normalize("NFKC", zlib.decompress(data).decode()).replace("。", ".").casefold()
    return pattern.search(_INVISIBLE.sub("", text)) is not None


def unpacked(data: bytes) -> list[Row]:
    """Return the rows of a part."""
    return [
        Row(number, cells, {int(column): Fault(fault) for column, fault in faults.items()})
        for number, cells, faults in json.loads(zlib.decompress(data))
    ]
