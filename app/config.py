"""Every setting: name, type, default, meaning. A bad value stops the start with one sentence that names it."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.setting_types import PORT_MAX
from app.setting_types import address as _address
from app.setting_types import address_or_none as _address_or_none
from app.setting_types import counter as _counter
from app.setting_types import database as _database
from app.setting_types import file as _file
from app.setting_types import folder as _folder
from app.setting_types import integer as _integer
from app.setting_types import issuer as _issuer
from app.setting_types import label as _label
from app.setting_types import name_server as _name_server
from app.setting_types import one_of as _one_of
from app.setting_types import origin as _origin
from app.setting_types import rate as _rate
from app.setting_types import seconds as _seconds
from app.setting_types import text as _text
from app.setting_types import words as _words

ROOT: Final = Path(__file__).resolve().parent.parent
WEAK_KEY_LENGTH: Final = 32
KEY_CHARACTERS_MIN: Final = 10
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


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "APP_ENV",
        _one_of("production", "development", "testing"),
        "production",
        "`production` demands a strong secret key, a public address, a mail server and a sender; `development` (what `make run` uses) keeps letters in files and shows them under `/dev/mail/`.",
    ),
    Setting(
        "INSTANCE_PATH",
        _folder,
        str(ROOT / "instance"),
        "Folder of what this installation owns: the SQLite file, the generated secret key, letters kept as files.",
    ),
    Setting(
        "SECRET_KEY",
        _text,
        None,
        "Signs links and forms; at least 32 characters. Generated into `INSTANCE_PATH/secret_key` on first run when unset.",
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
    Setting("PORT", _integer(1, PORT_MAX), "8000", "Port of `make run`."),
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
    Setting("MAIL_PORT", _integer(1, PORT_MAX), "587", "Port of the SMTP server."),
    Setting(
        "MAIL_SECURITY",
        _one_of("starttls", "tls", "none"),
        "starttls",
        "How the connection is encrypted; the certificate is always checked. `none` is for a server on this machine.",
    ),
    Setting(
        "MAIL_CA_FILE",
        _file,
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
    Setting("MAIL_REPLY_TO", _address_or_none, "", "Address that answers go to; empty: the sender."),
    Setting(
        "MAIL_CALENDAR",
        _one_of("request", "file"),
        "request",
        "`request`: the confirmation is an invitation that mail clients offer or add by themselves; `file`: only an attached .ics.",
    ),
    Setting(
        "WAITING_LIST_ENTRY",
        _one_of("none", "tentative"),
        "none",
        "Calendar entry of whoever waits for a seat: `none`, or `tentative` in letters and in their own feed.",
    ),
    Setting(
        "MAIL_DOMAIN_PER_MINUTE",
        _integer(0, 100_000),
        "120",
        "Of letters to many (changes, reminders), how many may go to one recipient domain in a minute; QQ Mail and 163 refuse bursts. 0: no limit.",
    ),
    Setting(
        "MAIL_DKIM_SELECTOR",
        _label,
        "",
        "Selector under which the sender's DKIM key is published, such as `s1`; `flask doctor` then looks for it.",
    ),
    Setting(
        "DNS_SERVER",
        _name_server,
        "",
        "Name server that `flask doctor` asks, as `192.0.2.1` or `192.0.2.1:53`; empty: the system's.",
    ),
    Setting(
        "DUTIES",
        _one_of("thread", "off"),
        "thread",
        "`thread`: each server process delivers letters itself; `off`: only `flask worker` does.",
    ),
    Setting(
        "CHANGE_LETTER_DELAY",
        _seconds(0, 86_400),
        "600",
        "How long edits of an event's time, place or link gather before those who registered get one letter about them.",
    ),
    Setting("DUTY_PAUSE", _seconds(0.05, 60), "1", "Seconds between two looks into the outbox."),
    Setting(
        "RATE_LIMIT_STORAGE",
        _counter,
        "memory://",
        "Where sign-up attempts are counted: `memory://` (each process), or `redis://host:6379/0` (all of them).",
        secret=True,
    ),
    Setting(
        "SIGN_UP_RATE",
        _rate,
        "30 per minute; 200 per hour",
        "Sign-ups and changes allowed for one network address; generous, since a whole office may share one.",
    ),
    Setting(
        "SIGN_IN_RATE",
        _rate,
        "10 per minute; 50 per hour",
        "Sign-in letters and attempts allowed for one network address.",
    ),
    Setting(
        "OIDC_ISSUER",
        _issuer,
        "",
        "Address of an OpenID Connect provider that organizers may sign in with, as its own discovery document writes it. Empty: none.",
    ),
    Setting("OIDC_CLIENT_ID", _text, "", "What this site is called at that provider."),
    Setting(
        "OIDC_CLIENT_SECRET",
        _text,
        "",
        "The secret the provider gave this site; empty: none, PKCE alone.",
        secret=True,
    ),
    Setting("OIDC_NAME", _text, "OpenID Connect", "What the button on the sign-in page calls the provider."),
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
    Setting(
        "LOG_LEVEL",
        _one_of("debug", "info", "warning", "error"),
        "info",
        "How much is logged to standard error; `debug` also logs the words of errors, which may quote what people typed.",
    ),
)


def load(environ: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return every setting by name, from overrides, else the environment, else the default.

    Text is read and checked wherever it comes from; an override of another type is taken as it is. An empty text
    means the default: that is what a compose file makes of a variable nobody set.

    Raises BadSettingError with one sentence for the first value that cannot be used.
    """
    environ = os.environ if environ is None else environ
    overrides = overrides or {}
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        raw = overrides.get(setting.name, environ.get(setting.name))
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            raw = setting.default
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
    if production and values["MAIL_SENDER"].endswith(".localdomain"):
        message = "The setting MAIL_SENDER is missing: the mailbox that letters come from, on a domain of yours."
        raise BadSettingError(message)
    if values["OIDC_ISSUER"] and not values["OIDC_CLIENT_ID"]:
        message = "The setting OIDC_CLIENT_ID is missing: what this site is called at the provider of OIDC_ISSUER."
        raise BadSettingError(message)
    if not values["DATABASE_URL"]:
        values["DATABASE_URL"] = f"sqlite:///{instance / 'juhui.sqlite3'}"
    values["SECRET_KEY"] = values["SECRET_KEY"] or _own_secret_key(instance)
    if production and is_weak(values["SECRET_KEY"]):
        message = "The setting SECRET_KEY is too weak: use at least 32 random characters, or leave it unset."
        raise BadSettingError(message)
    # A retired key still opens registrations and sessions, so it is held to the same.
    if production and any(is_weak(key) for key in values["SECRET_KEY_FALLBACKS"]):
        message = "The setting SECRET_KEY_FALLBACKS holds a key that is too weak: links made with it can be forged."
        raise BadSettingError(message)


def is_weak(key: str) -> bool:
    """Tell whether a key could be guessed: too short, or long but of few different characters."""
    return len(key) < WEAK_KEY_LENGTH or len(set(key)) < KEY_CHARACTERS_MIN


def _own_secret_key(instance: Path) -> str:
    """Return the key kept in the instance folder; the first of several starting processes writes it."""
    path = instance / "secret_key"
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)  # people's addresses will lie in it
        if not path.exists():
            _write_secret_key(path)
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"The setting INSTANCE_PATH names a folder that cannot be used: {error}."
        raise BadSettingError(message) from None
    if not key:
        message = f"The setting SECRET_KEY is unset and {path} is empty: put a backup of that file back, or delete it."
        raise BadSettingError(message)
    return key


def _write_secret_key(path: Path) -> None:
    fresh = path.with_name(f".secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    try:
        with fresh.open("w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())  # letters go out with links made with it: it must survive a power cut
        os.link(fresh, path)  # atomic: of two that start at once, one wins and both read the same
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
