"""How often one network address may knock; counted in memory, or in Redis for several processes."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from flask import Flask, current_app, request
from flask_limiter import Limiter

# An IPv6 line is given at least this much, so one address of it says nothing about who knocks.
_IPV6_LINE: Final = 64
# Seconds to wait for Redis before counting in memory: readers wait with us.
_STORE_TIMEOUT: Final = 1.0


def who_knocks() -> str:
    """Return the network address to count by: an IPv4 address, or the /64 an IPv6 address belongs to."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"  # a socket file, or a proxy that says no address
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed, _IPV6_LINE), strict=False))


limiter = Limiter(who_knocks, headers_enabled=False, strategy="moving-window")


def sign_up_rate() -> str:
    """Return the limit on sign-ups and changes of one's own registration."""
    rate: str = current_app.config["SIGN_UP_RATE"]
    return rate


def sign_in_rate() -> str:
    """Return the limit on sign-in letters and attempts."""
    rate: str = current_app.config["SIGN_IN_RATE"]
    return rate


def init_app(app: Flask) -> None:
    """Count where the settings say; a store that is away must not close the door (it is logged)."""
    is_remote = app.config["RATE_LIMIT_STORAGE"] != "memory://"
    patience = {"socket_connect_timeout": _STORE_TIMEOUT, "socket_timeout": _STORE_TIMEOUT}
    app.config.update(
        RATELIMIT_STORAGE_URI=app.config["RATE_LIMIT_STORAGE"],
        RATELIMIT_STORAGE_OPTIONS=patience if is_remote else {},
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=is_remote,
    )
    limiter.init_app(app)
