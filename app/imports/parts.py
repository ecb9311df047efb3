"""A file's rows as they are kept: some hundred at a time, packed, so that a step needs no more than its own."""

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from app.imports.files_rows import Fault, Row

# Of one part, and of one step of work on it: short enough that sign-ups do not wait for it on SQLite.
ROWS: Final = 250


def packed(rows: Iterable[Row]) -> Iterator[tuple[int, bytes]]:
    """Yield the number of rows in each part, and the part; the parser's errors pass through."""
    source = iter(rows)
    while part := list(islice(source, ROWS)):
        plain = [
            [row.number, row.cells, {str(column): fault.value for column, fault in row.faults.items()}] for row in part
        ]
        yield len(part), zlib.compress(json.dumps(plain, ensure_ascii=False).encode(), level=1)


def unpacked(data: bytes) -> list[Row]:
    """Return the rows of a part."""
    return [
        Row(number, cells, {int(column): Fault(fault) for column, fault in faults.items()})
        for number, cells, faults in json.loads(zlib.decompress(data))
    ]
