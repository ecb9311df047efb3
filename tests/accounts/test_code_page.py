"""Signing in by the code, as a person does it: in the browser that asked, or in another one."""

import re
from email import message_from_bytes, policy
from html import unescape

import pytest
from sqlalchemy import func, select

from app.accounts import service
from app.accounts.models import SignInLink, SignInSession
from app.accounts.rules import typed_code_of
from app.core import jobs
from app.core.addresses import normalise
from app.core.clock import utc_now
from tests.support.organizers import ADA, signed_in

ASK, CODE = "/organizer/sign-in", "/organizer/sign-in/code"


@pytest.fixture
def ada(app):
    address = normalise(ADA)
    service.add_organizer(address, name="Ada", now=utc_now())
    return address


@pytest.fixture
def letter(app, tmp_path):
    """Send what is due and read the letter's parts, as text."""

    def read():
        jobs.run_all(app)
        (file,) = (tmp_path / "instance" / "mail").glob("*.eml")
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        return {kind: message.get_body((kind,)).get_content() for kind in ("plain", "html")}

    return read


def code_in(text):
    return re.search(r"\b\d{3} \d{3}\b", text).group()


def test_code_from_the_letter_signs_in_where_it_was_asked_for(client, ada, letter):
    asked = client.post(f"{ASK}?lang=en", data={"email": "Ada@Example.com", "next": "/organizer/?when=past"})
    page = client.get(f"{asked.location}&lang=en")
    parts = letter()
    entered = client.post(
        CODE, data={"email": "Ada@Example.com", "code": code_in(parts["plain"]), "next": "/organizer/?when=past"}
    )

    assert (asked.status_code, asked.location) == (303, f"{CODE}?next=/organizer/?when%3Dpast&lang=en")
    assert "Sent to Ada@Example.com" in page.text
    assert '<input type="hidden" id="email" name="email" value="Ada@Example.com">' in page.text
    assert code_in(parts["plain"]) == code_in(parts["html"])
    assert (entered.status_code, entered.location) == (303, "/organizer/?when=past")
    assert client.get("/organizer/").status_code == 200


@pytest.mark.parametrize("form", ["{}{}", "{} {}", " {}-{} ", "{}\u3000{}"])
def test_code_is_taken_as_people_type_it_in_another_browser(app, ada, db, form):
    app.test_client().post(ASK, data={"email": ADA})
    code = typed_code_of(db.scalars(select(SignInLink)).one())
    wide = str.maketrans("0123456789", "０１２３４５６７８９") if "\u3000" in form else {}
    other = app.test_client()
    page = other.get(f"{CODE}?lang=en")

    entered = other.post(CODE, data={"email": ADA, "code": form.format(code[:3], code[3:]).translate(wide)})

    assert 'type="email"' in page.text
    assert (entered.status_code, entered.location) == (303, "/organizer/")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"email": ADA, "code": "12345"}, "Please type the six digits from the e-mail."),
        ({"email": ADA, "code": ""}, "Please type the six digits from the e-mail."),
        ({"email": ADA, "code": "12345x"}, "Please type the six digits from the e-mail."),
        ({"email": ADA, "code": "٣٣٣٣٣٣"}, "Please type the six digits from the e-mail."),
        ({"email": "nobody", "code": "123456"}, "Please write one e-mail address"),
        ({"email": ADA, "code": "000000"}, "This code is wrong, has been used, or is too old."),
        ({"email": "bob@example.com", "code": "000000"}, "This code is wrong, has been used, or is too old."),
    ],
)
def test_code_that_cannot_be_taken_is_shown_again_with_what_is_wrong(client, ada, db, data, sentence):
    response = client.post(f"{CODE}?lang=en", data=data)

    assert response.status_code == 422
    assert response.text.count(sentence) == 2  # beside the field, and above
    assert f'value="{data["email"]}"' in response.text
    assert "Set-Cookie" not in response.headers
    assert db.scalar(select(func.count()).select_from(SignInSession)) == 0


def test_known_and_unknown_addresses_get_the_same_page(client, ada):
    pages = []
    for email in (ADA, "bob@example.com"):
        client.post(ASK, data={"email": email})
        asked = client.get(f"{CODE}?lang=en").text
        wrong = client.post(f"{CODE}?lang=en", data={"email": email, "code": "000000"})
        pages.append((asked.replace(email, "…"), wrong.status_code, wrong.text.replace(email, "…")))

    assert pages[0] == pages[1]


def test_hundred_guesses_from_one_browser_end_at_the_limit(make_app, engine_url):
    app = make_app(SIGN_IN_RATE="10 per minute")
    browser = app.test_client()

    answers = [browser.post(CODE, data={"email": ADA, "code": f"{guess:06}"}).status_code for guess in range(100)]

    assert answers == [422] * 10 + [429] * 90


def test_signed_in_browser_is_not_asked_for_a_code(app):
    assert signed_in(app).get(CODE).location == "/organizer/"


def test_device_cookie_stays_the_same_through_sign_ins(app, ada):
    browser = app.test_client()

    def device():
        browser.post(f"{ASK}/{service.link_for_command(ada, now=utc_now())}")
        return browser.get_cookie("juhui_device", path="/organizer").value

    first = device()
    browser.post("/organizer/sign-out")
    second = device()
    browser.set_cookie("juhui_device", "made up", path="/organizer")
    third = device()

    assert first == second
    assert (len(first), len(third)) == (43, 43)
    assert third not in {first, "made up"}


@pytest.mark.parametrize("email", ["o'hara+meet=up%41&b@example.com", "ada@例子.cn"])
def test_address_comes_back_from_its_cookie_as_it_was_typed(client, email):
    client.post(ASK, data={"email": email})

    page = unescape(client.get(f"{CODE}?lang=en").text)

    assert f"Sent to {email}" in page


def test_sign_in_page_shows_the_first_owner_the_way_until_there_is_one(app, client):
    command = "flask --app wsgi add-organizer you@example.org"
    before = client.get(f"{ASK}?lang=en").text
    service.add_organizer(normalise("eve@example.com"), role=None, now=utc_now())
    still = client.get(f"{ASK}?lang=en").text
    service.add_organizer(normalise(ADA), now=utc_now())
    with_owner = client.get(f"{ASK}?lang=en").text

    assert [command in page for page in (before, still, with_owner)] == [True, True, False]
