"""Signing in with what a real browser has: the code from the letter, a passkey, and a proof in between."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from app.accounts import service
from app.accounts.models import SignInSession
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from tests.journeys.test_axe import DARK

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
ADA = normalise("ada@example.com")


@pytest.fixture
def named_site(app, make_event, make_server, smtp_server):
    """The site under a name, as passkeys need it, with an organizer and an event."""
    service.add_organizer(ADA, name="Ada", language="en", now=utc_now())
    make_event("meetup")
    return make_server(
        name="localhost",
        DUTIES="thread",
        DUTY_PAUSE="0.1",
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=str(smtp_server.port),
        MAIL_SECURITY="none",
        SIGN_IN_RATE="1000 per minute",
    )


@pytest.fixture
def looks(axe):
    """Look at a page as it is: axe in both themes, nothing that scrolls sideways."""

    def look(page, width):
        assert axe(page) == [], page.url
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(DARK) == [], page.url
        page.emulate_media(color_scheme="light")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    return look


def give_authenticator(page):
    """Put a device with a fingerprint reader into the browser, with a finger on it."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp, added["authenticatorId"]


def code_in(letter):
    return re.search(r"\b\d{3} \d{3}\b", letter.text_plain[0]).group()


@pytest.mark.parametrize(("width", "locale"), [(375, "zh-CN"), (1280, "en-GB")])
def test_code_then_passkey_then_proof(named_site, page_at, letter, looks, width, locale):
    page = page_at(width, locale=locale, base_url=named_site.base_url)
    cdp, device = give_authenticator(page)

    # By the code from the letter.
    page.goto("/organizer/sign-in?next=/organizer/account/")
    looks(page, width)
    page.locator("#email").fill("ada@example.com")
    page.locator("form.card button").click()
    expect(page.locator("#code")).to_be_visible()
    looks(page, width)
    page.locator("#code").fill("12")
    page.locator("form.card button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    looks(page, width)
    page.locator("#code").fill(code_in(letter(1)))
    page.locator("form.card button").click()
    expect(page).to_have_url(re.compile("/organizer/account/"))

    # A passkey is made.
    form = page.locator('[data-passkey="create"]')
    expect(form).to_be_visible()
    expect(page.locator("[data-no-passkeys]")).to_be_hidden()
    looks(page, width)
    form.locator("#name").fill("My laptop")
    form.locator("button").click()
    expect(page.locator(".keys").first).to_contain_text("My laptop")
    looks(page, width)
    (credential,) = cdp.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert (credential["rpId"], credential["isResidentCredential"]) == ("localhost", True)

    # It signs in.
    page.locator("form.sign-out button").click()
    button = page.locator('[data-passkey="get"] button')
    button.click()
    expect(page).to_have_url(re.compile("/organizer/$|/organizer/\\?"))

    # It proves who one is, before the list is given out.
    forget_proofs()
    page.goto("/organizer/events/meetup/attendees")
    page.locator(".downloads a").nth(1).click()
    expect(page).to_have_url(re.compile("/organizer/proof"))
    looks(page, width)
    page.locator('[data-passkey="get"] button').click()
    expect(page.locator("main a.button")).to_be_visible()
    looks(page, width)
    with page.expect_download() as download:
        page.locator("main a.button").click()
    assert download.value.suggested_filename == "meetup-attendees.csv"

    # Without a finger on it, the page says what else there is.
    page.goto("/organizer/account/")
    page.locator("form.sign-out button").click()
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    button.click()
    expect(page.locator("[data-problem]")).to_be_visible()
    looks(page, width)


def forget_proofs():
    with transaction() as session:
        session.execute(update(SignInSession).values(proved_at=utc_now() - timedelta(hours=1)))


def test_without_javascript_the_letter_does_it_all(named_site, page_at, letter, looks):
    page = page_at(375, javascript=False, base_url=named_site.base_url)

    page.goto("/organizer/sign-in?next=/organizer/events/meetup/attendees")
    expect(page.locator("[data-passkey]")).to_be_hidden()
    page.locator("#email").fill("ada@example.com")
    page.locator("form.card button").click()
    page.locator("#code").fill(code_in(letter(1)).replace(" ", ""))
    page.locator("form.card button").click()
    forget_proofs()
    page.locator(".downloads a").nth(1).click()
    page.locator("main form button").click()
    page.locator("#code").fill(code_in(letter(2)))
    page.locator("form.card button").click()
    with page.expect_download() as download:
        page.locator("main a.button").click()
    assert download.value.suggested_filename == "meetup-attendees.csv"
    page.goto("/organizer/account/")
    expect(page.locator("[data-no-passkeys]")).to_be_visible()


def test_form_typed_while_the_session_ended_is_sent_after_all(named_site, page_at, letter, looks):
    page = page_at(375, locale="zh-CN", base_url=named_site.base_url)
    page.goto(f"/organizer/sign-in/{service.link_for_command(ADA, now=utc_now())}?next=/organizer/account/")
    page.locator("main button").click()
    give_authenticator(page)
    page.goto("/organizer/account/")
    page.locator("#name").fill("手机 & <laptop>")
    page.locator('[data-passkey="create"] button').click()
    page.locator(".key-changes details").first.locator("summary").click()
    field = page.locator(".key-changes input").first
    field.fill("新名字 & <b>")
    with transaction() as session:
        session.execute(update(SignInSession).values(revoked_at=utc_now()))

    page.locator(".key-changes form button").first.click()
    looks(page, 375)
    with page.context.expect_page() as opened:
        page.locator("main ol a").click()
    tab = opened.value
    tab.goto(f"/organizer/sign-in/{service.link_for_command(ADA, now=utc_now())}")
    tab.locator("main button").click()
    page.locator("main form button").click()

    expect(page.locator(".keys").first).to_contain_text("新名字 & <b>")
