"""The cover of an event that has none of its own: eight tiles of discs in one palette, drawn from the slug.

The same slug gives the same picture on every machine and in every version, as SVG for pages and as PNG for
share cards (which take no SVG). Change the drawing only together with `VERSION`.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

VERSION: Final = "1"
WIDTH: Final = 1200
HEIGHT: Final = 630
_TILE: Final = 315
_COLUMNS: Final = 4
_ROWS: Final = 2
_CROP: Final = (_COLUMNS * _TILE - WIDTH) // 2
_HALF: Final = _TILE / 2

# Dark, full, light, paper, and one that stands out.
_PALETTES: Final = (
    ("0d3b38", "1f7a6b", "8fd0b8", "f2efe4", "e9a23b"),
    ("1f2a4d", "4a5ba8", "a9b8ee", "f5eee6", "f08a5d"),
    ("3a1d3f", "7d3f78", "d79bc6", "f8efe9", "f2b84b"),
    ("43221a", "b4532f", "efb58a", "faf1e6", "3f7d78"),
    ("0c3147", "1f6f94", "93cfe3", "f3f1e9", "f26d5b"),
    ("25331b", "5c7c34", "bcd48b", "f6f2e2", "d9713c"),
)
_CORNERS: Final = ((0.0, 0.0), (_TILE, 0.0), (_TILE, _TILE), (0.0, _TILE))
_SIDES: Final = ((_HALF, 0.0), (_TILE, _HALF), (_HALF, _TILE), (0.0, _HALF))
_CENTRE: Final = (_HALF, _HALF)


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc inside a tile, which cuts it off at its edges; pixels from the tile's upper left corner."""

    centre: tuple[float, float]
    radius: float
    colour: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of one colour with discs on it, later ones above earlier ones."""

    column: int
    row: int
    colour: str
    discs: tuple[Disc, ...]


def _tiles(slug: str) -> Iterator[Tile]:
    chance = sha256(f"cover {VERSION} {slug}".encode()).digest()
    palette = _PALETTES[chance[0] % len(_PALETTES)]
    for place in range(_COLUMNS * _ROWS):
        first, second, third = chance[1 + 3 * place : 4 + 3 * place]
        ground = first % len(palette)
        shape = (ground + 1 + second % (len(palette) - 1)) % len(palette)
        inner = next(i for i in (third % len(palette), *range(len(palette))) if i not in {ground, shape})
        discs = _discs(second // 8, third // 8, palette[shape], palette[inner])
        yield Tile(place % _COLUMNS, place // _COLUMNS, palette[ground], discs)


def _discs(kind: int, turn: int, colour: str, inner: str) -> tuple[Disc, ...]:
    corner, side = _CORNERS[turn % 4], _SIDES[turn % 4]
    opposite = _SIDES[(turn + 2) % 4]
    choices: tuple[tuple[Disc, ...], ...] = (
        (Disc(corner, _TILE, colour),),
        (Disc(corner, _TILE, colour), Disc(corner, _HALF, inner)),
        (Disc(_CENTRE, _HALF, colour),),
        (Disc(_CENTRE, _HALF, colour), Disc(_CENTRE, _HALF / 2, inner)),
        (Disc(side, _HALF, colour), Disc(opposite, _HALF, inner)),
        (Disc(side, _HALF, colour),),
    )
    return choices[kind % len(choices)]


@lru_cache(maxsize=256)
def svg(slug: str) -> str:
    """Return the cover as SVG, about 1.5 kB."""
    box = f'viewBox="{_CROP} 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {box}>']
    tiles = list(_tiles(slug))
    # One pixel over each edge: a scaled picture would show hairlines between the tiles.
    parts += [
        f'<rect fill="#{t.colour}" x="{t.column * _TILE - 1}" y="{t.row * _TILE - 1}" width="317" height="317"/>'
        for t in tiles
    ]
    for tile in tiles:
        # A nested svg cuts off what is outside of it.
        parts.append(f'<svg x="{tile.column * _TILE}" y="{tile.row * _TILE}" width="{_TILE}" height="{_TILE}">')
        parts += [
            f'<circle cx="{d.centre[0]:g}" cy="{d.centre[1]:g}" r="{d.radius:g}" fill="#{d.colour}"/>'
            for d in tile.discs
        ]
        parts.append("</svg>")
    return "".join([*parts, "</svg>"])


@lru_cache(maxsize=64)
def png(slug: str) -> bytes:
    """Return the same cover as PNG of 1200 x 630 pixels (PNG specification, colour type 2), about 27 kB."""
    tiles = list(_tiles(slug))
    rows = bytearray()
    for y in range(HEIGHT):
        band = [tile for tile in tiles if tile.row == y // _TILE]
        line = b"".join(_line(tile, y % _TILE) for tile in band)
        rows += b"\0" + line[_CROP * 3 : (_CROP + WIDTH) * 3]
    header = struct.pack(">2I5B", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _line(tile: Tile, y: int) -> bytes:
    """Return one row of pixels of a tile; the two pixels at a disc's edge are mixed by how far it covers them."""
    line = bytearray(bytes.fromhex(tile.colour) * _TILE)
    for disc in tile.discs:
        centre, away = disc.centre[0], y + 0.5 - disc.centre[1]
        if abs(away) >= disc.radius:
            continue
        reach = math.sqrt(disc.radius**2 - away**2)
        left, right = max(centre - reach, 0.0), min(centre + reach, float(_TILE))
        colour, start, end = bytes.fromhex(disc.colour), math.ceil(left), math.floor(right)
        if start > end:
            continue
        line[start * 3 : end * 3] = colour * (end - start)
        for pixel, share in ((start - 1, start - left), (end, right - end)):
            if 0 <= pixel < _TILE:
                for part, value in enumerate(colour):
                    below = line[pixel * 3 + part]
                    line[pixel * 3 + part] = round(below + (value - below) * share)
    return bytes(line)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
