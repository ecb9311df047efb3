"""How often one address may knock; and that a counter which is away locks nobody out."""

import socket

import pytest

from app.web.limits import limiter
from tests.support.server import free_port

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


# Decorated once: the limiter knows a view by its name.
@limiter.limit(lambda: "2 per hour")
def door():
    """Let everyone in twice an hour."""
    return "in"


@pytest.fixture
def site(make_app):
    """Make the site with such a door."""

    def make(**settings):
        app = make_app(**settings)
        app.add_url_rule("/door", view_func=door)
        return app.test_client()

    return make


def knock(client, address, times=1):
    """Return the statuses of some attempts from one network address."""
    return [client.get("/door", environ_overrides={"REMOTE_ADDR": address}).status_code for _ in range(times)]


def test_door_closes_for_who_knocks_too_often_and_for_nobody_else(site):
    client = site()

    assert knock(client, "203.0.113.1", times=4) == [200, 200, 429, 429]
    assert knock(client, "203.0.113.2") == [200]


def test_one_line_of_ipv6_is_one_however_many_addresses_it_has(site):
    client = site()

    statuses = [knock(client, f"2001:db8:0:1::{number:x}")[0] for number in range(1, 5)]

    assert statuses == [200, 200, 429, 429]
    assert knock(client, "2001:db8:0:2::1") == [200]


def test_ipv4_within_ipv6_is_the_same_address(site):
    client = site()

    assert knock(client, "::ffff:203.0.113.9", times=2) == [200, 200]
    assert knock(client, "203.0.113.9") == [429]
    assert knock(client, "::ffff:203.0.113.10") == [200]


@pytest.mark.parametrize("address", ["", "unix:", "proxy.internal"])
def test_address_that_is_none_is_counted_too(site, address):
    assert knock(site(), address, times=3) == [200, 200, 429]


def test_counting_begins_anew_with_each_application(site):
    knock(site(), "203.0.113.1", times=3)

    assert knock(site(), "203.0.113.1") == [200]


def test_reader_behind_our_proxy_is_counted_and_not_the_proxy(site):
    client = site(PROXY_HOPS=1)

    def knock_through(address):
        return client.get("/door", headers={"X-Forwarded-For": address}).status_code

    assert [knock_through("203.0.113.1") for _ in range(3)] == [200, 200, 429]
    assert knock_through("203.0.113.2") == 200


def test_reader_without_a_proxy_cannot_be_somebody_else_each_time(site):
    client = site()

    statuses = [client.get("/door", headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(3)]

    assert statuses == [200, 200, 429]


def test_redis_that_is_away_does_not_close_the_door(site):
    client = site(RATE_LIMIT_STORAGE=f"redis://127.0.0.1:{free_port()}/0")

    # Counted in memory meanwhile.
    assert knock(client, "203.0.113.1", times=3) == [200, 200, 429]


def test_redis_that_says_nothing_holds_up_one_reader_for_a_moment(site):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = site(RATE_LIMIT_STORAGE=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")

        statuses = knock(client, "203.0.113.1", times=2)

        assert statuses == [200, 200]
