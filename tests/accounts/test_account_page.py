"""One's own account, as a page: what it shows, and what its buttons do."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts import identities, mails, passkeys, queries
from app.accounts.models import Identity, Organizer, Passkey, SignInSession
from app.accounts.oidc import Person
from app.accounts.sessions import Browser, tell_of_new_way
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import speaking
from app.history.models import Entry
from app.history.service import Actor
from app.mail.models import Letter
from tests.support.authenticator import Authenticator
from tests.support.organizers import ADA, remove, signed_in

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


def test_linked_account_is_shown_and_unlinked_by_its_organizer_alone(app, db):
    browser, other = signed_in(app), signed_in(app, "bob@example.com", name="Bob")
    identities.sign_in("https://id.example", Person("ada-1", ADA, is_verified=True), Browser(), now=utc_now())
    identity = db.scalars(select(Identity.id)).one()
    path = f"/organizer/account/identities/{identity}/removal"

    shown = ["https://id.example" in each.get("/organizer/account/?lang=en").text for each in (browser, other)]
    of_another = other.post(path).status_code
    sent = browser.post(path)
    again = browser.post(path).status_code

    assert shown == [True, False]
    assert (of_another, sent.status_code, again) == (404, 303, 404)
    assert "The account is no longer linked." in browser.get("/organizer/account/?done=unlinked&lang=en").text
    assert db.scalars(select(Identity)).all() == []
    entry = db.scalars(select(Entry).order_by(Entry.id.desc())).first()
    assert (entry.action, entry.subject) == ("identity.unlinked", "https://id.example")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_new_way_to_sign_in_is_told_by_letter(app, db, language):
    signed_in(app)
    ada = db.scalars(select(Organizer)).one()
    identities.sign_in("https://id.example", Person("ada-1", ADA, is_verified=True), Browser(), now=utc_now())
    with transaction():
        tell_of_new_way(ada, "passkey", "My <phone>", now=utc_now())
    letters = db.scalars(select(Letter).where(Letter.kind == "way_added").order_by(Letter.id)).all()

    with speaking(language):
        drafts = [mails.way_added(letter) for letter in letters]
    remove(ADA)
    db.expire_all()

    words = {
        "en": ["An account of another provider was linked to yours:", "A passkey was added to your account:"],
        "zh": ["你的账号关联了其他平台的账号：", "你的账号添加了通行密钥："],
    }[language]
    assert [letter.to_email for letter in letters] == [ADA, ADA]
    for draft, sentence, name in zip(drafts, words, ["https://id.example", "My <phone>"], strict=True):
        assert sentence in draft.text
        assert sentence in draft.html
        assert name in draft.text
    assert "My &lt;phone&gt;" in drafts[1].html
    assert [mails.way_added(letter) for letter in letters] == [None, None]
