"""Signing in with an OpenID Connect provider: a real one in a process of its own, and those that lie."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey, RSAKey
from sqlalchemy import func, select

from app.accounts import identities, oidc, rules, service
from app.accounts.models import Identity, SignInSession
from app.accounts.oidc import Attempt, Person, Provider, ProviderError
from app.accounts.sessions import Browser
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.errors import RefusedError
from app.history.models import Entry
from tests.support.authenticator import b64
from tests.support.organizers import ADA, remove
from tests.support.provider import FalseProvider, ProviderProcess

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
START = "/organizer/sign-in/oidc"
PEOPLE = {
    "ada-1": {"email": "Ada@Example.com", "email_verified": True},
    "unverified-1": {"email": "ada@example.com", "email_verified": False},
    "unsaid-1": {"email": "ada@example.com"},
    "stranger-1": {"email": "bob@example.com", "email_verified": True},
    "nobody-1": {"email_verified": True},
}


@pytest.fixture(scope="module")
def provider():
    with ProviderProcess(PEOPLE) as running:
        yield running


@pytest.fixture
def settings(provider):
    return {
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": "juhui",
        "OIDC_CLIENT_SECRET": "secret",
        "OIDC_NAME": "Kube ID",
        "SIGN_IN_RATE": "1000 per minute",
    }


@pytest.fixture
def ada(app):
    service.add_organizer(normalise(ADA), name="Ada", now=utc_now())


def sessions(db):
    return db.scalar(select(func.count()).select_from(SignInSession))


def through(client, provider, subject, onward="/organizer/?when=past"):
    """Go to the provider, say who one is, and come back; return the last answer."""
    there = client.get(START, query_string={"next": onward})
    back = urlsplit(provider.agree(there.location, subject))
    return client.get(f"{back.path}?{back.query}&lang=en")


def test_provider_lets_an_organizer_in_and_is_remembered(client, provider, ada, db):
    button = client.get("/organizer/sign-in?next=/organizer/?when%3Dpast&lang=en").text
    first = through(client, provider, "ada-1")
    inside = client.get("/organizer/").status_code
    client.post("/organizer/sign-out")
    second = through(client, provider, "ada-1", onward="")

    assert "Sign in with Kube ID" in button
    assert "/organizer/sign-in/oidc?next=/organizer/?when%3Dpast" in button
    assert (first.status_code, first.location, inside) == (303, "/organizer/?when=past", 200)
    assert (second.status_code, second.location) == (303, "/organizer/?lang=en")
    (identity,) = db.scalars(select(Identity))
    assert (identity.issuer, identity.subject) == (provider.issuer, "ada-1")
    assert [(entry.action, entry.subject) for entry in db.scalars(select(Entry).order_by(Entry.id))] == [
        ("identity.linked", provider.issuer),
        ("signed_in", "Ada"),
        ("signed_out", ""),
        ("signed_in", "Ada"),
    ]


def test_provider_is_asked_with_pkce_state_and_nonce(client, provider):
    there = client.get(START)

    asked = {name: values[0] for name, values in parse_qs(urlsplit(there.location).query).items()}
    assert there.location.startswith(f"{provider.issuer}/oauth2/authorize?")
    assert {name: asked[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
        "response_type": "code",
        "client_id": "juhui",
        "redirect_uri": "http://127.0.0.1:8000/organizer/sign-in/oidc/callback",
        "scope": "openid email",
    }
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert "HttpOnly; Path=/organizer/sign-in/oidc; SameSite=Lax" in there.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        ("stranger-1", "belongs to no organizer of this site"),
        ("unverified-1", "has no verified e-mail address"),
        ("unsaid-1", "has no verified e-mail address"),
        ("nobody-1", "has no verified e-mail address"),
        (None, "Kube ID did not sign you in."),
    ],
)
def test_provider_lets_in_nobody_else(client, provider, ada, db, subject, sentence):
    response = through(client, provider, subject)

    assert response.status_code == 403
    assert sentence in response.text
    assert "juhui_session" not in response.headers["Set-Cookie"]
    assert sessions(db) == 0
    assert db.scalars(select(Identity)).all() == []


@pytest.mark.parametrize("how", ["another state", "no state", "another browser", "twice", "no code", "made-up code"])
def test_way_back_that_is_not_the_way_there_is_refused(app, client, provider, ada, db, how):
    there = client.get(START)
    back = urlsplit(provider.agree(there.location, "ada-1"))
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    browser, before = client, 0
    if how == "another state":
        query["state"] = parse_qs(urlsplit(app.test_client().get(START).location).query)["state"][0]
    elif how == "no state":
        del query["state"]
    elif how == "another browser":
        browser = app.test_client()
        browser.get(START)
    elif how == "twice":
        cookie = client.get_cookie("juhui_oidc", path=START).value
        client.get(back.path, query_string=query)
        client.set_cookie("juhui_oidc", cookie, path=START)
        client.delete_cookie("juhui_session", path="/organizer")
        before = 1
    elif how == "no code":
        del query["code"]
    else:
        query["code"] = "made up"

    response = browser.get(back.path, query_string=query)

    assert response.status_code == (503 if how in {"twice", "made-up code"} else 403)
    assert sessions(db) == before
    assert browser.get("/organizer/").status_code == 303


def test_attempt_is_over_after_ten_minutes(app):
    attempt = Attempt.begin("/organizer/", now=NOW)

    def resumed(minutes, cookie=attempt.cookie):
        return Attempt.resume(cookie, attempt.state, now=NOW + timedelta(minutes=minutes))

    assert (resumed(10), resumed(10.1), resumed(-1)) == (attempt, None, None)
    assert resumed(1, cookie=attempt.cookie + "x") is None
    assert Attempt.resume("", "", now=NOW) is None
    assert len(attempt.verifier) >= 43


def test_removed_organizer_is_not_let_in_by_a_remembered_identity(client, provider, ada, db):
    through(client, provider, "ada-1")
    remove(ADA)
    removed = through(client, provider, "ada-1")

    assert removed.status_code == 403
    assert client.get("/organizer/").status_code == 303


def test_identity_stays_one_person_s_when_the_address_there_changes(app, ada, db):
    browser = Browser("")
    identities.sign_in("https://id.example", Person("ada-1", ADA, is_verified=True), browser, now=NOW)

    identities.sign_in("https://id.example", Person("ada-1", "new@example.com", is_verified=False), browser, now=NOW)
    with pytest.raises(RefusedError):
        identities.sign_in("https://other.example", Person("ada-1", "", is_verified=True), browser, now=NOW)

    assert sessions(db) == 2


def test_sign_in_by_a_provider_is_no_proof(app, ada, db):
    identities.sign_in("https://id.example", Person("ada-1", ADA, is_verified=True), Browser(""), now=NOW)

    assert not rules.is_proved(db.scalars(select(SignInSession)).one(), now=NOW)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_without_a_provider_there_is_no_way_to_one(make_app):
    client = make_app().test_client()

    assert (client.get(START).status_code, client.get(f"{START}/callback").status_code) == (404, 404)
    assert START not in client.get("/organizer/sign-in").text


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_provider_that_is_away_is_named_and_the_letter_still_works(make_app):
    with ProviderProcess(PEOPLE) as leaving:
        app = make_app(OIDC_ISSUER=leaving.issuer, OIDC_CLIENT_ID="juhui", OIDC_NAME="Kube ID")
        client = app.test_client()
        there = client.get(START)
        back = urlsplit(leaving.agree(there.location, "ada-1"))
    answers = [client.get(f"{back.path}?{back.query}&lang=en"), client.get(f"{START}?lang=en")]

    for answer in answers:
        assert answer.status_code == 503
        assert "Kube ID does not answer as it should right now." in answer.text
        assert 'name="email"' in answer.text


DISCOVERY = {"authorization_endpoint": "http://127.0.0.1:9/a", "token_endpoint": "http://127.0.0.1:9/t"}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "answer",
    [
        (200, "not JSON"), (200, "[]"), (200, "{}"), (500, "{}"), (302, "{}"), None,
        (200, json.dumps(DISCOVERY | {"issuer": "https://evil.example"})),
        (200, json.dumps({"issuer": "SELF"})),
        (200, json.dumps({"issuer": "SELF", "authorization_endpoint": "javascript:alert(1)"})),
    ],
)  # fmt: skip
def test_provider_that_says_nonsense_or_nothing_is_not_believed(app, answer):
    with FalseProvider() as liar:
        liar.answers[liar.discovery] = answer and (answer[0], answer[1].replace("SELF", liar.issuer))
        asked = Provider(liar.issuer, "juhui", "", "http://127.0.0.1:8000/x", timeout=0.3)

        with pytest.raises(ProviderError):
            oidc.address_to_ask(asked, Attempt.begin("", now=NOW))


KEY, OTHER_KEY = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
KEYS = KeySet([KEY]).as_dict(private=False)
ISSUER = Provider("https://id.example", "juhui", "secret", "https://meetup.example.org/x")
CLAIMS = {
    "iss": "https://id.example",
    "aud": "juhui",
    "sub": "ada-1",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 300,
    "nonce": "n",
    "email": ADA,
}


def token(header=None, key=KEY, algorithms=("RS256",), **changed):
    claims = {name: value for name, value in (CLAIMS | changed).items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "1"} | (header or {}), claims, key, algorithms=list(algorithms))


@pytest.mark.parametrize("audience", ["juhui", ["juhui"]])
def test_id_token_that_is_in_order_is_believed(audience):
    claims = oidc.believed(token(aud=audience), KEYS, ISSUER, nonce="n", now=NOW)

    assert (claims["sub"], claims["email"]) == ("ada-1", ADA)


@pytest.mark.parametrize(
    "false",
    [
        {"iss": "https://evil.example"}, {"iss": None},
        {"aud": "another-site"}, {"aud": None}, {"aud": ["another-site"]}, {"aud": ["juhui", "another-site"]},
        {"azp": "another-site"},
        {"exp": int(NOW.timestamp()) - 61}, {"exp": None},
        {"iat": int(NOW.timestamp()) + 3600}, {"iat": None},
        {"nonce": "another"}, {"nonce": None},
        {"sub": None},
        {"key": OTHER_KEY},
        {"header": {"alg": "HS256"}, "key": OctKey.import_key("secret" * 8), "algorithms": ("HS256",)},
    ],
)  # fmt: skip
def test_id_token_that_is_not_in_order_is_not_believed(false):
    made = token(**false)

    with pytest.raises((JoseError, ValueError)):
        oidc.believed(made, KEYS, ISSUER, nonce="n", now=NOW)


def test_id_token_without_a_signature_is_not_believed():
    header, payload, _signature = token().split(".")
    unsigned = b64(b'{"alg": "none", "typ": "JWT"}')

    for made in (f"{header}.{payload}.", f"{unsigned}.{payload}.", f"{unsigned}.{payload}.AAAA"):
        with pytest.raises((JoseError, ValueError)):
            oidc.believed(made, KEYS, ISSUER, nonce="n", now=NOW)
