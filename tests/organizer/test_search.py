"""One search: what fits, and of that only what the organizer may see."""

import pytest
from sqlalchemy import select

from app.accounts.models import Organizer, Role
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import EventRole, EventState
from app.organizer.search import EACH_MAX, search
from tests.support.factories import sign_up_as
from tests.support.organizers import signed_in
from tests.support.people import make_person


@pytest.fixture
def events(make_event):
    """Two events with an attendee each, and a draft."""
    spring = make_event("spring", title=Texts(zh="春日云原生", en="Spring meetup"))
    autumn = make_event("autumn-draft", title=Texts(zh="秋日", en="Autumn"), state=EventState.DRAFT)
    other = make_event("other", title=Texts(en="Elsewhere"), city=None, venue=None)
    sign_up_as(spring, "guest-a", full_name="王小明")
    sign_up_as(other, "guest-b", full_name="王大明")
    make_person("xiaoming", zh="王小明")
    return spring, autumn, other


def eve(db, site, here=None, event=None):
    add_organizer(normalise("eve@example.com"), role=site, now=utc_now())
    who = db.scalars(select(Organizer)).one()
    if here:
        with transaction() as session:
            session.add(EventRole(event_id=event.id, organizer_id=who.id, role=here, created_at=utc_now()))
    return who


def found(text, who):
    result = search(text, who)
    return (
        [event.slug for event in result.events],
        [person.slug for person in result.people],
        sorted(one.email for one in result.attendees),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("春日", (["spring"], [], [])),
        ("SPRING meetup", (["spring"], [], [])),
        ("spring nothing", ([], [], [])),
        ("Autumn", (["autumn-draft"], [], [])),
        ("draft", (["autumn-draft"], [], [])),
        ("王小明", ([], ["xiaoming"], ["guest-a@example.com"])),
        ("王", ([], ["xiaoming"], ["guest-a@example.com", "guest-b@example.com"])),
        ("GUEST-B@", ([], [], ["guest-b@example.com"])),
        ("%", ([], [], [])),
        ("_", ([], [], [])),
        ('"', ([], [], [])),
        ("   ", ([], [], [])),
    ],
)
def test_search_finds_events_members_and_attendees(db, events, text, expected):
    assert found(text, eve(db, Role.OWNER)) == expected


def test_search_finds_by_venue_city_and_code(db, events, make_event):
    owner = eve(db, Role.OWNER)
    code = sign_up_as(events[0], "guest-c").code

    assert set(found("歌华", owner)[0]) == {"spring", "autumn-draft"}
    assert set(found("beijing", owner)[0]) == {"spring", "autumn-draft"}
    assert found(code.lower(), owner)[2] == ["guest-c@example.com"]
    assert found(code[1:], owner)[2] == []


@pytest.mark.parametrize(
    ("site", "here", "events_seen", "attendees_seen"),
    [
        (Role.ATTENDEE_MANAGER, None, 3, 2),
        (Role.EDITOR, None, 3, 0),
        (Role.VIEWER, Role.ATTENDEE_MANAGER, 3, 1),
        (None, Role.OWNER, 1, 1),
        (None, Role.DOOR, 1, 0),
        (None, None, 0, 0),
    ],
)
def test_search_shows_only_what_the_role_shows(db, events, site, here, events_seen, attendees_seen):
    who = eve(db, site, here, events[0])

    seen = [*search("spring", who).events, *search("autumn", who).events, *search("elsewhere", who).events]

    assert (len(seen), len(search("王", who).attendees)) == (events_seen, attendees_seen)


def test_search_stops_at_ten_of_each_and_asks_three_times(db, events, make_event, count_statements):
    for number in range(EACH_MAX + 1):
        make_event(f"many-{number:02}")
    who = eve(db, Role.OWNER)

    with count_statements() as seen:
        result = search("many", who)

    assert (len(result.events), len(seen)) == (EACH_MAX, 3)


def test_page_shows_what_was_found_and_says_when_there_is_nothing(app, events):
    browser = signed_in(app)

    page = browser.get("/organizer/search?lang=en&q=%E7%8E%8B%E5%B0%8F%E6%98%8E").text
    nothing = browser.get("/organizer/search?lang=en&q=<b>zzz").text
    empty = browser.get("/organizer/search?lang=en").text

    assert "/organizer/events/spring/attendees?q=" in page
    assert "/speakers/xiaoming" in page
    assert "Nothing fits “&lt;b&gt;zzz”." in nothing
    assert 'value="&lt;b&gt;zzz"' in nothing
    assert "By title, address, venue or city" in empty
