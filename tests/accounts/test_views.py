"""Signing in as a person does it: the form, the letter, the link, the button."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import service
from app.accounts.models import SignInSession
from app.core import jobs
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.mail.models import Letter, LetterState
from tests.support.organizers import ADA, signed_in

ASK = "/organizer/sign-in"


@pytest.fixture
def ada(app):
    address = normalise(ADA)
    service.add_organizer(address, name="Ada", now=utc_now())
    return address


def cookie_of(response):
    return response.headers.get("Set-Cookie", "")


def test_sign_in_by_letter_leads_back_to_the_page_one_wanted(app, client, ada, db, tmp_path):
    wanted = client.get("/organizer/?when=past&lang=en")
    asked = client.post(ASK + "?lang=en", data={"email": "ADA@example.com", "next": "/organizer/?when=past"})
    jobs.run_all(app)
    (letter,) = (tmp_path / "instance" / "mail").glob("*.eml")
    address = (
        re.search(r"http://\S+/organizer/sign-in/\S+", plain_text(letter)).group().removeprefix("http://127.0.0.1:8000")
    )
    opened = client.get(address)
    entered = client.post(address.split("?")[0], data={"next": "/organizer/?when=past"})

    assert (wanted.status_code, wanted.location) == (
        303,
        "/organizer/sign-in?next=/organizer/?when%3Dpast%26lang%3Den&lang=en",
    )
    assert (asked.status_code, opened.status_code) == (303, 200)
    assert (entered.status_code, entered.location) == (303, "/organizer/?when=past")
    assert client.get("/organizer/?lang=en").status_code == 200


def plain_text(path):
    from email import message_from_bytes, policy

    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    return message.get_body(("plain",)).get_content()


def test_sign_in_answers_the_same_for_known_and_unknown(client, ada, db):
    known = client.post(ASK, data={"email": ADA})
    unknown = client.post(ASK, data={"email": "bob@example.com"})

    assert (known.status_code, known.location, known.text) == (unknown.status_code, unknown.location, unknown.text)
    assert client.get(known.location).status_code == 200
    assert db.scalars(select(Letter.to_email)).all() == [ADA]


def test_sign_in_form_shows_what_is_wrong_and_keeps_the_text(client):
    response = client.post(ASK + "?lang=en", data={"email": "ada at example"})

    assert response.status_code == 422
    assert 'value="ada at example"' in response.text
    assert response.text.count("Please write one e-mail address") == 2


def test_opening_the_link_signs_nobody_in(client, ada, db):
    address = f"{ASK}/{service.link_for_command(ada, now=utc_now())}"

    opened = [client.get(address), client.get(address), client.head(address)]

    assert [(response.status_code, cookie_of(response)) for response in opened] == [(200, "")] * 3
    assert db.scalar(select(func.count()).select_from(SignInSession)) == 0


def test_cookie_is_for_the_organizers_pages_alone(client, ada):
    response = client.post(f"{ASK}/{service.link_for_command(ada, now=utc_now())}")

    assert re.sub("juhui_session=[^;]{43};|Expires=[^;]*; ", "", cookie_of(response)) == (
        " Max-Age=2592000; HttpOnly; Path=/organizer; SameSite=Lax"
    )


def test_cookie_is_secure_where_the_site_is(make_app, engine_url):
    app = make_app(PUBLIC_URL="https://meetup.example.org")
    with app.app_context():
        address = normalise(ADA)
        service.add_organizer(address, now=utc_now())

        response = app.test_client().post(f"{ASK}/{service.link_for_command(address, now=utc_now())}")

        assert "; Secure;" in cookie_of(response)


@pytest.mark.parametrize(("how", "status"), [("used", 410), ("expired", 410), ("unknown", 404)])
def test_link_that_does_not_hold_says_so(client, ada, how, status):
    now = utc_now() - (timedelta(hours=2) if how == "expired" else timedelta())
    token = "2345678923" + "A" * 22 if how == "unknown" else service.link_for_command(ada, now=now)
    if how == "used":
        client.post(f"{ASK}/{token}")
        client.post("/organizer/sign-out")

    opened, pressed = client.get(f"{ASK}/{token}?lang=en"), client.post(f"{ASK}/{token}?lang=en")

    assert (opened.status_code, pressed.status_code) == (status, 410)
    assert "This link no longer works" in opened.text
    assert "This link no longer works" in pressed.text
    assert cookie_of(pressed) == ""


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example/organizer/",
        "/\\evil.example",
        "/organizer/\\evil",
        "/",
        "/organizer/sign-out",
        "/organizer/\n",
    ],
)
def test_sign_in_leads_nowhere_else(client, ada, onward):
    response = client.post(f"{ASK}/{service.link_for_command(ada, now=utc_now())}", data={"next": onward})

    assert response.location == "/organizer/"


def test_sign_out_ends_the_session_for_every_copy_of_the_cookie(app):
    browser = signed_in(app)
    copy = app.test_client()
    copy.set_cookie("juhui_session", browser.get_cookie("juhui_session", path="/organizer").value, path="/organizer")
    before = copy.get("/organizer/").status_code

    response = browser.post("/organizer/sign-out")

    assert (before, response.status_code, response.location) == (200, 303, "/organizer/sign-in")
    assert "juhui_session=;" in cookie_of(response)
    assert copy.get("/organizer/").status_code == 303


def test_signed_in_browser_needs_no_second_link(app):
    assert signed_in(app).get(ASK).location == "/organizer/"


def test_sign_in_is_limited_by_network_address(make_app):
    app = make_app(SIGN_IN_RATE="2 per minute")
    client = app.test_client()

    answers = [client.post(ASK, data={"email": "bob@example.com"}).status_code for _ in range(3)]

    assert answers == [303, 303, 429]


def test_letter_is_not_sent_once_its_link_is_used(app, client, ada, db):
    client.post(ASK, data={"email": ADA})
    from app.accounts.models import SignInLink
    from app.accounts.rules import token_of

    service.sign_in(token_of(db.scalars(select(SignInLink)).one()), user_agent="", now=utc_now())

    jobs.run_all(app)

    db.expire_all()
    assert db.scalars(select(Letter.state)).all() == [LetterState.STOPPED]
