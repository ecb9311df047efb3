"""Every address for organizers × every role × the answer that is expected. The table is in tests/support/rights.py."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from app.accounts.models import Role, SignInSession
from app.accounts.rights import PERMISSIONS, SITE_WIDE, Permission
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import Model, transaction
from app.events.models import EventRole, EventState
from tests.support.organizers import signed_in
from tests.support.rights import RIGHTS, values_of
from tests.support.world import World, organizer_named

EVE = "eve@example.com"
# Written by being there, not by what was asked for: since when, last seen, what was looked at.
SEEN = {SignInSession.__tablename__}


@pytest.fixture
def settings():
    # A name, since no browser makes passkeys for a mere number.
    return {"SIGN_IN_RATE": "10000 per minute", "PUBLIC_URL": "http://localhost:8000"}


@dataclass(frozen=True)
class Who:
    """Somebody at the door: a role for the site, one at the event, one at another event; or nobody signed in."""

    site: Role | None = None
    here: Role | None = None
    elsewhere: Role | None = None
    is_signed_in: bool = True

    @property
    def at_event(self):
        here = PERMISSIONS[self.here] - SITE_WIDE if self.here else frozenset()
        return self.for_site | here

    @property
    def for_site(self):
        return PERMISSIONS[self.site] if self.site else frozenset()


EVERYBODY = {
    **{f"{role.value} of the site": Who(site=role) for role in Role},
    **{f"{role.value} of the event": Who(here=role) for role in Role},
    "owner of another event": Who(elsewhere=Role.OWNER),
    "nobody": Who(is_signed_in=False),
}


def rules(app):
    """Yield every rule of an address for organizers, and of every other one in the table."""
    for rule in app.url_map.iter_rules():
        if rule.rule == "/organizer" or rule.rule.startswith("/organizer/") or rule.endpoint in RIGHTS:
            yield rule


def let_in(app, who):
    """Return a browser of somebody, signed in as an owner first so that there is one beside them."""
    if not who.is_signed_in:
        return app.test_client()
    add_organizer(normalise(EVE), name="Eve", role=who.site, now=utc_now())
    return signed_in(app, EVE, name="Eve")


def make_world(app, make_event, who):
    world = World(app, make_event(state=EventState.DRAFT))
    if who.is_signed_in and (who.here or who.elsewhere):
        event = world.event if who.here else make_event()
        give(event, who.here or who.elsewhere)
    return world


def give(event, role):
    with transaction() as session:
        eve = organizer_named(EVE)
        session.add(EventRole(event_id=event.id, organizer_id=eve.id, role=role, created_at=utc_now()))


def expected(rule, who):
    """Return what must come: "in", "sign in", "not found" or "refused"."""
    if rule.where == "open":
        return "in"
    if not who.is_signed_in:
        return "sign in"
    if rule.where == "signed in":
        return "in"
    if rule.where == "site":
        return "in" if rule.needs in who.for_site else "refused"
    if rule.where == "venue":
        return "in" if rule.needs in who.at_event else "refused"
    if Permission.SEE not in who.at_event:
        return "not found"
    return "in" if rule.needs in who.at_event else "refused"


def said(response):
    if response.status_code == 303 and "/organizer/sign-in" in response.headers["Location"]:
        return "sign in"
    return {401: "sign in", 403: "refused", 404: "not found"}.get(response.status_code, "in")


def everything(db):
    """Return all rows of all tables, but for what being there writes."""
    db.rollback()
    return {
        table.name: sorted(map(repr, db.execute(select(table)).all()))
        for table in Model.metadata.sorted_tables
        if table.name not in SEEN
    }


def test_every_address_for_organizers_is_in_the_table(app):
    served = {rule.endpoint for rule in rules(app)}

    missing, gone = sorted(served - RIGHTS.keys()), sorted(RIGHTS.keys() - {rule.endpoint for rule in rules(app)})

    assert missing == [], f"say in tests/support/rights.py who may open {missing}"
    assert gone == [], f"no longer served: take {gone} out of tests/support/rights.py"


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_page_lets_in_whom_the_table_says(app, make_event, name):
    who = EVERYBODY[name]
    signed_in(app, "owner@example.com", name="Owner")
    browser = let_in(app, who)
    world = make_world(app, make_event, who)
    wrong = {}

    for rule in rules(app):
        if "GET" not in rule.methods:
            continue
        wanted = RIGHTS[rule.endpoint]
        response = browser.get(url(app, rule, world))
        came = "in" if expected(wanted, who) == "in" and response.status_code in wanted.answers else said(response)
        if came != expected(wanted, who) or (came == "in" and response.status_code not in wanted.answers):
            wrong[rule.endpoint] = f"{expected(wanted, who)}, not {came} ({response.status_code})"

    assert wrong == {}


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_role_that_tries_every_write_above_it_changes_nothing(app, db, make_event, name):
    who = EVERYBODY[name]
    signed_in(app, "owner@example.com", name="Owner")
    browser = let_in(app, who)
    world = make_world(app, make_event, who)
    tries = [rule for rule in rules(app) if writes(rule) and expected(RIGHTS[rule.endpoint], who) != "in"]
    addresses = {rule.endpoint: url(app, rule, world) for rule in tries}
    before = everything(db)

    answers = {endpoint: said(browser.post(address, data=FORM)) for endpoint, address in addresses.items()}

    assert answers == {endpoint: expected(RIGHTS[endpoint], who) for endpoint in addresses}
    assert everything(db) == before
    # An owner of the site may do everything: that there was nothing to try is right for them alone.
    assert bool(tries) == (who.site is not Role.OWNER)


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_write_is_open_to_whom_the_table_says(app, make_event, name):
    who = EVERYBODY[name]
    signed_in(app, "owner@example.com", name="Owner")
    let_in(app, who)
    wrong = {}

    for rule in rules(app):
        if not writes(rule) or expected(RIGHTS[rule.endpoint], who) != "in":
            continue
        # Each its own event and sign-in: some of these end one or the other.
        world, browser = make_world(app, make_event, who), let_in(app, who)
        response = browser.post(url(app, rule, world), data={})
        if response.status_code in {401, 403, 500} or (said(response) == "sign in" and rule.endpoint not in LEADS_OUT):
            wrong[rule.endpoint] = response.status_code

    assert wrong == {}


# What answers with the way to the sign-in page because that is where it leads.
LEADS_OUT = {"accounts.sign_out", "accounts.request_link"}
# Enough of a form for those that look at it first.
FORM = {"email": "new@example.com", "role": "viewer", "language": "en", "name": "New"}


def writes(rule):
    return bool(rule.methods & {"POST", "PUT", "PATCH", "DELETE"})


def url(app, rule, world):
    values = values_of(world, RIGHTS[rule.endpoint], set(rule.arguments))
    method = "GET" if "GET" in rule.methods else "POST"
    return app.url_map.bind("127.0.0.1").build(rule.endpoint, values, method=method)
