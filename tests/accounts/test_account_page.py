"""One's own account, as a page: what it shows, and what its buttons do."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts import passkeys, queries
from app.accounts.models import Passkey, SignInSession
from app.core.clock import utc_now
from app.core.db import transaction
from app.history.service import Actor
from tests.support.authenticator import Authenticator
from tests.support.organizers import signed_in

ACCOUNT = "/organizer/account/"


@pytest.fixture
def settings():
    return {"PUBLIC_URL": "https://meetup.example.org", "SIGN_IN_RATE": "1000 per minute"}


def me(db):
    """Return who signed in last."""
    session = db.scalars(select(SignInSession).order_by(SignInSession.id.desc()).limit(1)).one()
    return Actor(organizer_id=session.organizer_id, session_id=session.id)


def add_passkey(db, name):
    site, by, now, device = passkeys.Site("https://meetup.example.org"), me(db), utc_now(), Authenticator()
    passkeys.add(site, device.create(passkeys.options_to_add(site, "Site", by=by, now=now)), name, by=by, now=now)
    return device


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


def test_account_shows_browsers_and_passkeys(app, db):
    signed_in(app)
    browser = signed_in(app)
    add_passkey(db, "Ada's phone")
    with transaction() as session:
        first = session.scalars(select(SignInSession).order_by(SignInSession.id).limit(1)).one()
        first.user_agent = "Mozilla/5.0 (Windows NT 10.0) Chrome/142 Safari/537.36 Edg/142"

    page = browser.get(f"{ACCOUNT}?lang=en")

    text = text_of(page.text)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "Ada ada@example.com" in text
    assert "Edge on Windows Since" in text
    assert text.count("This browser Since") == 1
    assert "Ada&#39;s phone Added" in text
    assert "Not used yet" in text
    assert page.text.count("/revocation") == 2  # one browser, and all the others


def test_account_asks_as_many_statements_for_three_as_for_one(app, db, count_statements):
    browser = signed_in(app)
    add_passkey(db, "One")
    browser.get(ACCOUNT)

    def statements():
        with count_statements() as seen:
            assert browser.get(ACCOUNT).status_code == 200
        return len(seen)

    one = statements()
    for number in range(2):
        signed_in(app)
        add_passkey(db, f"More {number}")

    assert statements() == one <= 5


def test_other_browsers_are_signed_out_one_by_one_and_all_together(app, db):
    phone, tablet, old = signed_in(app), signed_in(app), signed_in(app)
    browser = signed_in(app)
    stolen = db.scalars(select(SignInSession.id).order_by(SignInSession.id)).first()

    one = browser.post(f"{ACCOUNT}sessions/{stolen}/revocation?lang=en")
    after_one = [each.get("/organizer/").status_code for each in (phone, tablet, old, browser)]
    again = browser.post(f"{ACCOUNT}sessions/{stolen}/revocation")
    rest = browser.post(f"{ACCOUNT}sessions/revocation?lang=en")
    after_all = [each.get("/organizer/").status_code for each in (phone, tablet, old, browser)]

    assert (one.status_code, again.status_code, rest.status_code) == (303, 404, 303)
    assert "It takes effect at that browser" in browser.get(one.location).text
    assert after_one == [303, 200, 200, 200]
    assert after_all == [303, 303, 303, 200]


def test_another_organizer_s_browser_is_not_there(app, db):
    bob = signed_in(app, "bob@example.com", name="Bob")
    theirs = db.scalars(select(SignInSession.id)).one()

    answer = signed_in(app).post(f"{ACCOUNT}sessions/{theirs}/revocation")

    assert (answer.status_code, bob.get("/organizer/").status_code) == (404, 200)


def test_passkey_is_added_by_what_the_script_sends(app, db):
    browser, device = signed_in(app), Authenticator()
    options = browser.post(f"{ACCOUNT}passkey-challenges")
    credential = json.dumps(device.create(options.text))

    nameless = browser.post(f"{ACCOUNT}passkeys?lang=en", data={"name": " ", "credential": credential})
    added = browser.post(f"{ACCOUNT}passkeys?lang=en", data={"name": "Phone", "credential": credential})
    twice = browser.post(f"{ACCOUNT}passkeys?lang=en", data={"name": "Phone", "credential": credential})
    broken = browser.post(f"{ACCOUNT}passkeys?lang=en", data={"name": "Phone", "credential": "{"})

    assert (options.status_code, options.content_type) == (200, "application/json")
    assert [answer.status_code for answer in (nameless, added, twice, broken)] == [422, 303, 422, 422]
    assert nameless.text.count("Please give it a name") == 2
    assert twice.text.count("This passkey did not work here.") == 2
    assert "The passkey is there." in browser.get(added.location).text
    assert [row.name for row in queries.passkeys_of(me(db).organizer_id)] == ["Phone"]


def test_adding_a_passkey_needs_a_fresh_proof(app, db):
    browser = signed_in(app)
    with transaction() as session:
        session.execute(update(SignInSession).values(proved_at=utc_now() - timedelta(minutes=31)))

    page = browser.get(f"{ACCOUNT}?lang=en").text
    answers = [browser.post(f"{ACCOUNT}{name}").status_code for name in ("passkey-challenges", "passkeys")]

    assert "/organizer/proof?next=/organizer/account/" in page
    assert 'data-passkey="create"' not in page
    assert answers == [403, 403]


def test_passkey_is_renamed_and_removed(app, db):
    browser = signed_in(app)
    add_passkey(db, "Phone")
    number = db.scalars(select(Passkey.id)).one()
    field = f"passkey-{number}-name"

    empty = browser.post(f"{ACCOUNT}passkeys/{number}/name?lang=en", data={field: ""})
    renamed = browser.post(f"{ACCOUNT}passkeys/{number}/name", data={field: " My  <phone> "})
    name = db.scalars(select(Passkey.name)).one()
    page = browser.get(ACCOUNT).text
    removed = browser.post(f"{ACCOUNT}passkeys/{number}/removal")
    gone = [
        browser.post(f"{ACCOUNT}passkeys/{number}/{what}", data={field: "x"}).status_code
        for what in ("name", "removal")
    ]

    assert (empty.status_code, renamed.status_code, removed.status_code) == (422, 303, 303)
    assert empty.text.count("Please give it a name") == 2
    assert f'href="#{field}"' in empty.text
    assert name == "My <phone>"
    assert "My &lt;phone&gt;" in page
    assert gone == [404, 404]
    assert queries.passkeys_of(me(db).organizer_id) == []


def test_passkey_signs_in_by_what_the_script_sends(app, client, db):
    signed_in(app)
    device = add_passkey(db, "Phone")
    options = client.post("/organizer/sign-in/passkey-challenges")
    credential = json.dumps(device.get(options.text))
    sent = {"credential": credential, "next": "/organizer/?when=past"}

    entered = client.post("/organizer/sign-in/passkey", data=sent)
    client.post("/organizer/sign-out")
    again = client.post("/organizer/sign-in/passkey?lang=en", data=sent)

    assert (entered.status_code, entered.location) == (303, "/organizer/?when=past")
    assert again.status_code == 422
    assert "This passkey did not work here." in again.text
    assert 'name="email"' in again.text


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_page_says_where_passkeys_cannot_work(make_app, engine_url):
    app = make_app(PUBLIC_URL="http://127.0.0.1:8000")
    with app.app_context():
        browser = signed_in(app)

        page = browser.get(f"{ACCOUNT}?lang=en").text
        asked = browser.post(f"{ACCOUNT}passkey-challenges?lang=en")
        sign_in_page = app.test_client().get("/organizer/sign-in").text

    assert "Passkeys cannot work here: browsers allow them only at a host name with https." in page
    assert "http://127.0.0.1:8000" in page
    assert asked.status_code == 403
    assert "Passkeys do not work at this address of the site." in asked.text
    assert "data-passkey" not in sign_in_page
