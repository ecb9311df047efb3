"""How numbers are written in the page's language."""

from app.core.i18n import current_language


def in_percent(share: int) -> str:
    """Return a share with its sign: set apart in English, not in Chinese."""
    return f"{share}{percent_sign()}"


def percent_sign() -> str:
    """Return the sign behind a share, with what stands before it."""
    return " %" if current_language() == "en" else "%"
