"""How often one network address may knock; counted in memory, or in Redis for several processes."""

from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, headers_enabled=False, strategy="moving-window")


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
    app.config.update(
        RATELIMIT_STORAGE_URI=app.config["RATE_LIMIT_STORAGE"],
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=app.config["RATE_LIMIT_STORAGE"] != "memory://",
    )
    limiter.init_app(app)
