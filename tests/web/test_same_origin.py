"""Writes that another site started are refused, whatever the address; everything else is let through."""

import pytest

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

OURS = "https://meetup.example.org"
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def app(make_app):
    """The site with the pages of development, which take writes too, and a view that says it ran."""
    app = make_app(APP_ENV="development", PUBLIC_URL=OURS)
    app.add_url_rule("/try", "try", lambda: "ran", methods=["GET", *sorted(WRITES)])
    with app.app_context():
        yield app


@pytest.mark.parametrize("method", sorted(WRITES))
@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "Same-Origin, cross-site"}, False),
        # Fetch Metadata decides where there is any.
        ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        # The fallback of older browsers.
        ({"Origin": OURS}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://meetup.example.org"}, False),
        ({"Origin": f"{OURS}:8443"}, False),
        ({"Origin": f"{OURS}.evil.example"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        # No browser: a command, a mail program's one-click.
        ({}, True),
        ({"Referer": "https://evil.example/"}, True),
    ],
)
def test_write_is_taken_only_from_our_own_pages(client, method, headers, is_taken):
    answer = client.open("/try", method=method, headers=headers)

    assert (answer.status_code, answer.text == "ran") == ((200, True) if is_taken else (403, False))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_open_to_links_from_everywhere(client, method):
    assert client.open("/try", method=method, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def writable(app):
    """Yield every address that takes a write, with its methods."""
    fill = {"IntegerConverter": 1, "UnicodeConverter": "x", "PathConverter": "x/y"}
    for rule in app.url_map.iter_rules():
        for method in sorted(WRITES & rule.methods):
            values = {name: fill[type(converter).__name__] for name, converter in rule._converters.items()}
            with app.test_request_context():
                yield method, app.url_map.bind("").build(rule.endpoint, values, method)


def test_every_address_that_takes_a_write_refuses_another_site(app, client):
    addresses = list(writable(app))

    answers = {
        (method, address): client.open(address, method=method, headers={"Sec-Fetch-Site": "cross-site"}).status_code
        for method, address in addresses
    }

    assert ("POST", "/events/x/registrations") in addresses
    assert ("POST", "/organizer/sign-in") in addresses
    assert len(addresses) > 8
    assert set(answers.values()) == {403}


def test_no_address_takes_a_write_by_get(app):
    # A link could start it, which no check of the origin would stop.
    both = [rule.rule for rule in app.url_map.iter_rules() if {"GET", "POST"} <= rule.methods]

    assert both == ["/try"]


def test_refusal_says_what_to_do(client):
    answer = client.post("/try?lang=en", headers={"Sec-Fetch-Site": "cross-site"})

    assert "This form was sent from another site. Please open our page and send it from there." in answer.text
