"""How much the page cache keeps at most, and what the site's own pages look like through it."""

import gzip
import time

import brotli
import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app.web.page_cache import BODY_MAX, BYTES_MAX, ENTRIES_MAX, KEY_MAX, PageCache
from tests.web.behind_cache import Site


@pytest.fixture
def site():
    return Site()


def kept(cache):
    return len(cache._entries), cache._bytes


def ask(cache, path="/", query=""):
    return run_wsgi_app(cache, EnvironBuilder(path, query_string=query).get_environ())


def test_memory_holds_a_limited_number_of_pages_the_newest(site):
    cache = PageCache(site, seconds=60, default="zh")
    for number in range(ENTRIES_MAX + 2):
        ask(cache, query=f"q={number}")
    site.calls = 0

    for number in (2, ENTRIES_MAX + 1, 0):
        ask(cache, query=f"q={number}")

    assert site.calls == 1
    assert kept(cache)[0] == ENTRIES_MAX


def test_memory_holds_a_limited_number_of_bytes(site):
    site.body = b"x" * BODY_MAX
    cache = PageCache(site, seconds=60, default="zh")

    for number in range(BYTES_MAX // BODY_MAX + 5):
        ask(cache, query=f"q={number}")

    assert kept(cache) == (BYTES_MAX // BODY_MAX, BYTES_MAX)


def test_memory_counts_a_page_that_was_replaced_once(site):
    cache = PageCache(site, seconds=0.0001, default="zh")
    site.body = b"x" * 300

    for _ in range(5):
        ask(cache)
        time.sleep(0.001)

    assert site.calls == 5
    assert kept(cache) == (1, 300)


def test_page_that_is_too_long_is_given_but_not_kept(site):
    site.body = b"x" * (BODY_MAX + 1)
    cache = PageCache(site, seconds=60, default="zh")

    body, _status, _headers = ask(cache)

    assert len(b"".join(body)) == BODY_MAX + 1
    assert kept(cache) == (0, 0)


def test_address_that_is_too_long_is_answered_but_not_remembered(site):
    cache = PageCache(site, seconds=60, default="zh")

    for _ in range(2):
        ask(cache, query="q=" + "x" * KEY_MAX)

    assert site.calls == 2
    assert kept(cache) == (0, 0)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_page_of_the_site_reaches_each_reader_in_an_encoding_it_reads(make_app):
    client = make_app(PAGE_CACHE_SECONDS=60).test_client()
    read = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}

    pages = {}
    for name, decode in read.items():
        for _ in range(2):
            answer = client.get("/", headers={"Accept-Encoding": name})
            assert answer.headers.get("Content-Encoding", "identity") == name
            assert {"Accept-Encoding", "Accept-Language"} <= {
                each.strip() for each in answer.headers["Vary"].split(",")
            }
            pages[name] = decode(answer.data)

    assert pages["br"] == pages["gzip"] == pages["identity"]
    assert b"<html" in pages["br"]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_pages_of_the_site_that_are_ones_own_are_never_kept(make_app):
    app = make_app(PAGE_CACHE_SECONDS=60)
    client = app.test_client()
    for path in ("/organizer/sign-in", "/organizer/", "/nowhere", "/r/nobody", "/healthz", "/static/css/site.css"):
        client.get(path)

    assert app.wsgi_app._entries == {}
    client.get("/")
    assert [key[0] for key in app.wsgi_app._entries] == ["/"]
