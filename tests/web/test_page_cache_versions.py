"""What is dear to make: the cache answers who holds the present version without having it made."""

import pytest
from werkzeug.test import Client

from app.web.page_cache import BODY_MAX, PageCache, offer
from tests.web.behind_cache import PUBLIC

MODIFIED = "Sun, 01 Nov 2026 08:30:15 GMT"


class Feed:
    """An application behind the cache that answers 304 by itself, and counts what it made and what it compared."""

    def __init__(self):
        self.made = 0
        self.compared = 0
        self.etag = '"one"'
        self.body = b"feed"

    def __call__(self, environ, start_response):
        offer(environ, whole=False)
        headers = [PUBLIC, ("ETag", self.etag), ("Last-Modified", MODIFIED)]
        if environ.get("HTTP_IF_NONE_MATCH") == self.etag:
            self.compared += 1
            start_response("304 NOT MODIFIED", headers)
            return []
        self.made += 1
        start_response("200 OK", [*headers, ("Content-Type", "text/calendar"), ("Content-Length", str(len(self.body)))])
        return [self.body]


@pytest.fixture
def feed():
    return Feed()


@pytest.fixture
def client(feed):
    return Client(PageCache(feed, seconds=60.0, default="zh"))


def poll(client, etag='"one"'):
    return client.get("/", headers={"If-None-Match": etag})


def test_version_that_one_reader_holds_is_known_to_all(feed, client):
    answers = [poll(client) for _time in range(5)]

    assert {answer.status_code for answer in answers} == {304}
    assert {answer.headers["ETag"] for answer in answers} == {'"one"'}
    assert {answer.headers["Last-Modified"] for answer in answers} == {MODIFIED}
    assert (feed.compared, feed.made) == (1, 0)


def test_who_holds_nothing_gets_the_whole_though_only_the_version_is_known(feed, client):
    poll(client)

    whole, other = client.get("/"), poll(client, '"two"')

    assert (whole.status_code, whole.data) == (200, b"feed")
    assert (other.status_code, other.data) == (200, b"feed")
    assert feed.made == 1


def test_whole_answer_serves_those_who_hold_it(feed, client):
    client.get("/")

    assert poll(client).status_code == 304
    assert client.head("/").headers["Content-Length"] == "4"
    assert (feed.compared, feed.made) == (0, 1)


def test_answer_too_long_to_keep_is_still_known_by_its_version(feed, client):
    feed.body = b"x" * (BODY_MAX + 1)

    first, known, again = client.get("/"), poll(client), client.get("/")

    assert (first.status_code, known.status_code, again.status_code) == (200, 304, 200)
    assert (feed.compared, feed.made) == (0, 2)


def test_date_counts_where_there_is_no_etag(feed, client):
    client.get("/")

    answers = [
        client.get("/", headers=headers).status_code
        for headers in (
            {"If-Modified-Since": MODIFIED},
            {"If-Modified-Since": "Sun, 01 Nov 2026 08:30:14 GMT"},
            {"If-Modified-Since": MODIFIED, "If-None-Match": '"two"'},
        )
    ]

    assert answers == [304, 200, 200]


def test_version_that_is_confirmed_keeps_the_body_that_is_there(feed):
    cache = PageCache(feed, seconds=0.4, default="zh")
    client = Client(cache)
    client.get("/")

    (entry,) = cache._entries.values()
    # As if half of its time were over: the next who comes asks the application.
    cache._entries[next(iter(cache._entries))] = type(entry)(
        entry.stored_at - 0.3, entry.headers, entry.headers_of_304, entry.body, entry.etag, entry.modified
    )
    confirmed, whole = poll(client), client.get("/")

    assert (confirmed.status_code, whole.status_code, whole.data) == (304, 200, b"feed")
    assert (feed.compared, feed.made) == (1, 1)
