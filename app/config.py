"""Every setting: name, type, default, meaning. A bad value stops the start with one sentence that names it."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT: Final = Path(__file__).resolve().parent.parent
WEAK_KEY_LENGTH: Final = 32
FORM_BYTES_MAX: Final = 64 * 1024


class BadSettingError(Exception):
    """A setting that cannot be used; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: how it is read, what holds without it, what it means."""

    name: str
    read: Callable[[str], Any]
    default: str | None
    meaning: str
    secret: bool = False


def _text(value: str) -> str:
    return value


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            message = f"must be one of {', '.join(words)}"
            raise ValueError(message)
        return value

    return read


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if value.lstrip("-").isdigit() else None
        if number is None or not low <= number <= high:
            message = f"must be a whole number from {low} to {high}"
            raise ValueError(message)
        return number

    return read


def _seconds(low: float, high: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            message = f"must be a number of seconds from {low:g} to {high:g}"
            raise ValueError(message)
        return number

    return read


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"} or parts.query:
        message = "must be the address people open, such as https://meetup.example.org, without a path"
        raise ValueError(message)
    return f"{parts.scheme}://{parts.netloc}"


def _database(value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"sqlite", "postgresql"}:
        message = "must start with sqlite:/// or postgresql://"
        raise ValueError(message)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def _address(value: str) -> str:
    if value.count("@") != 1 or any(c.isspace() or c in "<>,;" for c in value):
        message = "must be one bare e-mail address, such as meetup@example.org"
        raise ValueError(message)
    return value


def _words(value: str) -> list[str]:
    return [word for word in value.split() if word]


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "APP_ENV",
        _one_of("production", "development", "testing"),
        "production",
        "`production` demands a secret key, a public address and a mail server; `development` (what `make run` uses) keeps letters in files and shows them under `/dev/mail/`.",
    ),
    Setting(
        "INSTANCE_PATH",
        _text,
        str(ROOT / "instance"),
        "Folder of what this installation owns: the SQLite file, the generated secret key, letters kept as files.",
    ),
    Setting(
        "SECRET_KEY",
        _text,
        None,
        "Signs links and cookies; at least 32 characters. Generated into `INSTANCE_PATH/secret_key` on first run when unset.",
        secret=True,
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        _words,
        "",
        "Earlier keys, separated by spaces: links made with them still open.",
        secret=True,
    ),
    Setting(
        "PUBLIC_URL",
        _origin,
        None,
        "The address people open; used in letters, calendars and share cards. Unset outside of production: `http://127.0.0.1:PORT`.",
    ),
    Setting("PORT", _integer(1, 65535), "8000", "Port of `make run`."),
    Setting(
        "DATABASE_URL",
        _database,
        None,
        "`postgresql://user:password@host/name`, or `sqlite:////path/file`. Unset: `juhui.sqlite3` in `INSTANCE_PATH`.",
        secret=True,
    ),
    Setting(
        "SITE_LANGUAGE",
        _one_of("zh", "en"),
        "zh",
        "Language of a page when neither `?lang=` nor the browser asks for one we speak.",
    ),
    Setting(
        "MAIL_SERVER",
        _text,
        "",
        "SMTP server. Empty: letters are written to `INSTANCE_PATH/mail/` (not allowed in production).",
    ),
    Setting("MAIL_PORT", _integer(1, 65535), "587", "Port of the SMTP server."),
    Setting(
        "MAIL_SECURITY",
        _one_of("starttls", "tls", "none"),
        "starttls",
        "How the connection is encrypted; the certificate is always checked. `none` is for a server on this machine.",
    ),
    Setting(
        "MAIL_CA_FILE",
        _text,
        "",
        "PEM file of the certificate authorities to trust for the SMTP server; empty: the system's.",
    ),
    Setting("MAIL_USERNAME", _text, "", "User name at the SMTP server; empty: no sign-in."),
    Setting("MAIL_PASSWORD", _text, "", "Password at the SMTP server.", secret=True),
    Setting("MAIL_TIMEOUT", _seconds(1, 120), "20", "Seconds to wait for the SMTP server at each step."),
    Setting(
        "MAIL_SENDER",
        _address,
        "meetup@localhost.localdomain",
        "Address that letters come from; also ORGANIZER of invitations, so it should be a mailbox that exists.",
    ),
    Setting("MAIL_SENDER_NAME", _text, "", "Name beside that address; empty: the community's name."),
    Setting("MAIL_REPLY_TO", _text, "", "Address that answers go to; empty: the sender."),
    Setting(
        "MAIL_CALENDAR",
        _one_of("request", "file"),
        "request",
        "`request`: the confirmation is an invitation that mail clients offer or add by themselves; `file`: only an attached .ics.",
    ),
    Setting(
        "DUTIES",
        _one_of("thread", "off"),
        "thread",
        "`thread`: each server process delivers letters itself; `off`: only `flask worker` does.",
    ),
    Setting("DUTY_PAUSE", _seconds(0.05, 60), "1", "Seconds between two looks into the outbox."),
    Setting(
        "RATE_LIMIT_STORAGE",
        _text,
        "memory://",
        "Where sign-up attempts are counted: `memory://` (each process), or `redis://host:6379/0` (all of them).",
    ),
    Setting(
        "SIGN_UP_RATE",
        _text,
        "30 per minute; 200 per hour",
        "Sign-ups and changes allowed for one network address; generous, since a whole office may share one.",
    ),
    Setting(
        "SIGN_IN_RATE",
        _text,
        "10 per minute; 50 per hour",
        "Sign-in letters and attempts allowed for one network address.",
    ),
    Setting(
        "SIGN_UP_SECONDS_MIN",
        _seconds(0, 60),
        "2",
        "A form that comes back sooner than this was filled in by a machine.",
    ),
    Setting(
        "PROXY_HOPS", _integer(0, 10), "0", "Reverse proxies in front whose X-Forwarded-* headers are to be believed."
    ),
    Setting(
        "PAGE_CACHE_SECONDS",
        _seconds(0, 60),
        "1",
        "How long a public page may be served from the process's memory; 0: never.",
    ),
    Setting("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info", "How much is logged to standard error."),
)


def load(environ: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return every setting by name, from overrides (as they are), else the environment, else the default.

    Raises BadSettingError with one sentence for the first value that cannot be used.
    """
    environ = os.environ if environ is None else environ
    overrides = overrides or {}
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        raw = overrides.get(setting.name, environ.get(setting.name, setting.default))
        if not isinstance(raw, str):
            values[setting.name] = raw
            continue
        try:
            values[setting.name] = setting.read(raw.strip())
        except ValueError as error:
            shown = "" if setting.secret else f" It is {raw!r}."
            message = f"The setting {setting.name} {error}.{shown}"
            raise BadSettingError(message) from None
    unknown = sorted(overrides.keys() - {s.name for s in SETTINGS} - {"TESTING"})
    if unknown:
        message = f"There is no setting {unknown[0]}."
        raise BadSettingError(message)
    _complete(values)
    return values


def _complete(values: dict[str, Any]) -> None:
    """Fill in what depends on other settings, and refuse what production cannot do without."""
    production = values["APP_ENV"] == "production"
    instance = Path(values["INSTANCE_PATH"])
    if values["PUBLIC_URL"] is None:
        if production:
            message = "The setting PUBLIC_URL is missing: the address people open, such as https://meetup.example.org."
            raise BadSettingError(message)
        values["PUBLIC_URL"] = f"http://127.0.0.1:{values['PORT']}"
    if production and not values["MAIL_SERVER"]:
        message = "The setting MAIL_SERVER is missing: in production every letter needs an SMTP server to leave by."
        raise BadSettingError(message)
    if not values["DATABASE_URL"]:
        values["DATABASE_URL"] = f"sqlite:///{instance / 'juhui.sqlite3'}"
    key = values["SECRET_KEY"] or _own_secret_key(instance)
    if production and (len(key) < WEAK_KEY_LENGTH or len(set(key)) < 10):  # noqa: PLR2004 - "aaaa…" is long, but no secret
        message = "The setting SECRET_KEY is too weak: use at least 32 random characters, or leave it unset."
        raise BadSettingError(message)
    values["SECRET_KEY"] = key


def _own_secret_key(instance: Path) -> str:
    """Return the key kept in the instance folder; the first of several starting processes writes it."""
    path = instance / "secret_key"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        fresh = instance / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        if not path.exists():
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            try:
                os.link(fresh, path)  # atomic: of two that start at once, one wins and both read the same
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text().strip()
    except OSError as error:
        message = f"The setting INSTANCE_PATH names a folder that cannot be used: {error}."
        raise BadSettingError(message) from None
