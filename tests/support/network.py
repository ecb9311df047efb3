"""The tests reach nothing but this machine: whatever tries to leave it fails the test, even from a thread."""

import ipaddress
import socket
import sys
from typing import Final

_LOCAL_NAMES: Final = {"", "localhost", "localhost.localdomain", socket.gethostname()}
_attempts: list[str] = []
_watching = False


class OutsideAddressError(OSError):
    """A test tried to reach another machine."""


def watch() -> None:
    """Refuse every connection and look-up that leaves this machine, for the life of the process."""
    # An audit hook, not a replaced function: it holds for every thread and for every library above `socket`.
    global _watching  # noqa: PLW0603 - a hook cannot be taken back, so it is set once
    if not _watching:
        _watching = True
        sys.addaudithook(_check)


def attempts() -> list[str]:
    """Return what was tried since the last call, also what the program swallowed."""
    tried = _attempts.copy()
    _attempts.clear()
    return tried


def _check(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else ""
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    if not _is_local(name):
        _attempts.append(f"{event} {name}")
        message = f"tests stay on this machine: {event} {name}"
        raise OutsideAddressError(message)


def _is_local(name: str) -> bool:
    if name.lower() in _LOCAL_NAMES or name.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
