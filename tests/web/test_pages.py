"""How a view answers: public pages that can be kept, one's own that cannot, forms with a stamp, links of our own."""

import re
import time

import pytest
from flask import url_for
from flask.views import View

from app.core.tokens import mac
from app.web import pages
from app.web.pages import new_stamp, public_page, public_url, render, seconds_since, see_other

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

FORM = """{% extends 'layout.html' %}
{% block main %}<input name='stamp' value='{{ form_stamp() }}'>{{ words }}{% endblock %}"""
STAMP = re.compile(r"value='([^']*)'")


@pytest.fixture
def words():
    """What the page shows; a test may change it between two requests."""
    return {"words": "one"}


@pytest.fixture
def app(make_app, words):
    """The site with a public page, one's own page, and a redirect."""
    app = make_app(PUBLIC_URL="https://meetup.example.org")
    template = app.jinja_env.from_string(FORM)
    app.add_url_rule("/try/public/<slug>", "public", lambda slug: public_page(template, slug=slug, **words))
    app.add_url_rule("/try/own", "own", lambda: render(template, **words))
    app.add_url_rule("/try/refused", "refused", lambda: render(template, 422, **words))
    app.add_url_rule("/try/write", "write", lambda: see_other("public", slug="a"), methods=["POST"])
    with app.app_context():
        yield app


def test_public_page_may_be_kept_and_sets_no_cookie(client):
    answer = client.get("/try/public/a")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == "zh-Hans"
    assert {each.strip() for each in answer.headers["Vary"].split(",")} == {"Accept-Language", "Accept-Encoding"}
    assert "Set-Cookie" not in answer.headers


def test_public_page_has_one_tag_while_its_content_is_one(client, words):
    first = client.get("/try/public/a")
    time.sleep(1.05)  # the stamp has seconds
    second = client.get("/try/public/a")
    words["words"] = "two"
    third = client.get("/try/public/a")
    english = client.get("/try/public/a?lang=en")

    assert STAMP.findall(first.text) != STAMP.findall(second.text)
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["ETag"].startswith('W/"')
    assert len({answer.headers["ETag"] for answer in (first, third, english)}) == 3


def test_public_page_that_the_reader_has_is_not_sent_again(client, words):
    tag = client.get("/try/public/a").headers["ETag"]

    again = client.get("/try/public/a", headers={"If-None-Match": tag})
    words["words"] = "two"
    changed = client.get("/try/public/a", headers={"If-None-Match": tag})

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert changed.status_code == 200


@pytest.mark.parametrize(("path", "status"), [("/try/own", 200), ("/try/refused", 422)])
def test_own_page_is_kept_by_nobody(client, path, status):
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers
    assert seconds_since(STAMP.findall(answer.text)[0]) < 60


def test_redirect_after_a_write_makes_a_reload_harmless(client):
    answer = client.post("/try/write?lang=en")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/try/public/a?lang=en")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_stamp_tells_how_long_ago_the_form_was_rendered(app):
    seconds = f"{int(time.time()) - 90:010}"

    assert 0 <= seconds_since(new_stamp()) < 5
    assert 90 <= seconds_since(seconds + mac("form", seconds)) < 95


def forged():
    now = f"{int(time.time()):010}"
    good = now + mac("form", now)
    older = f"{int(now) - 1000:010}"
    return [
        "", "0" * 32, "x" * 32, good[:-1], good + "x", older + good[10:], now + mac("other", now),
        now + mac("form", now, key="another key, also rather long"), "²" * 10 + good[10:], "\x00" * 32, "报" * 32,
        pages._STAMP, "9" * 100_000,
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(13))
def test_stamp_that_is_not_ours_is_none(app, number):
    assert seconds_since(forged()[number]) is None


def test_stamp_survives_a_change_of_the_key(make_app):
    old, new = "the key of last year, long enough", "the key of this year, long enough"
    with make_app(SECRET_KEY=old).app_context():
        stamp = new_stamp()

    with make_app(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[old]).app_context():
        kept = seconds_since(stamp)
    with make_app(SECRET_KEY=new).app_context():
        dropped = seconds_since(stamp)

    assert kept is not None
    assert dropped is None


def test_text_that_looks_like_a_stamp_stays_what_was_typed(client, words):
    words["words"] = "0" * 32

    assert "0" * 32 in client.get("/try/public/a").text


def other_language_link(page):
    return re.search(r'<a class="language" href="([^"]*)"', page)[1].replace("&amp;", "&")


@pytest.mark.parametrize(
    ("asked", "link"),
    [
        ("/events/", "/events/?lang=en"),
        ("/events/?lang=en", "/events/?lang=zh"),
        ("/events/?lang=zh&q=a+b&city=%E5%8C%97%E4%BA%AC", "/events/?q=a+b&city=%E5%8C%97%E4%BA%AC&lang=en"),
        ("/events/?tag=a&tag=b", "/events/?tag=a&tag=b&lang=en"),
        ("/try/public/%E8%81%9A?q=1", "/try/public/%E8%81%9A?q=1&lang=en"),
        ("/nowhere?q=1", "/?lang=en"),
        # What would be options of url_for, and arguments of ours, stays a query of theirs.
        ("/events/?_external=1&_scheme=javascript", "/events/?_external=1&_scheme=javascript&lang=en"),
        ("/events/?_anchor=x&_method=POST", "/events/?_anchor=x&_method=POST&lang=en"),
        ("/events/?endpoint=x&self=y&values=z", "/events/?endpoint=x&self=y&values=z&lang=en"),
        ("/try/public/a?slug=b", "/try/public/a?slug=b&lang=en"),
    ],
)
def test_link_to_the_other_language_is_this_page_and_never_another_site(client, asked, link):
    answer = client.get(asked, headers={"Host": "evil.example"})

    assert answer.status_code in {200, 404}
    assert other_language_link(answer.text) == link
    assert "evil.example" not in answer.text
    assert "javascript:" not in answer.text


def test_public_url_is_absolute_and_the_same_wherever_it_is_asked(app):
    outside = public_url("events.index", q="a b", lang="en")
    with app.test_request_context("/", base_url="http://evil.example"):
        inside = public_url("events.index", q="a b", lang="en")

    assert inside == outside == "https://meetup.example.org/events/?q=a+b&lang=en"


def test_public_url_keeps_an_explicit_language_unless_told_otherwise(app, client):
    class Addresses(View):
        def dispatch_request(self):
            return " ".join([public_url("events.home"), public_url("events.home", lang=None), url_for("events.home")])

    app.add_url_rule("/try/addresses", view_func=Addresses.as_view("addresses"))

    assert client.get("/try/addresses?lang=en").text == (
        "https://meetup.example.org/?lang=en https://meetup.example.org/ /?lang=en"
    )
    assert client.get("/try/addresses").text == "https://meetup.example.org/ https://meetup.example.org/ /"
