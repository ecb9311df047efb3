"""How settings are read: from the text of an environment variable to what the program uses.

Each reader raises ValueError with the rest of a sentence that begins with "The setting NAME".
"""

import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from limits import parse_many
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PORT_MAX: Final = 65535
_ORIGIN: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?/?"
)


def text(value: str) -> str:
    """Return one line of text."""
    # A line end in a name or a server ends up in a header.
    if not value.isprintable():
        message = "must be one line of printable characters"
        raise ValueError(message)
    return value


def folder(value: str) -> str:
    """Return a folder as an absolute path."""
    # Absolute from here on: a worker that is started elsewhere must find the same files.
    return str(Path(text(value)).expanduser().absolute())


def file(value: str) -> str:
    """Return the path of a file that exists; empty for none."""
    if value and not Path(value).is_file():
        message = "must name a file that exists"
        raise ValueError(message)
    return value


def one_of(*words: str) -> Callable[[str], str]:
    """Return a reader of one of these words."""

    def read(value: str) -> str:
        if value not in words:
            message = f"must be one of {', '.join(words)}"
            raise ValueError(message)
        return value

    return read


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from low to high."""

    def read(value: str) -> int:
        number = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else None
        if number is None or not low <= number <= high:
            message = f"must be a whole number from {low} to {high}"
            raise ValueError(message)
        return number

    return read


def seconds(low: float, high: float) -> Callable[[str], float]:
    """Return a reader of seconds from low to high, with a fraction if need be."""

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


def origin(value: str) -> str:
    """Return the origin as browsers send it (RFC 6454 6.2): lower case, without the scheme's own port."""
    message = "must be the address people open, such as https://meetup.example.org, without a path"
    match = _ORIGIN.fullmatch(value.lower())
    if match is None:
        if not value.isascii():
            message += "; a name in other letters in its ASCII form (xn--…)"
        raise ValueError(message)
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if port and not 0 < int(port) <= PORT_MAX:
        raise ValueError(message)
    is_usual = port is None or int(port) == {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" if is_usual else f"{scheme}://{host}:{int(port)}"


def issuer(value: str) -> str:
    """Return the address as it was given: a provider's tokens repeat it to the letter (OpenID Connect Core 3.1.3.7)."""
    try:
        scheme, host = urlsplit(value).scheme, urlsplit(value).hostname
    except ValueError:
        scheme, host = "", None
    is_here = host in {"localhost", "127.0.0.1", "::1"}
    if value and not (host and (scheme == "https" or (scheme == "http" and is_here))):
        message = "must be the https:// address of an OpenID Connect provider"
        raise ValueError(message)
    return text(value)


def database(value: str) -> str:
    """Return the address of a database, with the driver we use for its engine."""
    # SQLAlchemy's own words may quote a piece of the password, so none of them is passed on.
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        url = None
    engine = url.get_backend_name() if url else ""
    if url is None or engine not in {"sqlite", "postgresql"}:
        message = "must look like sqlite:////path/file or postgresql://user:password@host/name"
        raise ValueError(message)
    if engine == "sqlite" and (not url.database or ":memory:" in url.database):
        message = "must name a file: a database in memory is another one for each thread"
        raise ValueError(message)
    url = url.set(drivername={"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}[engine])
    return url.render_as_string(hide_password=False)


def address(value: str) -> str:
    """Return one bare e-mail address."""
    name, _at, domain = value.partition("@")
    if not (name and domain) or "@" in domain or not value.isprintable() or any(c in ' <>,;:"' for c in value):
        message = "must be one bare e-mail address, such as meetup@example.org"
        raise ValueError(message)
    return value


def address_or_none(value: str) -> str:
    """Return one bare e-mail address; empty for none."""
    return address(value) if value else ""


def rate(value: str) -> str:
    """Return limits on how often something may be done."""
    try:
        parse_many(value)
    except ValueError:
        message = "must be limits such as `30 per minute; 200 per hour`"
        raise ValueError(message) from None
    return value


def counter(value: str) -> str:
    """Return where attempts are counted."""
    if value != "memory://" and not value.startswith(("redis://", "rediss://")):
        message = "must be memory:// or start with redis:// or rediss://"
        raise ValueError(message)
    return value


def label(value: str) -> str:
    """Return one label of a DNS name; empty for none."""
    if value and not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", value):
        message = "must be a DNS label, such as s1"
        raise ValueError(message)
    return value


def name_server(value: str) -> str:
    """Return the address of a name server, with its port if it has its own; empty for the system's."""
    host, _colon, port = value.partition(":")
    try:
        is_good = not value or (bool(ip_address(host)) and (not port or 0 < int(port) <= PORT_MAX))
    except ValueError:
        is_good = False
    if not is_good:
        message = "must be an IPv4 address, with a port if it is not 53, such as 192.0.2.1:53"
        raise ValueError(message)
    return value


def words(value: str) -> list[str]:
    """Return the words of a list separated by spaces."""
    return [word for word in value.split() if word]
