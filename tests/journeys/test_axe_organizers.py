"""Every page for organizers under axe-core, in both languages and both themes, and on the narrowest phone.

The pages are those of tests/support/rights.py: whoever adds an address has its page looked at here.
"""

import pytest

from app.accounts import service
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import EventState
from app.events.service import apply_changes
from tests.journeys.test_axe import DARK
from tests.registrations.samples import everything
from tests.support.factories import LONG_AGO, sign_up_as
from tests.support.rights import pages_of
from tests.support.world import World

NARROWEST = 320
PICTURES = {"invitations.picture", "numbers.chart", "partner_links.picture"}
LOCALES = ("zh-CN", "en-GB")
# So that the workers share them.
PARTS = 2

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(app, make_event):
    """An event with whatever its pages can show, and others in another state."""
    world = World(app, make_event("meetup", capacity=2, questions=everything()))
    assert all((world.failed_letter_id, world.member_id, world.session_id, world.question_id, world.invitation_id))
    with transaction():
        apply_changes(world.event, {"needs_approval": True}, now=utc_now())
    sign_up_as(world.event, "pending")
    make_event("draft", state=EventState.DRAFT)
    make_event("cancelled", state=EventState.CANCELLED)
    make_event("past", starts_at=LONG_AGO)
    return world


def states_of(world):
    """Return pages that look otherwise for events in another state, or when nothing is found."""
    base = "/organizer/events"
    return {
        "a draft": f"{base}/draft",
        "a draft to publish": f"{base}/draft/publication",
        "a draft to delete": f"{base}/draft/deletion",
        "a draft without an agenda": f"{base}/draft/agenda",
        "an event that is cancelled": f"{base}/cancelled",
        "to take a cancellation back": f"{base}/cancelled/cancellation",
        "an event that is over": f"{base}/past",
        "a list in which nobody fits": f"{base}/meetup/attendees?q=nobody",
        "nothing found": "/organizer/search?q=nothing-of-the-kind",
        "no such event": f"{base}/none",
    }


class Looking:
    """A page that is looked at in one language, and what was found."""

    def __init__(self, page, axe, locale):
        """Begin with nothing found."""
        self.page, self.axe, self.locale = page, axe, locale
        self.found = {}

    def look(self, name):
        """Ask axe in both themes, and whether the page scrolls sideways."""
        page, lines = self.page, self.axe(self.page)
        # The themes differ in their colours alone; axe is still on the page.
        page.emulate_media(color_scheme="dark")
        lines += [f"dark: {line}" for line in page.evaluate(DARK)]
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROWEST:
            lines.append(f"scrolls sideways: {width}")
        page.set_viewport_size({"width": 375, "height": 800})
        if lines:
            self.found[f"{name} ({self.locale})"] = lines

    def visit(self, name, path):
        """Open a page and look at it."""
        self.page.goto(path)
        self.look(name)

    def press(self, selector):
        """Press a button that leads to another page."""
        with self.page.expect_navigation():
            self.page.locator(selector).last.click()


def enter(page):
    address = normalise("ada@example.com")
    service.add_organizer(address, name="Ada", now=utc_now())
    page.goto(f"/organizer/sign-in/{service.link_for_command(address, now=utc_now())}")
    with page.expect_navigation():
        page.locator("main button").click()


def look_at_answers(looking, world):
    """Look at what is answered to a form: mistakes, a clash, the end of the session."""
    page = looking.page
    page.goto("/organizer/events/meetup/sign-up/questions/new")
    looking.press("#question > p button")
    assert page.get_by_role("alert").is_visible()
    looking.look("a form with mistakes")
    page.goto("/organizer/events/meetup/details")
    page.locator("#title-en").fill("Mine")
    with transaction():
        apply_changes(world.event, {"title": Texts(en=f"Theirs, {looking.locale}")}, now=utc_now())
    looking.press(".save-bar button")
    assert page.locator(".clashes").is_visible()
    looking.look("two who saved the same field")
    page.context.clear_cookies()
    looking.press(".save-bar button")
    assert page.locator("ol.steps").is_visible()
    looking.look("a session that ended")


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("locale", LOCALES)
def test_axe_finds_nothing_on_any_page_for_organizers(world, make_server, page_at, axe, locale, part):
    pages = {name: path for name, path in pages_of(world).items() if name not in PICTURES} | states_of(world)

    with make_server() as server:
        looking = Looking(page_at(375, locale=locale, base_url=server.base_url), axe, locale)
        enter(looking.page)
        for name, path in list(pages.items())[part::PARTS]:
            looking.visit(name, path)
        if part == 0:
            look_at_answers(looking, world)

    assert looking.found == {}
