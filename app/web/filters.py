"""What templates write with: texts in the page's language, instants, Markdown, addresses of static files."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from babel.dates import format_date
from flask import Flask, current_app, url_for
from markupsafe import Markup

from app.core import markdown, times
from app.core.i18n import BABEL_LOCALE, HTML_LANG, Texts, current_language

_WAYS: Final = ("date", "time", "datetime", "short", "moment")


class Timed(Protocol):
    """Anything that happens in a zone: an event, or what stands for one in a test."""

    starts_at: datetime
    ends_at: datetime
    zone: str
    is_all_day: bool


def plain(texts: Texts) -> str:
    """Return the text in the page's language, else in the other one."""
    return texts.in_language(current_language())


def local(texts: Texts) -> Markup:
    """Return the text for the page; one that falls back says which language it is in (WCAG 3.1.2)."""
    wanted = current_language()
    shown = texts.language_shown(wanted)
    text = texts.in_language(wanted)
    if shown == wanted:
        return Markup.escape(text)
    return Markup('<span lang="{}">{}</span>').format(HTML_LANG[shown], text)


def between_sentences() -> Markup:
    """Return what stands between two sentences: a space in English, nothing in Chinese."""
    return Markup(" ") if current_language() == "en" else Markup("")


def sentences(parts: Iterable[str]) -> Markup:
    """Return sentences one after the other."""
    return between_sentences().join(parts)


def as_markdown(texts: Texts) -> Markup:
    """Return the text as sanitised HTML in a block that says its language when it falls back."""
    wanted = current_language()
    shown = texts.language_shown(wanted)
    html = Markup(markdown.to_html(texts.in_language(wanted)))  # noqa: S704 - cleaned by nh3
    return html if shown == wanted else Markup('<div lang="{}">{}</div>').format(HTML_LANG[shown], html)


def instant(at: datetime, zone: str, way: str = "datetime") -> Markup:
    """Return an instant as `<time>`, in the event's zone; way is one of _WAYS, a moment short and time."""
    language = current_language()
    if way not in _WAYS:
        message = f"there is no way {way!r} to write an instant"
        raise ValueError(message)
    words = {
        "date": lambda: times.spoken_date(at, zone, language),
        "time": lambda: times.spoken_time(at, zone),
        "datetime": lambda: times.spoken_instant(at, zone, language),
        "short": lambda: times.short_date(at, zone, language),
        "moment": lambda: f"{times.short_date(at, zone, language)} {times.spoken_time(at, zone)}",
    }[way]()
    return Markup('<time datetime="{}">{}</time>').format(times.iso(at, zone), words)


def day(on: date) -> Markup:
    """Return a day that has no hours and no zone as `<time>`."""
    language = current_language()
    words = format_date(on, "y年M月d日" if language == "zh" else "d MMMM y", locale=BABEL_LOCALE[language])
    return Markup('<time datetime="{}">{}</time>').format(on.isoformat(), words)


def period(event: Timed) -> Markup:
    """Return the whole of when an event is, as one `<time>`."""
    words = times.spoken_period(
        event.starts_at, event.ends_at, event.zone, language=current_language(), is_all_day=event.is_all_day
    )
    machine = times.iso(event.starts_at, event.zone)
    return Markup('<time datetime="{}">{}</time>').format(machine[:10] if event.is_all_day else machine, words)


@lru_cache(maxsize=256)
def _version(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """Return the address of a static file, with its content's hash so that it can be kept for a year."""
    return url_for("static", filename=name, v=_version(Path(current_app.static_folder or "") / name))


def init_app(app: Flask) -> None:
    """Register filters and globals."""
    app.jinja_env.filters.update(
        plain=plain, local=local, sentences=sentences, markdown=as_markdown, instant=instant, day=day
    )
    app.jinja_env.globals.update(
        asset=asset,
        between_sentences=between_sentences,
        period=period,
        zone_label=times.zone_label,
        iso=times.iso,
        spoken_time=times.spoken_time,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
