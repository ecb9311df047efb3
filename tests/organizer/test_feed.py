"""An organizer's calendar: what they may see, with numbers, behind a secret of theirs."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import Organizer, Role
from app.calendar import private
from app.core.clock import utc_now
from app.core.db import db, transaction
from app.core.i18n import Texts
from app.events.models import Event, EventRole, EventState, Visibility
from app.events.service import apply_changes
from app.history.models import Entry
from app.organizer.feed import Numbers, remark
from app.registrations.models import RegistrationState
from tests.calendar.samples import as_ics, as_vobject, lines_of, values_of
from tests.support.codes import scanned
from tests.support.factories import sign_up_as
from tests.support.organizers import remove, signed_in
from tests.support.statements import counted

BOB = "bob@example.org"


@pytest.fixture
def settings() -> dict[str, object]:
    return {"PUBLIC_URL": "https://meetup.example.org"}


@pytest.fixture
def ada(app):
    return signed_in(app)


def address_of(browser) -> str:
    """Make the feed on its page, and return the address that is shown there."""
    assert browser.post("/organizer/feed").status_code == 303
    return address_on(browser.get("/organizer/feed").text)


def address_on(page: str) -> str:
    found = re.search(r"https://meetup\.example\.org(/calendar/organizers/[\w-]+\.ics)", page)
    assert found, page
    return found[1]


def role_of(email: str, role: Role | None, *events: Event) -> None:
    with transaction() as session:
        organizer = session.scalars(select(Organizer).where(Organizer.email == email)).one()
        organizer.role = None if events else role
        session.add_all(
            EventRole(event_id=event.id, organizer_id=organizer.id, role=role, created_at=utc_now()) for event in events
        )


def titles(response) -> list[str]:
    return [value[1:] for value in values_of(response.data, "SUMMARY")]


def test_feed_holds_every_event_drafts_marked(client, ada, make_event):
    first = make_event(title=Texts(zh="公开"))
    after = {"starts_at": first.starts_at + timedelta(days=1)}
    make_event(title=Texts(zh="未定"), state=EventState.DRAFT, **after)
    make_event(title=Texts(zh="不列出"), visibility=Visibility.UNLISTED, starts_at=first.starts_at + timedelta(days=2))
    make_event(title=Texts(zh="很久"), starts_at=first.starts_at - timedelta(days=500))

    response = client.get(f"{address_of(ada)}?lang=zh")

    assert titles(response) == ["公开", "草稿：未定", "不列出"]
    assert values_of(response.data, "STATUS") == [":CONFIRMED", ":TENTATIVE", ":CONFIRMED"]
    assert values_of(response.data, "NAME") == [":我管理的活动 · 聚会"]
    assert len(as_ics(response.data).events) == 3


def test_feed_tells_how_many_signed_up_and_nobody_by_name(client, ada, make_event):
    event = make_event(capacity=1)
    for name in ("carol", "dan", "erin"):
        sign_up_as(event, name)

    content = client.get(f"{address_of(ada)}?lang=en").data

    text = as_vobject(content).vevent.description.value
    assert text.startswith("Confirmed: 1 of 1, waiting list: 2\n\n")
    assert text.endswith(f"https://meetup.example.org/organizer/events/{event.slug}?lang=en")
    assert [name for name in ("carol", "dan", "erin", "example.com") if name in "\n".join(lines_of(content))] == []


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (Numbers(), ""),
        (Numbers(seats=60), "Confirmed: 0 of 60"),
        (Numbers({RegistrationState.CONFIRMED: 5}), "Confirmed: 5"),
        (
            Numbers(dict.fromkeys(RegistrationState, 2), seats=9),
            "Confirmed: 2 of 9, waiting list: 2, offered: 2, to be approved: 2",
        ),
    ],
)
def test_numbers_are_said_in_words(app, numbers, words):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        app.preprocess_request()

        assert remark(numbers) == words


def test_sign_up_is_a_new_edition_and_clients_can_see_it(client, ada, make_event):
    event = make_event()
    address = address_of(ada)
    before = client.get(address)

    sign_up_as(event, "carol")
    after = client.get(address, headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert values_of(after.data, "LAST-MODIFIED") != values_of(before.data, "LAST-MODIFIED")
    assert values_of(after.data, "SEQUENCE") == values_of(before.data, "SEQUENCE")
    assert values_of(after.data, "UID") == values_of(before.data, "UID") == [f":{event.uid}"]


def test_feed_is_the_same_bytes_twice_private_and_a_304(client, ada, make_event):
    make_event()
    address = address_of(ada)

    first, again = client.get(address), client.get(address)
    known = client.get(address, headers={"If-None-Match": first.headers["ETag"], "Authorization": "Bearer nonsense"})

    assert first.data == again.data
    assert (known.status_code, known.data) == (304, b"")
    assert first.headers["Cache-Control"] == "private, max-age=300"
    assert first.headers["Referrer-Policy"] == "no-referrer"
    assert first.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Set-Cookie" not in first.headers


def test_who_has_a_role_at_one_event_sees_only_that(app, client, make_event):
    bob = signed_in(app, BOB, name="Bob")
    mine = make_event(title=Texts(zh="我的"), state=EventState.DRAFT)
    make_event(title=Texts(zh="别人的"))
    role_of(BOB, Role.EDITOR, mine)

    assert titles(client.get(f"{address_of(bob)}?lang=zh")) == ["草稿：我的"]


def test_who_was_removed_loses_the_feed_at_once(app, client, make_event):
    make_event()
    address = address_of(signed_in(app, BOB, name="Bob"))
    before = client.get(address).status_code

    with transaction() as session:
        session.scalars(select(Organizer).where(Organizer.email == BOB)).one().removed_at = utc_now()

    assert (before, client.get(address).status_code) == (200, 410)


def test_who_was_removed_and_comes_back_has_no_feed(app, client, make_event):
    make_event()
    bob = signed_in(app, BOB, name="Bob")
    address = address_of(bob)

    remove(BOB)
    removed = client.get(address).status_code
    signed_in(app, BOB, name="Bob")

    assert (removed, client.get(address).status_code) == (410, 410)


def test_new_address_ends_the_old_one(client, ada, make_event):
    make_event()
    old = address_of(ada)

    new = address_of(ada)

    assert new != old
    assert [client.get(address).status_code for address in (old, new)] == [410, 200]
    actions = db.session.scalars(select(Entry.action).where(Entry.action.startswith("feed.")).order_by(Entry.id)).all()
    assert actions == ["feed.opened", "feed.replaced"]


def test_ended_feed_is_gone_and_its_page_offers_a_new_one(client, ada, make_event):
    address = address_of(ada)

    ada.post("/organizer/feed/revocation")
    ada.post("/organizer/feed/revocation")

    assert client.get(address).status_code == 410
    assert "/calendar/organizers/" not in ada.get("/organizer/feed").text
    actions = db.session.scalars(select(Entry.action).where(Entry.action.startswith("feed.")).order_by(Entry.id)).all()
    assert actions == ["feed.opened", "feed.ended"]


def test_page_has_a_code_that_subscribes_and_says_who_must_not_scan_it(ada, browser):
    address = address_of(ada)

    page = ada.get("/organizer/feed?lang=en")

    (drawing,) = re.findall(r'<div role="img"[^>]*>(<svg.*?</svg>)</div>', page.text)
    assert scanned(browser, drawing.encode()) == f"webcal://meetup.example.org{address}?lang=en"
    assert "Whoever scans this code sees your drafts and numbers" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_each_organizer_has_an_address_of_their_own(app, client, ada):
    assert address_of(ada) != address_of(signed_in(app, BOB, name="Bob"))


def test_address_that_can_no_longer_be_shown_still_works(app, client, ada, make_event):
    address = address_of(ada)
    app.config["SECRET_KEY"] = "another key, the one before is lost"

    page = signed_in(app).get("/organizer/feed?lang=en").text

    assert "its address still works where it is in use" in page
    assert client.get(address).status_code == 200


def test_page_is_for_organizers_alone(client):
    assert client.get("/organizer/feed").headers["Location"].startswith("/organizer/sign-in")
    assert client.post("/organizer/feed").status_code == 401
    assert client.get(f"/calendar/organizers/{'x' * 22}.ics").status_code == 404


def test_secret_of_one_kind_opens_no_feed_of_the_other(app, client, make_event, ada):
    make_event()
    with transaction():
        token = private.token_of(
            private.open_feed(private.Owner(email_key="ada@example.com"), language="zh", now=utc_now())
        )

    assert client.get(f"/calendar/organizers/{token}.ics").status_code == 404
    organizers = address_of(ada).replace("/organizers/", "/mine/")
    assert client.get(organizers).status_code == 404


def test_feed_asks_as_much_for_one_event_as_for_three(client, ada, make_event):
    def asked() -> int:
        with counted(db.engine) as statements:
            client.get(address)
        return len(statements)

    event = make_event()
    sign_up_as(event, "carol")
    address = address_of(ada)
    client.get(address)  # the community's own row is read once a process
    one = asked()
    for _number in range(2):
        sign_up_as(make_event(), "carol")

    assert (one, asked()) == (8, 8)


def test_moved_event_keeps_its_uid_and_raises_sequence(client, ada, make_event):
    event = make_event()
    address = address_of(ada)
    before = client.get(address).data

    with transaction():
        apply_changes(db.session.get_one(Event, event.id), {"venue": None}, now=utc_now())
    after = client.get(address).data

    assert [values_of(each, "SEQUENCE") for each in (before, after)] == [[":0"], [":1"]]
    assert values_of(before, "UID") == values_of(after, "UID")
