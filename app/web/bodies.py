"""Reads what is sent, whole and at once, before a view asks for it.

Two things make this ours to do. A body without a length (chunked) that is longer than allowed would be cut at the
limit and taken as complete (Werkzeug 3.1, LimitedStream.readall). And a client that sends half a body and then
nothing holds a thread of the server for as long as it likes: of the few there are, it may hold only some, so that
pages are still served. A reverse proxy that buffers requests keeps such clients away altogether.

What is read takes memory, and a form of many small fields some hundred times its length once it is taken apart. So
only those who are let in may send more than a usual form, and no form may be longer, or of more fields, than people
fill in.
"""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_content_length

from app.core.errors import BusyError
from app.core.i18n import gettext as _
from app.web.same_origin import SAFE_METHODS

# Half of the server's threads (`--blocking-threads 8`): the others go on answering.
READERS_MAX: Final = 4
# A form arrives in milliseconds; who takes longer than this is not waited for.
PATIENCE: Final = 1.0
# The longest text of a form without files; files come as multipart, which is taken apart piece by piece.
TEXT_BYTES_MAX: Final = 512 * 1024
# Far more than any form of ours has; each field costs about 500 bytes of memory.
FIELDS_MAX: Final = 2_000
_CHUNK: Final = 64 * 1024
_LIMIT: Final = "body_bytes_max"
_ASK: Final = "asks_before_long_bodies"
_DOORKEEPER: Final = "doorkeeper_of_long_bodies"
_URLENCODED: Final = "application/x-www-form-urlencoded"

_View = TypeVar("_View", bound=Callable[..., object])


def takes(bytes_max: int, *, ask: Callable[[], object] | None = None) -> Callable[[_View], _View]:
    """Let one view take a body longer than the site's usual limit: a picture, a long text in two languages.

    Only from whoever the doorkeeper lets in; anybody else gets the doorkeeper's answer, and their body is not read.
    `ask` is called behind the doorkeeper and raises what the view itself would raise for this browser.

    Stands directly above the function, below the route.
    """

    def mark(view: _View) -> _View:
        setattr(view, _LIMIT, bytes_max)
        setattr(view, _ASK, ask)
        return view

    return mark


def body_limit() -> int:
    """Return how many bytes may be sent to the view that answers this request."""
    view = current_app.view_functions.get(request.endpoint or "")
    limit: int = getattr(view, _LIMIT, _usual_limit())
    return min(limit, TEXT_BYTES_MAX) if request.mimetype == _URLENCODED else limit


def _usual_limit() -> int:
    limit: int = current_app.config["MAX_CONTENT_LENGTH"]
    return limit


def keep_long_bodies_for(app: Flask, ask: Callable[[], Response | None]) -> None:
    """Let a room above say who may send long bodies: None for whoever may, else what is answered instead."""
    app.extensions[_DOORKEEPER] = ask


def _ask_doorkeeper(length: int | None, limit: int) -> Response | None:
    """Return what to answer to a body that this browser may not send; a length that is not known counts as long."""
    if limit <= _usual_limit() or (length is not None and length <= _usual_limit()):
        return None
    ask: Callable[[], Response | None] | None = current_app.extensions.get(_DOORKEEPER)
    if ask is None:
        raise RequestEntityTooLarge
    answer = ask()
    of_view: Callable[[], object] | None = getattr(current_app.view_functions.get(request.endpoint or ""), _ASK, None)
    if answer is None and of_view is not None:
        of_view()
    return answer


class Readers:
    """Who is reading a body right now; at most READERS_MAX at once."""

    def __init__(self) -> None:
        self._started: dict[int, float] = {}
        self._changed = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take part; wait a moment for a place, but not behind readers who are stuck themselves.

        Raises BusyError.
        """
        me, deadline = threading.get_ident(), time.monotonic() + PATIENCE
        with self._changed:
            while len(self._started) >= READERS_MAX:
                now = time.monotonic()
                if now >= deadline or now - max(self._started.values()) > PATIENCE:
                    raise BusyError(_("Too much arrives at once right now. Please wait a minute, then send it again."))
                self._changed.wait(deadline - now)
            self._started[me] = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                del self._started[me]
                self._changed.notify()


def _read(length: int | None, limit: int) -> bytes:
    """Read the body, or one byte more than is allowed."""
    wanted = limit + 1 if length is None else length
    source, body = request.environ["wsgi.input"], bytearray()
    while len(body) < wanted and (chunk := source.read(min(_CHUNK, wanted - len(body)))):
        body += chunk
    return bytes(body)


def _check(body: bytes, length: int | None, limit: int) -> None:
    """Refuse a body that is too long, cut short, or of too many fields."""
    if len(body) > limit:
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise BadRequest  # the client went away in the middle
    # Werkzeug counts the parts of a multipart body, and no fields of this one.
    if request.mimetype == _URLENCODED and body.count(b"&") >= FIELDS_MAX:
        raise RequestEntityTooLarge


def init_app(app: Flask) -> None:
    """Read the body of every write before its view; refuse one that is too long or that does not come."""
    readers = Readers()

    @app.before_request
    def _take_in() -> Response | None:
        environ = request.environ
        length, limit = get_content_length(environ), body_limit()
        if request.method in SAFE_METHODS or length == 0 or (length is None and "wsgi.input_terminated" not in environ):
            return None
        if length is not None and length > limit:
            raise RequestEntityTooLarge
        if (answer := _ask_doorkeeper(length, limit)) is not None:
            return answer
        request.max_content_length, request.max_form_memory_size = limit, min(limit, TEXT_BYTES_MAX)
        with readers.one():
            body = _read(length, limit)
        _check(body, length, limit)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        return None
