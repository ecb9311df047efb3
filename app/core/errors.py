"""Refusals we expect, each with a sentence for the reader and an HTTP status.

AppError
├── NotFoundError   404  the thing does not exist, or you may not see it
├── GoneError       410  it was there, and its time is over
├── ConflictError   409  somebody was faster, or the state moved on
├── RefusedError    403  a rule says no
├── TooManyError    429  slow down
├── BusyError       503  too much at once, try again
└── BadInputError   422  what was sent cannot be taken; `field` names where

A broken invariant is no AppError: it crashes and is logged.
"""

from collections.abc import Mapping
from http import HTTPStatus


class AppError(Exception):
    """A refusal that is shown to the reader as it is; `message` is already in the reader's language."""

    status: HTTPStatus = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, *, context: Mapping[str, object] | None = None) -> None:
        """Keep the sentence, and what the error page may need beside it."""
        super().__init__(message)
        self.message = message
        self.context = dict(context or {})


class NotFoundError(AppError):
    """The thing does not exist, or the reader may not know that it does."""

    status = HTTPStatus.NOT_FOUND


class GoneError(AppError):
    """The thing was there, and its time is over."""

    status = HTTPStatus.GONE


class ConflictError(AppError):
    """The state moved on between reading and writing."""

    status = HTTPStatus.CONFLICT


class RefusedError(AppError):
    """A rule says no."""

    status = HTTPStatus.FORBIDDEN


class TooManyError(AppError):
    """The reader asked too often."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class BusyError(AppError):
    """The site has too much to do at this moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class BadInputError(AppError):
    """What was sent cannot be taken; `field` names the form field it belongs to, if any."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Keep the sentence and the field beside which it is shown."""
        super().__init__(message)
        self.field = field
