"""Passkeys: added, used, and every answer that must not be believed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import passkeys, queries, rules, service
from app.accounts.models import ChallengeKind, Passkey, PasskeyChallenge, SignInSession
from app.accounts.sessions import Browser
from app.core.addresses import normalise
from app.core.errors import BadInputError, NotFoundError, RefusedError
from app.history.models import Entry
from app.history.service import Actor
from app.mail.models import Letter
from tests.support.authenticator import Authenticator, b64, unb64
from tests.support.organizers import remove

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ADA, BOB = normalise("ada@example.com"), normalise("bob@example.com")
SITE = passkeys.Site("https://meetup.example.org")
HERE = Browser("Firefox/1 Linux")


def enter(address, *, now=NOW):
    """Sign somebody in by link; return who acts."""
    service.add_organizer(address, name=address.email.partition("@")[0], now=now)
    secret = service.sign_in(service.link_for_command(address, now=now), user_agent="", now=now)
    session = queries.live_session(secret, now=now)
    return Actor(organizer_id=session.organizer_id, session_id=session.id)


@pytest.fixture
def ada(app):
    return enter(ADA)


def add(by, device=None, name="Laptop", *, now=NOW):
    """Give somebody a passkey; return the device that holds it."""
    device = device or Authenticator()
    passkeys.add(SITE, device.create(passkeys.options_to_add(SITE, "Site", by=by, now=now)), name, by=by, now=now)
    return device


def question(kind=ChallengeKind.SIGN_IN, *, by=None, now=NOW):
    return passkeys.options_to_use(SITE, kind, by=by, now=now)


def sessions(db):
    return db.scalar(select(func.count()).select_from(SignInSession))


def test_passkey_is_added_and_signs_in(ada, db):
    device = add(ada)
    later = NOW + timedelta(days=3)

    secret = passkeys.sign_in(SITE, device.get(question(now=later)), HERE, now=later)

    session = queries.live_session(secret, now=later)
    (row,) = db.scalars(select(Passkey))
    assert session.organizer_id == ada.organizer_id
    assert rules.is_proved(session, now=later)
    assert (row.name, row.sign_count, row.created_at, row.last_used_at) == ("Laptop", 1, NOW, later)
    actions = [(entry.action, entry.subject) for entry in db.scalars(select(Entry).order_by(Entry.id))]
    assert actions == [("signed_in", "ada"), ("passkey.added", "Laptop"), ("signed_in", "ada")]
    told = db.scalars(select(Letter.ids).where(Letter.kind == "way_added")).all()
    assert told == [{"organizer": ada.organizer_id, "way": "passkey", "name": "Laptop"}]
    assert db.scalar(select(func.count()).select_from(PasskeyChallenge)) == 0


def test_question_says_what_the_authenticator_must_do(ada, db):
    first = add(ada)
    to_add = json.loads(passkeys.options_to_add(SITE, "Site", by=ada, now=NOW))
    to_use = json.loads(question())

    assert to_add["rp"] == {"id": "meetup.example.org", "name": "Site"}
    assert to_add["user"] == {"id": first.user_handle, "name": "ada@example.com", "displayName": "ada"}
    assert to_add["authenticatorSelection"]["residentKey"] == "required"
    assert to_add["authenticatorSelection"]["userVerification"] == "required"
    assert [key["id"] for key in to_add["excludeCredentials"]] == [b64(first.credential_id)]
    assert (to_use["rpId"], to_use["userVerification"], to_use["allowCredentials"]) == (
        "meetup.example.org",
        "required",
        [],
    )
    assert len(unb64(to_use["challenge"])) == 32
    assert "ada" not in unb64(first.user_handle).decode("latin-1")


def tampered(device, how):
    """Return the answer of a device that lies in one respect."""
    options = question(now=NOW - timedelta(minutes=5) if how == "too old" else NOW)
    if how == "another origin":
        device.origin = "https://meetup.example.org.evil.example"
    elif how == "another site's":
        device.host = "evil.example"
    elif how == "nobody verified":
        device.verifies_user = False
    elif how == "copied":
        device.sign_count = -1
    elif how == "another name":
        device.user_handle = b64(b"x" * 32)
    elif how == "without a name":
        device.user_handle = None
    elif how == "unknown":
        device.credential_id = bytes(32)
    elif how == "another key":
        device.key = Authenticator().key
    elif how == "made-up question":
        options = json.dumps({"challenge": b64(bytes(32))})
    elif how == "question of another kind":
        options = passkeys.options_to_use(SITE, ChallengeKind.PROVE, by=None, now=NOW)
    answer = device.get(options)
    if how == "altered":
        answer["response"]["authenticatorData"] = b64(unb64(answer["response"]["authenticatorData"])[:-1] + b"\xff")
    return answer


@pytest.mark.parametrize(
    "how",
    [
        "too old", "another origin", "another site's", "nobody verified", "copied", "another name", "without a name",
        "unknown", "another key", "made-up question", "question of another kind", "altered",
    ],
)  # fmt: skip
def test_answer_that_cannot_be_believed_signs_nobody_in(ada, db, how):
    device = add(ada)
    passkeys.sign_in(SITE, device.get(question()), HERE, now=NOW)
    before = sessions(db)

    with pytest.raises(BadInputError):
        passkeys.sign_in(SITE, tampered(device, how), HERE, now=NOW)

    assert sessions(db) == before
    assert db.scalars(select(Passkey.sign_count)).all() == [1]


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"response": None}, {"response": {"clientDataJSON": "!"}}, {"response": {"clientDataJSON": b64(b"[]")}},
        {"response": {"clientDataJSON": b64(b'{"challenge": 1}')}},
        {"response": {"clientDataJSON": b64(b"[" * 90_000)}},
        {"id": 1, "response": {"clientDataJSON": b64(b'{"challenge": "\xc3\xa9"}')}},
    ],
)  # fmt: skip
def test_answer_that_is_no_answer_is_refused(app, answer):
    with pytest.raises(BadInputError):
        passkeys.sign_in(SITE, answer, HERE, now=NOW)


def test_answer_counts_once(ada, db):
    device = add(ada)
    answer = device.get(question())
    passkeys.sign_in(SITE, answer, HERE, now=NOW)

    with pytest.raises(BadInputError):
        passkeys.sign_in(SITE, answer, HERE, now=NOW)

    assert sessions(db) == 2


def test_question_is_used_up_by_a_wrong_answer(ada, db):
    device, options = add(ada), question()
    device.verifies_user = False
    with pytest.raises(BadInputError):
        passkeys.sign_in(SITE, device.get(options), HERE, now=NOW)
    device.verifies_user = True

    with pytest.raises(BadInputError):
        passkeys.sign_in(SITE, device.get(options), HERE, now=NOW)

    assert sessions(db) == 1


def test_new_passkey_is_refused_without_verification_from_elsewhere_twice_or_for_another_browser(ada, db):
    known, bob = add(ada), enter(BOB)
    refused = {
        "unverified": Authenticator(verifies_user=False).create(passkeys.options_to_add(SITE, "Site", by=ada, now=NOW)),
        "elsewhere": Authenticator(origin="https://evil.example").create(
            passkeys.options_to_add(SITE, "Site", by=ada, now=NOW)
        ),
        "the same": known.create(passkeys.options_to_add(SITE, "Site", by=ada, now=NOW)),
        "another browser's": Authenticator().create(passkeys.options_to_add(SITE, "Site", by=bob, now=NOW)),
        "a sign-in": known.get(question()),
    }

    for answer in refused.values():
        with pytest.raises(BadInputError):
            passkeys.add(SITE, answer, "Phone", by=ada, now=NOW)

    assert db.scalars(select(Passkey.name)).all() == ["Laptop"]


def test_passkeys_have_an_end(ada, db):
    for number in range(rules.PASSKEYS_MAX):
        add(ada, name=f"Key {number}")

    with pytest.raises(BadInputError):
        add(ada, name="One more")

    assert len(queries.passkeys_of(ada.organizer_id)) == rules.PASSKEYS_MAX


def test_passkey_proves_who_sits_at_the_browser(ada, db):
    device, bob = add(ada), enter(BOB)
    others = add(bob)
    later = NOW + timedelta(hours=1)

    with pytest.raises(BadInputError):
        passkeys.prove(SITE, others.get(question(ChallengeKind.PROVE, by=ada, now=later)), by=ada, now=later)
    with pytest.raises(BadInputError):
        passkeys.prove(SITE, device.get(question(ChallengeKind.PROVE, by=bob, now=later)), by=ada, now=later)
    before = db.get(SignInSession, ada.session_id, populate_existing=True).proved_at
    # Told whom to look for, an authenticator may leave the name out.
    device.user_handle = None
    passkeys.prove(SITE, device.get(question(ChallengeKind.PROVE, by=ada, now=later)), by=ada, now=later)

    assert (before, db.get(SignInSession, ada.session_id, populate_existing=True).proved_at) == (NOW, later)


def test_passkey_is_renamed_and_removed_by_its_owner_alone(ada, db):
    device, bob = add(ada), enter(BOB)
    (row,) = queries.passkeys_of(ada.organizer_id)

    for refused in (
        lambda: passkeys.rename(row.id, "Bob's", by=bob, now=NOW),
        lambda: passkeys.remove(row.id, by=bob, now=NOW),
    ):
        with pytest.raises(NotFoundError):
            refused()
    passkeys.rename(row.id, "Phone", by=ada, now=NOW)
    renamed = db.scalars(select(Passkey.name)).all()
    passkeys.remove(row.id, by=ada, now=NOW)
    with pytest.raises(NotFoundError):
        passkeys.remove(row.id, by=ada, now=NOW)
    with pytest.raises(BadInputError):
        passkeys.sign_in(SITE, device.get(question()), HERE, now=NOW)

    entries = db.scalars(select(Entry).where(Entry.action.startswith("passkey.")).order_by(Entry.id))
    assert renamed == ["Phone"]
    assert [(entry.action, entry.subject, entry.changes) for entry in entries] == [
        ("passkey.added", "Laptop", {}),
        ("passkey.renamed", "Phone", {"name": ["Laptop", "Phone"]}),
        ("passkey.removed", "Phone", {}),
    ]


def test_passkey_of_a_removed_organizer_opens_nothing_even_when_added_again(ada, db):
    device = add(ada)
    options = question()
    remove(ADA.email)
    with pytest.raises(BadInputError):
        passkeys.sign_in(SITE, device.get(options), HERE, now=NOW)
    service.add_organizer(ADA, now=NOW)

    with pytest.raises(BadInputError):
        passkeys.sign_in(SITE, device.get(question()), HERE, now=NOW)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("public_url", "host"),
    [
        ("https://meetup.example.org", "meetup.example.org"),
        ("https://meetup.example.org:8443", "meetup.example.org"),
        ("http://localhost:8000", "localhost"),
        ("http://juhui.localhost", "juhui.localhost"),
        ("http://127.0.0.1:8000", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
        ("http://meetup.example.org", None),
    ],
)
def test_passkeys_need_a_name_and_a_guarded_connection(app, public_url, host):
    if host is None:
        with pytest.raises(RefusedError):
            passkeys.Site(public_url)
    else:
        assert passkeys.Site(public_url).host == host
