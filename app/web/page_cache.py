"""Public pages from the process's memory for up to a second, so that a rush costs one rendering.

It stands in front of Flask: a hit costs a dictionary look-up. Only what a view marked with
`pages.public_page` is kept (environ key below); one's own pages never are. Decision 0003.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from app.core.i18n import Language
from app.web.language import HEADER_MAX, choose

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# In the environ: absent where no cache stands in front, False where one does, True when the view offers its answer,
# and this when it offers also the answer that a reader holds the present version.
CACHEABLE: Final = "juhui.cacheable"
_OR_KNOWN: Final = "or 304"
# All that is kept together; a stranger who asks for a thousand made-up queries fills no more than this.
ENTRIES_MAX: Final = 512
BYTES_MAX: Final = 16 * 1024 * 1024
# A longer answer is given, but not kept.
BODY_MAX: Final = 512 * 1024
# A longer address or header is no link of ours and nothing a browser sends: it is answered, but not remembered.
KEY_MAX: Final = 2000
ENCODINGS: Final = ("br", "gzip")

Key = tuple[str, str, Language, str]
Headers = list[tuple[str, str]]

# What a 304 carries (RFC 9110 15.4.5); the rest would describe a body that is not sent.
_HEADERS_OF_304: Final = {"etag", "cache-control", "vary", "date", "expires", "content-location", "last-modified"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer as it left the application, encoded as it was asked for."""

    stored_at: float
    headers: Headers
    headers_of_304: Headers  # of these, what a 304 carries: chosen once, not for each reader
    body: bytes | None  # None: only that this is the present version is known
    etag: str | None
    modified: str | None  # Last-Modified, as it was sent


class PageCache:
    """WSGI middleware that keeps marked answers for `seconds`.

    In the second half of that time the first reader who comes renders anew while the others still get the
    old page: nobody waits for anybody, and no page is older than `seconds`.
    """

    def __init__(self, application: "WSGIApplication", *, seconds: float, default: Language) -> None:
        """Wrap the application; `default` is the site's language, part of what makes two requests alike."""
        self._application = application
        self._seconds = seconds
        self._default = default
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._bytes = 0
        self._rendering: set[Key] = set()
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer from memory if we can, else ask the application and keep what it allows."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or not self._seconds:
            return self._application(environ, start_response)
        key = self._key(environ)
        if len(key[0]) + len(key[1]) > KEY_MAX:
            return self._application(environ, start_response)
        entry = self._entries.get(key)
        age = time.monotonic() - entry.stored_at if entry else self._seconds
        if entry and entry.body is None and not _is_held(entry, environ):
            entry = None
        if entry and age < self._seconds / 2:
            return _replay(entry, environ, start_response)
        if not self._claim(key):
            if entry and age < self._seconds:
                return _replay(entry, environ, start_response)
            return self._application(environ, start_response)
        try:
            return self._render(key, environ, start_response)
        finally:
            with self._lock:
                self._rendering.discard(key)

    def _key(self, environ: "WSGIEnvironment") -> Key:
        query = environ.get("QUERY_STRING", "")
        # As the application reads it: the first `lang`, also when it is empty.
        lang = parse_qs(query, keep_blank_values=True).get("lang", [None])[0] if "lang=" in query else None
        language = choose(lang, environ.get("HTTP_ACCEPT_LANGUAGE", ""), self._default)
        return environ.get("PATH_INFO", ""), query, language, encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))

    def _claim(self, key: Key) -> bool:
        with self._lock:
            if key in self._rendering:
                return False
            self._rendering.add(key)
            return True

    def _render(self, key: Key, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Ask the application; keep and replay the answer when the view marked it as public."""
        if environ["REQUEST_METHOD"] != "GET":
            return self._application(environ, start_response)
        # The application chooses by the very value the key has, so that no reader gets another one's encoding.
        asked = dict(environ) | {CACHEABLE: False, "HTTP_ACCEPT_ENCODING": key[3]}
        started = time.monotonic()
        begun: dict[str, Any] = {}

        def begin(status: str, headers: Headers, exc_info: "OptExcInfo | None" = None) -> Callable[[bytes], object]:
            known = asked[CACHEABLE] == _OR_KNOWN and status.startswith("304")
            if asked[CACHEABLE] and (known or status.startswith("200")) and _is_for_everybody(headers):
                begun.update(headers=headers, known=known)
                return _no_write
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        answer = self._application(asked, begin)
        if "headers" not in begun:
            return answer
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        # Its age counts from the first look at the data, not from when the page was written.
        headers: Headers = begun["headers"]
        headers_of_304 = [header for header in headers if header[0].lower() in _HEADERS_OF_304]
        etag, modified = (_header(headers, name) for name in ("etag", "last-modified"))
        entry = Entry(started, headers, headers_of_304, None if begun["known"] else body, etag, modified)
        if len(body) <= BODY_MAX:
            self._keep(key, entry)
        elif asked[CACHEABLE] == _OR_KNOWN:
            self._keep(key, replace(entry, body=None))
        if begun["known"]:
            start_response("304 NOT MODIFIED", list(headers_of_304))
            return []
        return _replay(entry, environ, start_response)

    def _keep(self, key: Key, entry: Entry) -> None:
        with self._lock:
            old = self._entries.get(key)
            if entry.body is None and old and old.etag == entry.etag:
                # Still the present version: the body that is here stays good.
                entry = replace(entry, headers=old.headers, body=old.body)
            self._entries[key] = entry
            self._entries.move_to_end(key)
            self._bytes += len(entry.body or b"") - (len(old.body or b"") if old else 0)
            while len(self._entries) > ENTRIES_MAX or self._bytes > BYTES_MAX:
                _key, gone = self._entries.popitem(last=False)
                self._bytes -= len(gone.body or b"")


def offer(environ: "WSGIEnvironment", *, whole: bool = True) -> None:
    """Let the cache in front keep the answer to this request; where there is none, nothing happens.

    What is dear to make says `whole=False`: the view then answers 304 to whoever holds the present version, and the
    cache gives that answer, without having the body, to all others who hold it.
    """
    if CACHEABLE not in environ:
        return
    environ[CACHEABLE] = True if whole else _OR_KNOWN
    if whole:
        # The whole page is wanted, not the 304 that fits this one reader: the cache compares by itself.
        environ.pop("HTTP_IF_NONE_MATCH", None)
        environ.pop("HTTP_IF_MODIFIED_SINCE", None)


def encoding(accept_encoding: str) -> str:
    """Return the one encoding of ours that the reader likes best; empty for none (RFC 9110 12.5.3)."""
    return _encoding(accept_encoding[:HEADER_MAX])


@lru_cache(maxsize=128)
def _encoding(accept_encoding: str) -> str:
    accepted = parse_accept_header(accept_encoding, Accept)
    best = max(ENCODINGS, key=accepted.quality)  # of two that are liked alike, the first
    return best if accepted.quality(best) > 0 else ""


def _is_for_everybody(headers: Headers) -> bool:
    """Tell whether nothing in the headers is meant for one reader: whatever a view said, a cookie is."""
    return not any(
        name.lower() == "set-cookie" or (name.lower() == "cache-control" and not value.startswith("public"))
        for name, value in headers
    )


def _no_write(_data: bytes) -> None:
    message = "the write callable of WSGI is not used here"
    raise RuntimeError(message)


def _replay(entry: Entry, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer with a kept page: 304 when the reader has it, no body for HEAD."""
    if entry.body is None or _is_held(entry, environ):
        start_response("304 NOT MODIFIED", list(entry.headers_of_304))
        return []
    start_response("200 OK", list(entry.headers))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [entry.body]


def _is_held(entry: Entry, environ: "WSGIEnvironment") -> bool:
    """Tell whether the reader holds what is kept (RFC 9110 13.2.2); a date counts where there is no ETag."""
    if_none_match = environ.get("HTTP_IF_NONE_MATCH", "")
    if if_none_match:
        return bool(entry.etag) and _holds(if_none_match, entry.etag or "")
    return entry.modified is not None and environ.get("HTTP_IF_MODIFIED_SINCE") == entry.modified


def _header(headers: Headers, wanted: str) -> str | None:
    return next((value for name, value in headers if name.lower() == wanted), None)


def _holds(if_none_match: str, etag: str) -> bool:
    """Tell whether the reader holds this version; weak comparison (RFC 9110 13.1.2)."""
    if not if_none_match:
        return False
    if if_none_match == etag:  # what nearly every reader sends
        return True
    wanted = etag.removeprefix("W/")
    return if_none_match.strip() == "*" or any(
        tag.strip().removeprefix("W/") == wanted for tag in if_none_match.split(",")
    )
