"""The one place that reads the machine's clock; everything below a view takes `now` as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present instant as aware UTC, in microseconds."""
    return datetime.now(UTC)
