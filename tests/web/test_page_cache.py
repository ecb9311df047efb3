"""What is kept in the process's memory, for whom, for how long, and what never is."""

import threading
import time

import pytest

from app.web import page_cache
from app.web.page_cache import CACHEABLE, encoding, offer
from tests.web.behind_cache import PUBLIC, Site, cached


@pytest.fixture
def site():
    return Site()


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """The cache's clock."""
    clock = Clock()
    monkeypatch.setattr(page_cache, "time", clock)
    return clock


def test_page_is_rendered_once_for_many(site):
    client = cached(site)

    answers = [client.get("/") for _ in range(5)]

    assert site.calls == 1
    assert {answer.text for answer in answers} == {"page 1"}
    assert len({tuple(answer.headers) for answer in answers}) == 1
    assert answers[4].headers["X-Other"] == "kept"


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/other"},
        {"path": "/", "query_string": "q=1"},
        {"path": "/", "headers": {"Accept-Language": "en"}},
        {"path": "/", "query_string": "lang=en"},
        {"path": "/", "headers": {"Accept-Encoding": "gzip"}},
        {"path": "/", "headers": {"Accept-Encoding": "br"}},
    ],
)
def test_page_is_kept_apart_by_what_changes_it(site, other):
    client = cached(site)

    first, second, third = client.get("/"), client.get(**other), client.get("/")

    assert [answer.text for answer in (first, second, third)] == ["page 1", "page 2", "page 1"]


@pytest.mark.parametrize(
    "same",
    [
        {"headers": {"Accept-Language": "zh-CN,zh;q=0.9"}},
        {"headers": {"Accept-Language": "fr"}},
        {"headers": {"Accept-Encoding": "deflate, zstd"}},
        {"headers": {"Accept-Encoding": "gzip;q=0"}},
        {"headers": {"Host": "evil.example"}},
        {"headers": {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}},
        {"headers": {"Cookie": "juhui_session=x", "User-Agent": "other"}},
    ],
)
def test_page_is_shared_by_requests_that_mean_the_same(site, same):
    client = cached(site)

    client.get("/")
    client.get("/", **same)

    assert site.calls == 1


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("br;q=0, gzip;q=0", ""),
        ("*", "br"),
        ("*;q=0", ""),
        ("identity", ""),
        ("br;q=x, ;;", ""),
        ("x" * 100_000 + ",br", ""),
    ],
)
def test_encoding_is_the_one_the_reader_likes_best(header, chosen):
    assert encoding(header) == chosen


def test_application_is_told_the_encoding_the_page_is_kept_under(site):
    # Else the application, reading the header in its own way, could put brotli under "nothing".
    cached(site).get("/", headers={"Accept-Encoding": "br;q=0.2, gzip, x-unknown"})

    assert site.asked["HTTP_ACCEPT_ENCODING"] == "gzip"


def test_language_of_the_key_is_the_one_the_application_reads(site):
    # `?lang=&lang=en`: the first one counts, and it is empty, so the header decides.
    client = cached(site)

    zh = client.get("/?lang=&lang=en", headers={"Accept-Language": "zh"})
    en = client.get("/?lang=&lang=en", headers={"Accept-Language": "en"})

    assert (zh.text, en.text) == ("page 1", "page 2")


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("is_offered", False),
        ("status", "404 NOT FOUND"),
        ("status", "304 NOT MODIFIED"),
        ("status", "302 FOUND"),
        ("status", "500 INTERNAL SERVER ERROR"),
        ("headers", [PUBLIC, ("Set-Cookie", "a=b")]),
        ("headers", [("Cache-Control", "private, no-store")]),
        ("headers", [("cache-control", "no-store")]),
    ],
)
def test_answer_that_is_not_for_everybody_is_not_kept(site, what, value):
    setattr(site, what, value)
    client = cached(site)

    client.get("/")
    client.get("/")

    assert site.calls == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_neither_kept_nor_answered_from_memory(site, method):
    client = cached(site)

    client.open("/", method=method)
    client.get("/")
    client.open("/", method=method)

    assert site.calls == 3


def test_head_is_answered_from_a_kept_page_without_its_body(site):
    client = cached(site)
    got = client.get("/")

    head = client.head("/")

    assert site.calls == 1
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers == got.headers


def test_head_is_not_kept_as_a_page(site):
    client = cached(site)

    client.head("/")

    assert client.get("/").text == "page 2"


@pytest.mark.parametrize("tag", ['W/"one"', '"one"', '"zero", W/"one"', "*"])
def test_reader_who_has_the_page_gets_a_304(site, tag):
    client = cached(site)
    client.get("/")

    answer = client.get("/", headers={"If-None-Match": tag})

    assert (answer.status_code, answer.data) == (304, b"")
    assert dict(answer.headers) == {"Cache-Control": PUBLIC[1], "ETag": 'W/"one"'}
    assert site.calls == 1


@pytest.mark.parametrize("tag", ['W/"two"', '"on"', "one", ""])
def test_reader_who_has_another_page_gets_this_one(site, tag):
    client = cached(site)
    client.get("/")

    assert client.get("/", headers={"If-None-Match": tag}).text == "page 1"


def test_reader_who_has_the_page_fills_the_memory_for_the_others(site):
    # A rush of readers who all have the page must not cost a rendering each.
    client = cached(site)

    first = client.get("/", headers={"If-None-Match": 'W/"one"'})
    second = client.get("/")

    assert (first.status_code, second.text, site.calls) == (304, "page 1", 1)
    assert "HTTP_IF_NONE_MATCH" not in site.asked


def test_conditional_request_for_what_is_not_kept_reaches_the_application(site):
    site.is_offered = False

    cached(site).get("/static/site.css", headers={"If-None-Match": '"x"'})

    assert site.asked["HTTP_IF_NONE_MATCH"] == '"x"'


def test_page_is_rendered_anew_when_its_time_is_over(site, clock):
    client = cached(site, seconds=0.1)

    first = client.get("/").text
    clock.now += 0.12

    assert (first, client.get("/").text) == ("page 1", "page 2")


def test_zero_seconds_keep_nothing(site):
    client = cached(site, seconds=0)

    client.get("/")
    client.get("/")

    assert site.calls == 2
    assert CACHEABLE not in site.asked


def in_thread(action):
    found = []
    thread = threading.Thread(target=lambda: found.append(action()))
    thread.start()
    return thread, found


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_readers_get_the_old_page_while_one_renders_and_none_that_is_too_old(site, clock):
    client = cached(site, seconds=1)
    client.get("/")
    clock.now += 0.6
    site.hold = threading.Event()

    renderer, rendered = in_thread(lambda: client.get("/").text)
    wait_for(lambda: site.calls == 2)
    meanwhile = client.get("/").text
    clock.now += 0.5
    too_late, rendered_by_itself = in_thread(lambda: client.get("/").text)
    wait_for(lambda: site.calls == 3)
    site.hold.set()
    renderer.join()
    too_late.join()

    assert (meanwhile, rendered, rendered_by_itself) == ("page 1", ["page 2"], ["page 3"])


def test_age_counts_from_when_rendering_began(site, clock):
    # The page shows what the database held then.
    client = cached(site, seconds=0.2)
    site.hold = threading.Event()
    renderer, _ = in_thread(lambda: client.get("/"))
    wait_for(lambda: site.calls == 1)
    clock.now += 0.22
    site.hold.set()
    renderer.join()

    assert client.get("/").text == "page 2"


def test_failed_rendering_lets_the_next_reader_try(site):
    def breaks(environ, start_response):
        site.calls += 1
        raise RuntimeError

    client = cached(breaks)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            client.get("/")

    assert site.calls == 2


def test_answer_is_closed_once_it_is_read(site):
    class Body(list):
        closed = 0

        def close(self):
            self.closed += 1

    body = Body([b"a", b"b"])

    def application(environ, start_response):
        offer(environ)
        start_response("200 OK", [PUBLIC])
        return body

    answer = cached(application).get("/")

    assert (answer.text, body.closed) == ("ab", 1)
