"""A file that somebody sends, whatever its name says: a workbook or a text, or the reason why it is neither."""

import re
from typing import Final

from app.imports.files_csv import csv_table
from app.imports.files_rows import BYTES_MAX, Table
from app.imports.files_xlsx import is_workbook, xlsx_table
from app.imports.problems import Code, unreadable

_OLE2: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
# Files that are something else altogether, by how they begin.
_OTHERS: Final = (
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"{\\rtf",
    b"SQLite",
)
_MARKUP: Final = re.compile(rb"\s*<(?:!doctype|html|table|\?xml|meta|div)", re.IGNORECASE)


def read_table(data: bytes) -> Table:
    """Return the table in a file, taken by what it holds and not by its name. Raises UnreadableFileError.

    Nothing of its rows is kept: `Table.rows` reads them, as often as asked, in bounded memory.
    """
    if len(data) > BYTES_MAX:
        raise unreadable(Code.TOO_LARGE, max=BYTES_MAX // 1024 // 1024)
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t \0"):
        raise unreadable(Code.EMPTY)
    if data.startswith(_OLE2):
        # A workbook with a password is kept inside a file of the older kind.
        is_locked = "EncryptedPackage".encode("utf-16-le") in data
        raise unreadable(Code.PASSWORD if is_locked else Code.XLS)
    if data.startswith(_ZIP):
        if not is_workbook(data):
            raise unreadable(Code.NO_TABLE)
        return xlsx_table(data)
    if data.startswith(_OTHERS):
        raise unreadable(Code.NO_TABLE)
    if _MARKUP.match(data):
        raise unreadable(Code.MARKUP)
    return csv_table(data)
