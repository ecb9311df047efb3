"""Headers that every answer carries, and redirects that cannot be turned to another site."""

import pytest
from flask import request

from app.web.headers import CONTENT_SECURITY_POLICY

any_database = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

SAFE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
PRODUCTION = {
    "APP_ENV": "production",
    "PUBLIC_URL": "https://meetup.example.org",
    "MAIL_SERVER": "127.0.0.1",
    "MAIL_SENDER": "meetup@example.org",
}


def breaks():
    raise RuntimeError


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/events/", 200),
        ("GET", "/calendar.ics", 200),
        ("GET", "/events/meetup.ics", 200),
        ("GET", "/events/meetup", 200),
        ("GET", "/events/meetup/cover.svg", 200),
        ("GET", "/static/css/site.css", 200),
        ("GET", "/healthz", 200),
        ("GET", "/organizer/sign-in", 200),
        ("OPTIONS", "/", 200),
        ("GET", "/events", 308),
        ("GET", "/organizer/", 303),
        ("POST", "/organizer/sign-out", 303),
        ("GET", "/nowhere", 404),
        ("GET", "/static/nowhere.css", 404),
        ("GET", "/r/nobody", 404),
        ("POST", "/", 405),
        ("POST", "/organizer/sign-in", 422),
        ("POST", "/events/meetup/registrations", 422),
        ("GET", "/breaks", 500),
    ],
)
def test_every_answer_is_guarded(app, make_event, client, method, path, status):
    app.add_url_rule("/breaks", view_func=breaks)
    make_event("meetup")

    answer = client.open(path, method=method)

    if (method, path) == ("POST", "/organizer/sign-out"):
        assert answer.status_code in {302, 303}
    else:
        assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SAFE} == SAFE
    assert "Server" not in answer.headers


@any_database
def test_answer_that_has_not_changed_is_guarded(client):
    tag = client.get("/").headers["ETag"]

    answer = client.get("/", headers={"If-None-Match": tag})

    assert answer.status_code == 304
    assert {name: answer.headers.get(name) for name in SAFE} == SAFE


def test_policy_allows_nothing_inline_and_nobody_else():
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))

    assert policy["default-src"] == "'none'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert {source for sources in policy.values() for source in sources.split()} == {"'none'", "'self'", "data:"}
    assert [name for name, sources in policy.items() if "data:" in sources] == ["img-src"]
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


@any_database
@pytest.mark.parametrize(
    ("settings", "header"),
    [
        (PRODUCTION, "max-age=31536000"),
        (PRODUCTION | {"PUBLIC_URL": "http://meetup.example.org"}, None),
        ({"PUBLIC_URL": "https://meetup.example.org"}, None),
    ],
)
def test_production_on_https_stays_on_https(make_app, settings, header):
    answer = make_app(**settings).test_client().get("/healthz")

    assert answer.headers.get("Strict-Transport-Security") == header


@any_database
def test_public_pages_set_no_cookie(client):
    for path in ("/", "/events/", "/speakers/", "/community/", "/calendar/", "/calendar.ics", "/nowhere"):
        assert client.get(path).headers.getlist("Set-Cookie") == [], path


@any_database
@pytest.mark.parametrize(
    ("path", "query", "location"),
    [
        ("/events", "", "/events/"),
        ("/events", "lang=en&q=a+b", "/events/?lang=en&q=a+b"),
        ("/events//", "", "/events/"),
        ("/organizer", "", "/organizer/"),
        ("//events", "q=//evil.example", "/events/?q=//evil.example"),
    ],
)
def test_redirect_of_the_router_names_no_host(client, path, query, location):
    raw = {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "evil.example"}

    answer = client.get("/", environ_overrides=raw)

    assert (answer.status_code, answer.headers["Location"], answer.data) == (308, location, b"")


@any_database
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "evil.example@meetup.example.org", "[::1]"])
def test_host_of_the_request_is_nowhere_in_a_page(make_app, host):
    client = make_app(PUBLIC_URL="https://meetup.example.org").test_client()
    pages = [client.get(path, headers={"Host": host}) for path in ("/", "/events/?lang=en", "/calendar/", "/nowhere")]

    assert [host in page.text for page in pages] == [False] * 4
    assert "https://meetup.example.org/" in pages[0].text


@any_database
@pytest.mark.parametrize(
    ("hops", "forwarded", "seen"),
    [
        (0, "203.0.113.1", "127.0.0.1"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.66, 203.0.113.1", "203.0.113.1"),
        (2, "198.51.100.66, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", "127.0.0.1"),
    ],
)
def test_address_of_the_reader_is_believed_from_our_own_proxies_alone(make_app, hops, forwarded, seen):
    app = make_app(PROXY_HOPS=hops)
    app.add_url_rule("/who", view_func=lambda: request.remote_addr)

    assert app.test_client().get("/who", headers={"X-Forwarded-For": forwarded}).text == seen
