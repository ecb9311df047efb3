"""Pictures that are uploaded: what is taken is made anew, what is no picture is refused."""

import io
import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from PIL import Image, ImageCms, ImageDraw
from sqlalchemy import func, select

from app.core.errors import BadInputError
from app.core.i18n import speaking
from app.events import pictures
from app.events.models import Picture

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
no_database = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def picture(form: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object) -> bytes:
    """Return a picture that is red on the left and blue on the right."""
    image = Image.new("RGB", size, "red")
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill="blue")
    target = io.BytesIO()
    (image.convert(mode) if mode != "RGB" else image).save(target, form, **options)
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def is_like(pixel: tuple[int, ...], colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 60 for one, other in zip(pixel, colour, strict=True))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int) -> bytes:
    """Return a whole PNG of one colour: a few kilobytes, however many pixels (one bit each)."""
    row = b"\0" + bytes((width + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    header = struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@no_database
@pytest.mark.parametrize(
    "data",
    [
        picture("JPEG"), picture("PNG"), picture("WEBP"), picture("AVIF"), picture("PNG", mode="P"),
        picture("JPEG", mode="CMYK"), picture("PNG", mode="RGBA"),
    ],
    ids=["jpeg", "png", "webp", "avif", "palette", "cmyk", "rgba"],
)  # fmt: skip
def test_picture_is_made_anew_with_its_colours(app, data):
    encoded = pictures.encode(data)

    image, card = Image.open(io.BytesIO(encoded.content)), Image.open(io.BytesIO(encoded.card))
    assert (image.format, image.size, (encoded.width, encoded.height)) == ("WEBP", (60, 40), (60, 40))
    assert (card.format, card.size, card.mode) == ("JPEG", (1200, 630), "RGB")
    assert is_like(opened(encoded.content).getpixel((10, 20)), (255, 0, 0))
    assert is_like(opened(encoded.card).getpixel((1000, 300)), (0, 0, 255))


@no_database
def test_sixteen_bits_of_grey_keep_their_shades(app):
    grey = Image.new("I;16", (40, 40), 0x8000)
    data = io.BytesIO()
    grey.save(data, "PNG")

    encoded = pictures.encode(data.getvalue())

    assert is_like(opened(encoded.content).getpixel((20, 20)), (128, 128, 128))


@no_database
def test_what_is_transparent_stays_so_and_is_white_on_the_card(app):
    data = io.BytesIO()
    Image.new("RGBA", (40, 20), (255, 0, 0, 0)).save(data, "PNG")

    encoded = pictures.encode(data.getvalue())

    assert Image.open(io.BytesIO(encoded.content)).getpixel((5, 5))[3] == 0
    assert is_like(opened(encoded.card).getpixel((5, 5)), (255, 255, 255))


@no_database
def test_large_picture_is_reduced(app):
    encoded = pictures.encode(picture("JPEG", (5000, 3000)))

    assert (encoded.width, encoded.height) == (1600, 960)


@no_database
def test_camera_held_upright_is_obeyed_and_nothing_else_of_the_file_stays(app):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter, clockwise
    exif.get_ifd(0x8825)[1] = "N"  # a place: GPSLatitudeRef
    exif[0x010E] = "the secret place"
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = picture("JPEG", exif=exif, icc_profile=srgb, comment=b"the secret place")
    assert b"secret" in data

    encoded = pictures.encode(data)

    image = Image.open(io.BytesIO(encoded.content))
    assert image.size == (40, 60)
    assert is_like(opened(encoded.content).getpixel((20, 5)), (255, 0, 0))
    assert (dict(image.getexif()), image.info.get("icc_profile"), image.info.get("xmp")) == ({}, None, None)
    assert b"secret" not in encoded.content + encoded.card
    assert dict(Image.open(io.BytesIO(encoded.card)).getexif()) == {}


def moving() -> bytes:
    target = io.BytesIO()
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue")]
    frames[0].save(target, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    return target.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'


@no_database
@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "choose a picture"),
        (b"no picture at all", "no picture"),
        (SVG, "no picture"),
        (picture("GIF"), "no picture"),
        (picture("JPEG", (400, 400))[:2000], "damaged"),
        (picture("PNG", (400, 400))[:-60], "damaged"),
        (picture("PNG")[:-20] + b"\0" * 20, "damaged"),
        (moving(), "moves"),
        (png_of(30_000, 10), "12,000 pixels"),
        (png_of(11_000, 5_000), "50 million"),
        (b"\0" * (pictures.BYTES_MAX + 1), "8 MB"),
    ],
    ids=["nothing", "text", "svg", "gif", "half a jpeg", "half a png", "broken png", "moving", "wide", "many", "heavy"],
)
def test_what_is_no_picture_for_us_is_refused(app, data, word):
    with speaking("en"), pytest.raises(BadInputError) as refused:
        pictures.encode(data)

    assert (word in refused.value.message, refused.value.field) == (True, "picture")


# In a process of its own: what a process has once held is not taken from its record.
_MEASURE = """
import resource, sys
from app.core.errors import BadInputError
from app.core.i18n import babel
from flask import Flask
from app.events import pictures
app = Flask("measure"); babel.init_app(app)
data = sys.stdin.buffer.read()
with app.test_request_context():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        pictures.encode(data)
    except BadInputError:
        print("refused", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("size", [(30_000, 30_000), (8_000, 8_000)])
def test_bomb_is_refused_before_it_takes_memory(size):
    bomb = png_of(*size)
    assert len(bomb) < 200_000

    done = subprocess.run([sys.executable, "-c", _MEASURE], input=bomb, capture_output=True, check=True, timeout=60)

    answer, kilobytes = done.stdout.decode().split()
    assert answer == "refused"
    assert int(kilobytes) < 20_000


def test_same_picture_is_kept_once(app, db):
    first = pictures.store_picture(picture(), now=NOW)
    again = pictures.store_picture(picture(), now=NOW)

    content = pictures.content_of(first.digest)
    assert (again.id, db.scalar(select(func.count()).select_from(Picture))) == (first.id, 1)
    assert (first.digest, first.content_type, first.width, first.height) == (
        sha256(content).hexdigest(), "image/webp", 60, 40,
    )  # fmt: skip
    assert pictures.content_of(first.digest, is_card=True).startswith(b"\xff\xd8")


def test_picture_is_served_for_ever_under_its_digest(client):
    stored = pictures.store_picture(picture(), now=NOW)

    page = client.get(f"/pictures/{stored.digest}.webp")
    card = client.get(f"/pictures/{stored.digest}.jpg")
    known = client.get(f"/pictures/{stored.digest}.webp", headers={"If-None-Match": page.headers["ETag"]})

    assert (page.status_code, page.content_type, page.data) == (200, "image/webp", pictures.content_of(stored.digest))
    assert (card.status_code, card.content_type) == (200, "image/jpeg")
    assert page.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in page.headers
    assert (known.status_code, known.data) == (304, b"")


@pytest.mark.parametrize("path", ["/pictures/0.webp", f"/pictures/{'0' * 64}.webp", f"/pictures/{'0' * 64}.svg"])
def test_picture_that_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404
