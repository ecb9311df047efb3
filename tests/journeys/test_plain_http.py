"""Over plain http under a name of its own, as in a local network, and on older phones: a browser then sends no Fetch
Metadata, and our forms are known by their Origin."""

import pytest
from playwright.sync_api import expect

from app.accounts.service import add_organizer, link_for_command
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.registrations.rules import token_of
from tests.support.factories import sign_up_as, states

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


def test_one_s_own_page_and_the_sign_in_take_their_forms(make_event, make_server, page_at):
    event = make_event()
    own_path = f"/r/{token_of(sign_up_as(event, 'ada'))}"
    address = normalise("olga@example.com")
    add_organizer(address, now=utc_now())
    sign_in_path = f"/organizer/sign-in/{link_for_command(address, now=utc_now())}"

    with make_server() as server:
        page = page_at(1280, locale="en-GB", base_url=f"http://plain.test:{server.port}")
        page.goto(own_path)
        page.get_by_role("button", name="Give my place back").click()
        expect(page.locator("main")).to_contain_text("You no longer have a place at this event.")
        page.goto(sign_in_path)
        page.locator("main button[type=submit]").click()
        expect(page).to_have_url(f"http://plain.test:{server.port}/organizer/")

    assert states(event) == {"ada": "cancelled"}
