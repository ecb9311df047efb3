"""The overview of one event: where it stands, its numbers, what is missing, and what can be done by whom."""

import re
from datetime import timedelta

import pytest

from app.accounts.models import Role
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events import life
from app.events.models import EventState, Mode
from app.history.service import THE_SITE
from tests.support.factories import sign_up_as, soon
from tests.support.organizers import signed_in

DAY = timedelta(days=1)


def overview(app, slug, *, role=None):
    if role is not None:
        add_organizer(normalise("eve@example.com"), role=role, now=utc_now())
    browser = signed_in(app, "eve@example.com") if role else signed_in(app)
    return browser.get(f"/organizer/events/{slug}?lang=en").text


def stands(page):
    return re.search(r'<h2 id="state">([^<]*)', page)[1]


def buttons(page):
    main = page.partition('<div class="wrap page-top managed-event">')[2]
    return re.findall(r'<a class="button[^"]*" href="[^"]*">([^<]*)', main)


def figures(page):
    return dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))


def checks(page):
    return {
        label.strip(): state
        for state, label in re.findall(
            r'<li class="is-(done|open|blocking)">\s*<span class="[^"]*">[^<]*</span>\s*(?:<a [^>]*>)?([^<]*)', page
        )
    }


def test_draft_shows_what_is_missing_and_how_to_go_on(app, make_event):
    make_event("draft", state=EventState.DRAFT, title=Texts(zh="草稿"), summary=Texts(zh="简介"))

    page = overview(app, "draft")

    assert stands(page) == "Draft"
    assert checks(page) == {
        "The title in both languages": "open",
        "A date that is still to come": "done",
        "A venue, or the link to join online": "done",
        "A summary in one or two sentences": "done",
        "A description": "open",
        "An agenda": "open",
        "A ticket type, unless people sign up elsewhere": "done",
        "A cover of its own; else one is drawn": "open",
        "An address to write to with questions": "open",
    }
    assert buttons(page) == ["Publish …", "Date and place", "Copy this event", "Web address", "Delete the draft …"]
    assert "/preview/" in page


def test_draft_of_yesterday_says_what_blocks_it(app, make_event):
    make_event("draft", state=EventState.DRAFT, starts_at=utc_now() - DAY, mode=Mode.ONLINE)

    page = overview(app, "draft")

    assert checks(page)["A date that is still to come"] == "blocking"
    assert checks(page)["The link to join online"] == "open"
    assert buttons(page) == ["Date and place", "Copy this event", "Web address", "Delete the draft …"]


def test_public_event_shows_its_numbers_and_nothing_of_anybody(app, make_event):
    event = make_event("public", capacity=1)
    for name in ("ada", "bob", "cyd"):
        sign_up_as(event, name)

    page = overview(app, "public")

    assert stands(page) == "Published"
    assert figures(page) == {
        "Confirmed": "1",
        "Seats": "1",
        "Waiting list": "2",
        "To be approved": "0",
        "Seat offered": "0",
        "Cancelled": "0",
    }
    assert buttons(page) == ["Date and place", "Copy this event", "Web address", "Cancel the event …"]
    assert checks(page) == {}
    assert not re.search("bob|cyd|/preview/", page)


@pytest.mark.parametrize(
    ("begins", "word", "possible"),
    [
        (
            timedelta(hours=-1),
            "Under way",
            ["Recap and photos", "Date and place", "Copy this event", "Web address", "Cancel the event …"],
        ),
        (-DAY, "Over", ["Recap and photos", "Copy this event", "Web address"]),
    ],
)
def test_event_that_runs_or_is_over_says_so(app, make_event, begins, word, possible):
    event = make_event("event", starts_at=utc_now() + begins)
    sign_up_as(event, "ada", now=utc_now() - 2 * DAY)

    page = overview(app, "event")

    assert (stands(page), buttons(page)) == (word, possible)


def test_cancelled_event_says_why_and_can_be_taken_back(app, make_event):
    event = make_event("event")
    life.cancel_event(event.id, Texts(en="Flooded."), by=THE_SITE, now=utc_now())

    page = overview(app, "event")

    assert (stands(page), "Flooded." in page) == ("Cancelled", True)
    assert buttons(page) == ["Let it take place after all …", "Copy this event", "Web address"]


def test_event_that_published_itself_late_or_not_at_all_says_so(app, make_event):
    late, missed = (make_event(slug, state=EventState.DRAFT, starts_at=soon()) for slug in ("late", "missed"))
    for event in (late, missed):
        life.publish_at(event.id, utc_now() + DAY, by=THE_SITE, now=utc_now())
    life._publish_if_due(late.id, now=utc_now() + 2 * DAY)
    life._publish_if_due(missed.id, now=missed.ends_at + DAY)

    assert "It published itself late" in overview(app, "late")
    assert "that was no longer possible" in overview(app, "missed")
    # What was done since is the news.
    life.publish(missed.id, by=THE_SITE, now=utc_now())
    assert "that was no longer possible" not in overview(app, "missed")


@pytest.mark.parametrize(
    ("role", "can"),
    [
        (Role.VIEWER, []),
        (Role.DOOR, []),
        (Role.EDITOR, []),
        (Role.ORGANIZER, ["Publish …", "Date and place", "Copy this event", "Web address", "Delete the draft …"]),
    ],
)
def test_buttons_are_those_the_role_may_press(app, make_event, role, can):
    make_event("draft", state=EventState.DRAFT)

    page = overview(app, "draft", role=role)

    assert buttons(page) == can
    assert ("/preview/" in page) == (role in {Role.EDITOR, Role.ORGANIZER})
    assert "Make a new link" in page or role is not Role.ORGANIZER


def test_overview_asks_as_often_for_many_as_for_one(app, make_event, count_statements):
    event = make_event("event", capacity=2, ticket_types=[{"slug": "a", "capacity": 2}])
    browser, asked = signed_in(app), []
    browser.get("/organizer/events/event")  # whatever is asked once alone

    for names in (("ada",), ("bob", "cyd")):
        for name in names:
            sign_up_as(event, name)
        with count_statements() as seen:
            browser.get("/organizer/events/event")
        asked.append(len(seen))

    assert asked[0] == asked[1] <= 8
