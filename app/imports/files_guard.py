"""A stranger's ZIP of XML, read within bounds: some kilobytes of it can hold gigabytes, or a billion tags.

What is decompressed is bounded by what the ZIP's directory says (zipfile gives no byte more than that). What reading
costs is bounded here, for whatever is read and whatever its name: no tree is built, so that memory goes for what a
reader keeps; tags are counted, and what stands between two of them; and a clock stops what all of that let pass.
"""

import io
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from xml.parsers import expat

from app.imports.problems import Code, unreadable

_PARTS_MAX: Final = 2_000
_BYTES_MAX: Final = 320 * 1024 * 1024
SHEET_BYTES_MAX: Final = 256 * 1024 * 1024
PART_BYTES_MAX: Final = 64 * 1024 * 1024
# Nothing between one tag and the next is longer: a parser holds that much, and looks through it with every chunk.
_STRETCH_MAX: Final = 4 * 1024 * 1024
_DEPTH_MAX: Final = 64
_CHUNK: Final = 64 * 1024
# A tag that says something takes a byte at least when it is packed; few are enough for whatever compresses better.
_TAGS_FREE: Final = 200_000
_TAGS_A_BYTE: Final = 4
# Of the processor, for one file: 100,000 people take a few seconds.
CPU_MAX: Final = 30.0

Attributes = Mapping[str, str]


class Reader:
    """What is told of the tags of one part, by their names without a prefix; says how many of them it can bear."""

    tags_max = 100_000

    def start(self, name: str, attributes: Attributes) -> None:
        """Take in that a tag opens."""

    def end(self, name: str) -> None:
        """Take in that a tag closes."""

    def text(self, text: str) -> None:
        """Take in a text, perhaps a piece of one."""


class Archive:
    """The parts of a ZIP. Raises UnreadableFileError for one that is damaged, locked, or more than it may be."""

    def __init__(self, data: bytes) -> None:
        """Look through its directory."""
        with _zip_errors():
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        parts = self._zip.infolist()
        if len(parts) > _PARTS_MAX or sum(part.file_size for part in parts) > _BYTES_MAX:
            raise too_much()
        if any(part.flag_bits & 0x1 for part in parts):
            raise unreadable(Code.PASSWORD)
        self._parts = {part.filename: part for part in parts}
        self._size, self._spent = len(data), 0.0

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a part."""
        return name in self._parts

    def read(self, name: str, reader: Reader, *, bytes_max: int = PART_BYTES_MAX) -> None:
        """Tell a reader all of a part; whatever is wrong with the part is wrong with the file."""
        try:
            for _chunk in self.chunks(name, reader, bytes_max=bytes_max):
                pass
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise unreadable(Code.DAMAGED) from error

    def chunks(self, name: str, reader: Reader, *, bytes_max: int = PART_BYTES_MAX) -> Iterator[None]:
        """Tell a reader a part, chunk by chunk. The parser's errors pass through, and those of the reader."""
        if (part := self._parts.get(name)) is None:
            raise unreadable(Code.DAMAGED)
        if part.file_size > bytes_max:
            raise too_much()
        # What a directory says is packed may be a lie; more than the file it cannot be.
        packed = min(part.compress_size, self._size)
        walk = _Walk(reader, min(reader.tags_max, _TAGS_FREE + _TAGS_A_BYTE * packed))
        with _zip_errors():
            stream = self._zip.open(part)
        with stream:
            while True:
                begun = time.thread_time()
                with _zip_errors():
                    chunk = stream.read(_CHUNK)
                walk.feed(chunk)
                self._spent += time.thread_time() - begun
                if self._spent > CPU_MAX:
                    raise too_much()
                yield
                if not chunk:
                    return


class _Walk:
    """Has expat read a part, and stops it where it holds what no workbook needs."""

    def __init__(self, reader: Reader, tags_max: int) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = reader.text
        self._parser.StartDoctypeDeclHandler = _refuse_declarations
        self._reader, self._tags_max = reader, tags_max
        self._tags = self._depth = self._since_tag = 0
        self._seen = 0

    def feed(self, chunk: bytes) -> None:
        self._parser.Parse(chunk, not chunk)
        self._since_tag = self._since_tag + len(chunk) if self._seen == self._tags else 0
        self._seen = self._tags
        if self._since_tag > _STRETCH_MAX:
            raise too_much()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._tags += 1
        self._depth += 1
        if self._tags > self._tags_max or self._depth > _DEPTH_MAX:
            raise too_much()
        self._reader.start(_local(name), attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._reader.end(_local(name))


def _local(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name


def too_much() -> Exception:
    """Return the error to raise for a workbook that is more than anybody's list."""
    return unreadable(Code.BOMB, max=_BYTES_MAX // 1024 // 1024)


def _refuse_declarations(*_declared: object) -> None:
    """Refuse entities, by which a short text means a long one; no program writes them into a workbook."""
    raise unreadable(Code.DAMAGED)


@contextmanager
def _zip_errors() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # what zipfile says of an encrypted part
        raise unreadable(Code.DAMAGED if isinstance(error, NotImplementedError) else Code.PASSWORD) from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError, zlib.error) as error:
        raise unreadable(Code.DAMAGED) from error
