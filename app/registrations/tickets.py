"""The ticket of somebody who has a seat: as SVG for the page, as PNG and PDF to keep where there is no network."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import segno
from markupsafe import Markup

from app.community.site import site
from app.config import ROOT
from app.core.i18n import Language, speaking
from app.core.i18n import gettext as _
from app.core.times import spoken_period
from app.events.models import Event, Mode
from app.registrations.models import Registration

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

# The one font with Chinese that may be given away and lies here; its licence is beside it.
FONT: Final = ROOT / "static" / "vendor" / "wqy-microhei@0.2.0-beta" / "wqy-microhei.ttf"
# Quartile: a quarter of the code may be scratched or in the glare of a lamp.
_ERROR_CORRECTION: Final = "q"
_INK: Final = (29, 28, 26)
_SOFT: Final = (95, 92, 85)
_ACCENT: Final = (11, 107, 92)
# A phone's screen, and paper: A6, which any printer puts on what it has.
_WIDTH: Final = 1080
_MARGIN: Final = 72
_A6_MM: Final = (105, 148)
_MM_PER_POINT: Final = 25.4 / 72
_LAST_NARROW: Final = 0x2E7F  # what follows is Chinese, Japanese or Korean, and breaks anywhere

WidthOf = Callable[[str], float]
Width = Callable[[str, int], float]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says, in words of one language."""

    community: str
    title: str
    when: str
    where: str
    name: str
    kind: str
    code: str
    language: Language
    labels: tuple[str, str, str, str]  # when, where, name, code


def ticket_of(registration: Registration, *, language: Language) -> Ticket:
    """Return what the ticket of a confirmed registration says; its event, venue and ticket type are loaded."""
    event = registration.event
    with speaking(language):
        return Ticket(
            community=site().name.in_language(language),
            title=event.title.in_language(language),
            when=spoken_period(
                event.starts_at, event.ends_at, event.zone, language=language, is_all_day=event.is_all_day
            ),
            where=_place(event, language) or _("Online"),
            name=registration.name,
            kind=registration.ticket_type.name.in_language(language),
            code=registration.code,
            language=language,
            labels=(_("When"), _("Where"), _("Name"), _("Code")),
        )


def _place(event: Event, language: Language) -> str:
    if event.venue is None or event.mode is Mode.ONLINE:
        return ""
    parts = (event.venue.name.in_language(language), event.venue.address.in_language(language))
    return (_(", ")).join(dict.fromkeys(part for part in parts if part))


def qr_of(code: str) -> segno.QRCode:
    """Return the QR code of a registration's code: what the door reads. Not the link, which opens more than a door."""
    return segno.make(code, error=_ERROR_CORRECTION, micro=False)


def qr_svg(code: str) -> Markup:
    """Return the QR code as SVG to stand in a page: no style of its own, four modules of quiet around it."""
    out = io.BytesIO()
    qr_of(code).save(
        out, kind="svg", border=4, xmldecl=False, svgns=True, omitsize=True, dark="#000", light="#fff", svgclass=None,
        lineclass=None, nl=False,
    )  # fmt: skip
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by us, of a code of ours


def as_png(ticket: Ticket) -> bytes:
    """Return the ticket as a picture for a phone's screen, 1080 pixels wide, black on white."""
    # Imported with the first ticket: a process that serves pages has no use for its 10 MB.
    from PIL import Image, ImageDraw, ImageFont

    fonts = {size: ImageFont.truetype(str(FONT), size) for size in (34, 46, 60)}
    lines = _laid_out(ticket, lambda text, size: fonts[size].getlength(text), _WIDTH - 2 * _MARGIN)
    qr = _qr_picture(ticket.code)
    height = _MARGIN * 2 + sum(line.gap + line.height for line in lines) + qr.height + 60
    picture = Image.new("RGB", (_WIDTH, height), "white")
    draw = ImageDraw.Draw(picture)
    bottom = _write(draw, lines, fonts)
    picture.paste(qr, ((_WIDTH - qr.width) // 2, bottom + 20))
    out = io.BytesIO()
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(out, "PNG", optimize=True)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: int
    color: tuple[int, int, int]
    height: int
    gap: int = 0  # above the line


def _laid_out(ticket: Ticket, width_of: Width, width: float) -> list[_Line]:
    """Return the lines of the ticket, broken to fit."""
    found = [_Line(ticket.community, 34, _ACCENT, 70)]
    found += [_Line(line, 60, _INK, 82) for line in broken(ticket.title, lambda text: width_of(text, 60), width)]
    for label, value in zip(ticket.labels, (ticket.when, ticket.where, ticket.name, ticket.code), strict=True):
        found.append(_Line(label, 34, _SOFT, 46, gap=30))
        shown = f"{value} · {ticket.kind}" if value == ticket.name else value
        found += [_Line(line, 46, _INK, 62) for line in broken(shown, lambda text: width_of(text, 46), width)]
    return found


def broken(text: str, width_of: WidthOf, width: float) -> list[str]:
    """Break a text into lines that fit: at spaces where there are, between any two characters of Chinese."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if width_of((line + word).rstrip()) <= width:
            line += word
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = word.lstrip()
        while width_of(line) > width:
            fits = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or width_of(line[:n]) <= width)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    words: list[str] = []
    for character in text:
        is_wide = ord(character) > _LAST_NARROW
        if words and not is_wide and not words[-1][-1:].isspace() and ord(words[-1][-1]) <= _LAST_NARROW:
            words[-1] += character
        else:
            words.append(character)
    return words


def _qr_picture(code: str) -> "Image.Image":
    from PIL import Image

    out = io.BytesIO()
    qr = qr_of(code)
    qr.save(out, kind="png", border=4, scale=max(1, 640 // qr.symbol_size(border=4)[0]))
    return Image.open(out).convert("RGB")


def _write(draw: "ImageDraw.ImageDraw", lines: list[_Line], fonts: "dict[int, ImageFont.FreeTypeFont]") -> int:
    top = _MARGIN
    for line in lines:
        top += line.gap
        draw.text((_MARGIN, top), line.text, font=fonts[line.size], fill=line.color)
        top += line.height
    return top


def as_pdf(ticket: Ticket) -> bytes:
    """Return the ticket as one page of A6, with only those glyphs of the font that it uses."""
    from fpdf import FPDF

    pdf = FPDF(format=_A6_MM)
    pdf.set_title(ticket.title)
    pdf.set_creator("Juhui")
    pdf.set_lang("zh-Hans" if ticket.language == "zh" else "en")
    pdf.set_margin(10)
    pdf.set_auto_page_break(auto=False)
    pdf.add_font("juhui", fname=FONT)
    pdf.add_page()
    # Points for the pixels of the picture: the same lines, a third as large.
    scale = (_A6_MM[0] - 20) / (_WIDTH - 2 * _MARGIN)

    def width_of(text: str, size: int) -> float:
        pdf.set_font("juhui", size=size * scale / _MM_PER_POINT)
        return pdf.get_string_width(text) / scale

    for line in _laid_out(ticket, width_of, _WIDTH - 2 * _MARGIN):
        pdf.set_font("juhui", size=line.size * scale / _MM_PER_POINT)
        pdf.set_text_color(*line.color)
        pdf.set_y(pdf.get_y() + line.gap * scale)
        pdf.cell(w=0, h=line.height * scale, text=line.text, new_x="LMARGIN", new_y="NEXT")
    picture = _qr_picture(ticket.code)
    side = min(46.0, _A6_MM[1] - pdf.get_y() - 8)
    pdf.image(picture, x=(_A6_MM[0] - side) / 2, y=pdf.get_y() + 2, w=side, h=side)
    return bytes(pdf.output())
