"""Placeholders in texts that organizers write: `{name}`; `{{` and `}}` stand for a brace itself.

Values come from people. They are put in as what they are, words: never read as placeholders, never as Markdown.
Everything here takes any text, in time that grows as the text does, and raises nothing.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from hashlib import sha256
from html import unescape
from typing import Final
from urllib.parse import quote

from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

from app.core.i18n import gettext as _
from app.core.markdown import html_to_text, to_html

# Mistakes that a reader is shown; whoever made more than these sees the others after the next attempt.
MISTAKES_MAX: Final = 20
# What is shown of a thing in braces that is no name: two lines of it help nobody.
_WRITTEN_MAX: Final = 40

_PIECE: Final = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}\r\n]*)\}|[{}]|｛(?P<wide>[^{}｛｝\r\n]*)｝|(?P<end>\r\n|\r|\n)")
_HAS_SCHEME: Final = re.compile(r"(?:https?://|mailto:|tel:)\S", re.IGNORECASE)
_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")


class Address(str):
    """A value that is an address of this site: in Markdown it may be where a link leads, and shows as a link itself."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder that may be used: what it stands for, and what may stand there."""

    name: str
    meaning: LazyString
    example: LazyString | str


class Fault(StrEnum):
    """What is wrong with a placeholder."""

    UNKNOWN = "unknown"
    UNCLOSED = "unclosed"
    UNOPENED = "unopened"
    WIDE = "wide"


# What people write for what a placeholder is called: no likeness of letters leads from one to the other.
_SAID: Final[Mapping[str, str]] = {
    "姓名": "name", "名字": "name", "称呼": "name", "活动": "event", "活动名称": "event", "标题": "event",
    "时间": "when", "日期": "when", "地点": "where", "地址": "where", "场地": "where", "venue": "where",
    "票种": "ticket_type", "报名编号": "code", "编号": "code", "报名码": "code",
    "place": "where", "date": "when", "time": "when",
}  # fmt: skip
_CLOSE: Final = 0.7  # of the letters; "venue" is not "event"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where a text cannot be filled: line and column count from 1; `nearest` is the name that may have been meant."""

    fault: Fault
    line: int
    column: int
    written: str
    nearest: str | None = None

    @property
    def message(self) -> str:
        """Return one or two sentences for whoever wrote it, in the language being spoken."""
        place = {"line": self.line, "column": self.column, "written": self.written}
        if self.fault is Fault.UNCLOSED:
            said = _(
                "Line %(line)d, column %(column)d: this { is never closed. For the character itself, write {{.", **place
            )
        elif self.fault is Fault.UNOPENED:
            said = _(
                "Line %(line)d, column %(column)d: this } closes nothing. For the character itself, write }}.", **place
            )
        elif self.fault is Fault.WIDE:
            said = _("Line %(line)d, column %(column)d: %(written)s has full-width braces.", **place)
        else:
            said = _("Line %(line)d, column %(column)d: there is no placeholder %(written)s.", **place)
        if self.nearest is None:
            return said
        hint = _("Did you mean %(name)s?", name=f"{{{self.nearest}}}")
        return _("%(sentence)s %(next)s", sentence=said, next=hint)


def mistakes(text: str, allowed: Collection[str]) -> list[Mistake]:
    """Return what keeps the text from being filled, in order, at most MISTAKES_MAX; empty when it can be."""
    names = frozenset(allowed)
    found: list[Mistake] = []
    line, line_begins = 1, 0
    for piece in _PIECE.finditer(text):
        if piece["end"] is not None:
            line, line_begins = line + 1, piece.end()
            continue
        fault = _fault_of(piece, names)
        if fault is None:
            continue
        inside = piece["name"] if piece["name"] is not None else piece["wide"]
        nearest = None if inside is None else _nearest(inside, names)
        written = piece[0] if len(piece[0]) <= _WRITTEN_MAX else f"{piece[0][:_WRITTEN_MAX]}…"
        found.append(Mistake(fault, line, piece.start() - line_begins + 1, written, nearest))
        if len(found) == MISTAKES_MAX:
            break
    return found


def _fault_of(piece: re.Match[str], names: Collection[str]) -> Fault | None:
    if piece["name"] is not None:
        return None if piece["name"].strip() in names else Fault.UNKNOWN
    if piece["wide"] is not None:
        # A Chinese keyboard writes these; around other words they are ordinary punctuation.
        return Fault.WIDE if piece["wide"].strip() in names else None
    return {"{": Fault.UNCLOSED, "}": Fault.UNOPENED}.get(piece[0])


def _nearest(written: str, names: Collection[str]) -> str | None:
    asked = written.strip().casefold()[:_WRITTEN_MAX].replace(" ", "_").replace("-", "_")
    if (meant := _SAID.get(asked)) is not None:
        return meant if meant in names else None
    return next(iter(get_close_matches(asked, sorted(names), n=1, cutoff=_CLOSE)), None)


def names_in(text: str) -> set[str]:
    """Return the names of the placeholders in a text, known or not."""
    return {piece["name"].strip() for piece in _PIECE.finditer(text) if piece["name"] is not None}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its placeholders filled, once: a value is never filled again.

    A name without a value, and a brace that belongs to none, stay as they are written.
    """

    def piece_as_text(piece: re.Match[str]) -> str:
        name = None if piece["name"] is None else piece["name"].strip()
        if name is not None:
            return str(values[name]) if name in values else piece[0]
        return {"{{": "{", "}}": "}"}.get(piece[0], piece[0])

    return _PIECE.sub(piece_as_text, text)


def filled_markdown(text: str, values: Mapping[str, str]) -> tuple[Markup, str]:
    """Return the Markdown with its placeholders filled, as safe HTML and as plain text for a letter.

    Values show as typed, line ends included: no mark in them is Markdown, none makes a link. Only an `Address` may be
    where a link leads (`[words]({name})`), and only by itself: it may be somebody's secret, and is no part of another
    site's address. Another value in a link's address is quoted as part of it, and what is then no web or mail address
    is no link. In plain text a link reads as "words: address".
    """
    text, names = _in_unicode(text), list(values)
    # While the Markdown is read a word stands for each value, so that the value cannot be read as Markdown. The word
    # follows from the text, which therefore cannot contain it; and the same text is rendered once for all recipients.
    mark = f"x{sha256(text.encode()).hexdigest()[:24]}x"
    html = to_html(filled(text, {name: f"{mark}{number}x" for number, name in enumerate(names)}))
    html = _html_filled(html, {str(number): values[name] for number, name in enumerate(names)}, mark)
    return Markup(html), html_to_text(html, link=_link_as_text)  # noqa: S704  # cleaned by nh3, values escaped


def _html_filled(html: str, known: Mapping[str, str], mark: str) -> str:
    """Put the values where their words stand: between tags as text, in the attributes of a tag as part of these."""
    in_link = in_address = False

    def piece_as_html(piece: re.Match[str]) -> str:
        nonlocal in_link, in_address
        if piece["number"] is not None:
            value = known[piece["number"]]
            # A mail program makes one link of what stands together, and it would lead to the other address.
            parted = " " if in_address and isinstance(value, Address) else ""
            return parted + _value_as_html(value, may_link=not in_link)
        if piece["tag"] is None:
            in_address = piece["joint"] is not None
            return piece[0]
        if piece["tag"].startswith(("<a ", "<a>", "</a>")):
            in_link = piece["tag"] != "</a>"
        return _tag_filled(piece["tag"], known, mark) if mark in piece["tag"] else piece["tag"]

    # A tag is one piece, so that nothing within it is taken for text.
    pieces = rf'(?P<tag></?[a-z](?:[^>"]|"[^"]*")*>)|{mark}(?P<number>\d+)x|(?P<joint>[./?=@])|(?P<space>\s)'
    return re.sub(pieces, piece_as_html, html)


def _value_as_html(value: str, *, may_link: bool) -> str:
    words = "<br>\n".join(str(escape(part)) for part in _LINE_ENDS.split(_in_unicode(value)))
    is_link = may_link and isinstance(value, Address) and _HAS_SCHEME.match(value)
    return f'<a href="{words}" rel="noopener nofollow ugc">{words}</a>' if is_link else words


def _tag_filled(tag: str, known: Mapping[str, str], mark: str) -> str:
    """Return a tag whose attributes are filled; without its `href` when nobody could follow it."""

    def word_as_value(word: re.Match[str], *, in_address: bool) -> str:
        plain = _in_unicode(known[word[1]])
        return str(escape(quote(plain, safe="") if in_address else plain))

    def attribute_filled(attribute: re.Match[str]) -> str:
        in_address = attribute["name"] == "href"
        words = re.findall(rf"{mark}(\d+)x", attribute["value"])
        if in_address and any(isinstance(known[word], Address) for word in words):
            return _href_of(known[words[0]]) if attribute["value"] == f"{mark}{words[0]}x" else ""
        value = re.sub(rf"{mark}(\d+)x", partial(word_as_value, in_address=in_address), attribute["value"])
        if in_address and not _HAS_SCHEME.match(unescape(value)):
            return ""
        return f' {attribute["name"]}="{value}"'

    return re.sub(r' (?P<name>[a-z]+)="(?P<value>[^"]*)"', attribute_filled, tag)


def _href_of(address: str) -> str:
    plain = _in_unicode(address)
    return f' href="{escape(plain)}"' if _HAS_SCHEME.match(plain) else ""


def _link_as_text(words: str, address: str) -> str:
    return _("%(words)s: %(address)s", words=words, address=address)


def _in_unicode(text: str) -> str:
    """Return the text without what no letter can carry: halves of a character, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "�")
