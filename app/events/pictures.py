"""Pictures that organizers upload: read with suspicion, made anew by us, kept by the digest of what we made.

What was sent is never served: the picture is decoded, turned upright, reduced and encoded again as WebP, so that
neither a place (GPS) nor a script nor a second meaning of the file stays in it.
"""

import io
import struct
import threading
import zlib
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import db, require_transaction, transaction
from app.core.errors import BadInputError, NotFoundError
from app.core.i18n import gettext as _
from app.events.models import Picture

BYTES_MAX: Final = 8 * 1024 * 1024
SIDE_MAX: Final = 12_000
PIXELS_MAX: Final = 50_000_000
# What pages need; a photo of a phone has four times as many.
KEPT_SIDE_MAX: Final = 1600
CARD_SIZE: Final = (1200, 630)
FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF")
FIELD: Final = "picture"

# Pillow warns beyond this and refuses beyond twice as many, before it decodes; our own check says what is allowed.
Image.MAX_IMAGE_PIXELS = PIXELS_MAX
# One at a time: two of fifty million pixels would take the memory of two.
_one_at_a_time = threading.Lock()
_BROKEN: Final = (
    UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, OverflowError,
    struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as we made it: WebP for pages, and a JPEG of 1200 x 630 for share cards, which take no WebP."""

    content: bytes
    card: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        """The name it is kept by."""
        return sha256(self.content).hexdigest()


def encode(data: bytes) -> Encoded:
    """Return the picture in these bytes, made anew; takes up to some seconds, so never inside a transaction.

    Raises BadInputError, for the field `picture`, with what is wrong with the file.
    """
    if not data:
        raise _refusal(_("Please choose a picture."))
    if len(data) > BYTES_MAX:
        raise _refusal(_("This picture is larger than 8 MB. Please make it smaller."))
    with _one_at_a_time:
        try:
            _check(data)
            image = _upright(data)
            return Encoded(_webp(image), _card(image), image.width, image.height)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _refusal(_too_many_pixels()) from None
        except _BROKEN:
            raise _refusal(
                _("This file is damaged, or no picture. Please choose a JPEG, PNG, WebP or AVIF file.")
            ) from None


def keep(encoded: Encoded, *, now: datetime) -> Picture:
    """Return the row of this picture in the caller's transaction; the same picture is kept once."""
    session = require_transaction()
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(Picture)
        .values(
            digest=encoded.digest,
            content_type="image/webp",
            width=encoded.width,
            height=encoded.height,
            content=encoded.content,
            card=encoded.card,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["digest"])
    )
    return session.scalars(select(Picture).where(Picture.digest == encoded.digest)).one()


def store_picture(data: bytes, *, now: datetime) -> Picture:
    """Make a picture of these bytes and keep it, in a transaction of its own. Raises BadInputError."""
    encoded = encode(data)
    with transaction():
        return keep(encoded, now=now)


def content_of(digest: str, *, is_card: bool = False) -> bytes:
    """Return the bytes of a picture, or of its share card; raises NotFoundError. One statement."""
    column = Picture.card if is_card else Picture.content
    found = db.session.scalar(select(column).where(Picture.digest == digest))
    if found is None:
        raise NotFoundError(_("There is no such picture."))
    return found


def _refusal(message: str) -> BadInputError:
    return BadInputError(message, field=FIELD)


def _too_many_pixels() -> str:
    return _("This picture is too large: at most 12,000 pixels on a side and 50 million in all, please.")


def _check(data: bytes) -> None:
    """Look at the head of the file alone: what it says it is, and how large it will be."""
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if max(image.size) > SIDE_MAX or image.width * image.height > PIXELS_MAX:
        raise _refusal(_too_many_pixels())
    if getattr(image, "is_animated", False):
        raise _refusal(_("This picture moves. Please choose one that stands still."))
    image.verify()


def _upright(data: bytes) -> Image.Image:
    """Decode, reduce, turn as the camera was held, in sRGB; with nothing else of the file."""
    file = Image.open(io.BytesIO(data), formats=FORMATS)
    profile = file.info.get("icc_profile")
    # A JPEG is decoded at a fraction of its size where that is enough.
    file.draft(None, (KEPT_SIDE_MAX, KEPT_SIDE_MAX))
    file.load()
    image: Image.Image = file
    if image.mode.startswith("I"):
        # 16 bits of grey: to eight, where Pillow's own way would cut off everything bright.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"1", "P", "PA", "LA"} or (image.mode == "L" and "transparency" in image.info):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((KEPT_SIDE_MAX, KEPT_SIDE_MAX))
    image = _in_srgb(ImageOps.exif_transpose(image), profile)
    image.info = {}
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.has_transparency_data else "RGB"
    # Little CMS knows no mixture of transparency and printing inks; such pictures keep their plain numbers.
    if profile and image.mode in {"RGB", "RGBA", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == mode else image.convert(mode)


def _webp(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "WEBP", quality=82, method=4)
    return target.getvalue()


def _card(image: Image.Image) -> bytes:
    """Return the middle of the picture in the shape of a share card; what is transparent becomes white."""
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image)
        image = ground.convert("RGB")
    target = io.BytesIO()
    ImageOps.fit(image, CARD_SIZE).save(target, "JPEG", quality=85, optimize=True, progressive=True)
    return target.getvalue()
