import struct
import zlib
from hashlib import sha256
from xml.etree import ElementTree as ET

import pytest

from app.events import covers


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Take a PNG apart by the specification: every chunk's checksum, then the rows."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    position, data, size = 8, b"", (0, 0)
    while position < len(png):
        (length,) = struct.unpack_from(">I", png, position)
        kind, body = png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        assert struct.unpack_from(">I", png, position + 8 + length)[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            size = struct.unpack_from(">2I", body)
            assert body[8:] == bytes([8, 2, 0, 0, 0])
        data += body if kind == b"IDAT" else b""
        position += 12 + length
    rows = zlib.decompress(data)
    line = size[0] * 3 + 1
    return size[0], size[1], [rows[i : i + line] for i in range(0, len(rows), line)]


def test_the_same_slug_gives_the_same_picture_everywhere():
    # A change here is a new drawing: raise covers.VERSION with it.
    assert covers.VERSION == "1"
    assert sha256(covers.svg("kubesphere-meetup-beijing-20191214").encode()).hexdigest()[:16] == "7dcedea90ecbd51f"
    assert covers.svg("a") != covers.svg("b")


def test_the_svg_is_well_formed_and_small():
    root = ET.fromstring(covers.svg("a"))  # noqa: S314 - our own

    assert root.get("viewBox") == "30 0 1200 630"
    assert len(covers.svg("a")) < 2500


@pytest.mark.parametrize("slug", ["a", "kubesphere-meetup-beijing-20191214", "聚会"])
def test_the_png_is_whole_and_shows_the_colours_of_the_svg(slug):
    width, height, rows = pixels(covers.png(slug))

    assert (width, height, len(rows)) == (1200, 630, 630)
    assert {row[0] for row in rows} == {0}
    assert {len(row) for row in rows} == {3601}
    grounds = [tile.colour for tile in covers._tiles(slug)]  # the corners of tiles are their ground or their disc
    colours = {colour for tile in covers._tiles(slug) for colour in (tile.colour, *(d.colour for d in tile.discs))}
    assert rows[0][1:4].hex() in colours
    assert rows[629][-3:].hex() in colours
    assert len(grounds) == 8
    assert len(covers.png(slug)) < 60_000
