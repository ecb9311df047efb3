"""The organizers' pages of an agenda, as a browser without scripts uses them."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import db as database
from app.core.i18n import Texts
from app.events.models import Event, Session, SessionKind
from tests.support.factories import LONG_AGO
from tests.support.organizers import signed_in
from tests.support.people import add_session, give_role, make_person, make_role

AGENDA = "/organizer/events/meetup/agenda"
START = datetime(2026, 12, 19, 5, tzinfo=UTC)  # 13:00 in Beijing
FORM = {"title-en": "Ada's talk", "kind": "talk", "minutes": "40", "track": "0", "start": "follows"}


@pytest.fixture
def event(make_event):
    return make_event("meetup", starts_at=START)


@pytest.fixture
def browser(app):
    return signed_in(app)


def add(event, title, minutes, *speakers, begin=0, **values):
    times = {"starts_at": START + timedelta(minutes=begin), "ends_at": START + timedelta(minutes=begin + minutes)}
    return add_session(event, title, *speakers, **({"follows": True} | times | values))


def rows():
    database.session.expire_all()
    statement = select(Session).join(Event).where(Event.slug == "meetup").order_by(Session.position)
    return database.session.scalars(statement).all()


def titles():
    return [row.title.in_language("en") for row in rows()]


def seen_on(page):
    return unescape(re.search(r'name="seen" value="([^"]*)"', page)[1])


def test_list_says_when_and_what_and_who(event, browser):
    ada = make_person("ada")
    add(event, "签到", 30, kind=SessionKind.CHECK_IN)
    add(event, "<b>", 40, ada, begin=30, track=1)

    page = browser.get(AGENDA + "?lang=en").text

    assert re.findall(r">(\d\d:\d\d)</time>", page.split("<ol")[1]) == ["13:00", "13:30", "13:30", "14:10"]
    assert "&lt;b&gt;" in page
    for words in ("30 minutes", "Check-in", "Track 1", "Ada"):
        assert words in page


def test_list_of_an_empty_agenda_says_how_to_begin(event, browser):
    page = browser.get(AGENDA + "?lang=en").text

    assert "The agenda is empty" in page
    assert 'name="pause" value="check-in"' in page


def test_list_points_out_what_looks_wrong_and_leads_there(event, browser):
    row = add(event, "Nobody's", 400)

    page = browser.get(AGENDA + "?lang=en").text

    assert "2 things to look at" in page
    assert page.count("Ends 100 minutes after the event does.") == 2
    assert f'href="{AGENDA}/sessions/{row.id}?lang=en"' in page
    assert "Nobody is named to give it." in browser.get(f"{AGENDA}/sessions/{row.id}?lang=en").text


def test_list_asks_as_often_for_three_items_as_for_one(event, browser, count_statements):
    asked = []
    browser.get(AGENDA)  # what is asked once a process
    for number, name in enumerate(("ada", "bob", "eve")):
        add(event, name, 30, make_person(name), begin=30 * number)
        with count_statements() as seen:
            browser.get(AGENDA)
        asked.append(len(seen))

    # The frame's two, the event, its items with their people, the last thing done.
    assert asked == [5, 5, 5]


def test_page_of_an_item_asks_as_often_for_three_items_as_for_one(event, browser, count_statements):
    asked = []
    browser.get(AGENDA)  # what is asked once a process
    for number, name in enumerate(("ada", "bob", "eve")):
        address = f"{AGENDA}/sessions/{add(event, name, 30, make_person(name), begin=30 * number).id}"
        with count_statements() as seen:
            browser.get(address)
        asked.append(len(seen))

    # The frame's two, the event, its items with their people, whom to choose.
    assert asked == [5, 5, 5]


def test_item_is_added_behind_the_last_one(event, browser):
    add(event, "签到", 30)
    make_person("ada", zh="艾达")

    answer = browser.post(
        f"{AGENDA}/sessions", data=FORM | {"speakers-0": "艾达", "speakers-0-en": "Babbage Ltd", "abstract-en": "*so*"}
    )

    assert answer.status_code == 303
    row = rows()[1]
    assert answer.location.startswith(f"{AGENDA}?done=added&item={row.id}")
    assert answer.location.endswith(f"#session-{row.id}")
    assert (row.title, row.abstract, row.starts_at - START) == (
        Texts(en="Ada's talk"), Texts(en="*so*"), timedelta(minutes=30),
    )  # fmt: skip
    assert [(part.person.slug, part.affiliation) for part in row.speakers] == [("ada", Texts(en="Babbage Ltd"))]
    assert "Added." in browser.get(f"{AGENDA}?done=added&lang=en").text


def test_item_is_added_where_it_is_wanted(event, browser):
    first = add(event, "A", 30)
    add(event, "B", 30, begin=30)

    browser.post(f"{AGENDA}/sessions", data=FORM | {"after": first.id})

    assert titles() == ["A", "Ada's talk", "B"]


def test_leaders_come_first_with_when_they_last_spoke_and_can_be_ticked(event, browser, make_event):
    ada, _bob, guest = make_person("ada"), make_person("bob"), make_person("guest", is_guest=True)
    leader = make_person("zoe")
    give_role(leader, make_role("leader", is_leader=True))
    past = make_event("past", starts_at=datetime(2020, 5, 16, 5, tzinfo=UTC))
    add_session(past, "talk", leader, ada)

    page = browser.get(f"{AGENDA}/sessions/new?lang=en").text

    options = re.findall(r'<option value="([^"]*\([a-z]+\))">([^<]*)</option>', page)
    assert options == [
        ("Zoe (zoe)", "Zoe · User Group Leader · last spoke 2020-05-16"),
        ("Ada (ada)", "Ada · last spoke 2020-05-16"),
        ("Bob (bob)", "Bob · has not spoken yet"),
        ("Guest (guest)", f"Guest · {'Guest'} · has not spoken yet"),
    ]
    assert guest.is_guest

    browser.post(f"{AGENDA}/sessions", data=FORM | {"speakers-0": "Bob (bob)", "leader": "zoe"})

    assert [part.person.slug for part in rows()[0].speakers] == ["bob", "zoe"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"title-en": ""}, "Please fill this in"),
        ({"minutes": "0"}, "Between 1 and 1440 minutes"),
        ({"minutes": "many"}, "Not a valid integer value"),
        ({"kind": "concert"}, "Not a valid choice"),
        ({"track": "3"}, "Not a valid choice"),
        ({"start": "whenever"}, "Not a valid choice"),
        ({"start": "fixed"}, "Please give date and time"),
        ({"start": "fixed", "starts": "tomorrow"}, "Please give date and time"),
        ({"speakers-0": "Nobody Known"}, "Nobody in the community is called “Nobody Known”"),
        ({"speakers-0": "Wang (nobody-here)"}, "Nobody in the community is called “nobody-here”"),
        ({"speakers-0": "同名"}, "Several people have this name. Write one of these: One (one), Two (two)"),
        ({"slides_url": "javascript:alert(1)"}, "whole web address"),
        ({"video_url": "example.com/v"}, "whole web address"),
        ({"abstract-en": "x" * 6001}, "At most 6000 characters"),
    ],
)
def test_what_cannot_be_taken_is_said_and_what_was_typed_is_kept(event, browser, wrong, message):
    make_person("one", zh="同名")
    make_person("two", zh="同名")

    answer = browser.post(
        f"{AGENDA}/sessions?lang=en",
        data=FORM | {"title-zh": "留着的字"} | wrong | {"title-zh": "" if "title-en" in wrong else "留着的字"},
    )

    assert answer.status_code == 422
    assert message in unescape(answer.text)
    assert "title-en" in wrong or "留着的字" in answer.text
    assert rows() == []


def test_somebody_unknown_is_a_guest_when_that_is_ticked(event, browser, client):
    browser.post(f"{AGENDA}/sessions", data=FORM | {"speakers-0": "张三 / San Zhang", "speakers-0-guest": "1"})

    page = client.get("/speakers/san-zhang?lang=en").text
    assert "Guest speaker" in page
    assert "Ada&#39;s talk" in page
    assert "San Zhang" not in client.get("/community/?lang=en").text


def test_item_is_changed_and_a_speaker_taken_out(event, browser):
    row = add(event, "A", 30, make_person("ada"), make_person("bob"))
    page = browser.get(f"{AGENDA}/sessions/{row.id}").text

    answer = browser.post(
        f"{AGENDA}/sessions/{row.id}",
        data=FORM
        | {"seen": seen_on(page), "speakers-0": "Ada (ada)", "speakers-0-drop": "1", "speakers-1": "Bob (bob)"},
    )

    assert answer.status_code == 303
    assert [(one.title, [part.person.slug for part in one.speakers]) for one in rows()] == [
        (Texts(en="Ada's talk"), ["bob"])
    ]


def test_abstract_is_previewed_without_scripts_and_nothing_is_saved(event, browser):
    sent = FORM | {"abstract-en": "**so** <script>", "speakers-0": "Who", "preview": "1"}

    page = browser.post(f"{AGENDA}/sessions?lang=en", data=sent)

    assert (page.status_code, rows()) == (200, [])
    assert "<strong>so</strong> &lt;script&gt;" in page.text
    assert 'value="Who"' in page.text


def test_what_was_saved_the_browser_need_not_keep(event, browser):
    row = add(event, "A", 30)
    kept = {
        f"done=added&item={row.id}": f"{AGENDA}/sessions",
        f"done=changed&item={row.id}": f"{AGENDA}/sessions/{row.id}",
        f"done=changed&item={2**70}": "",
        "done=pasted": f"{AGENDA}/paste",
        "done=moved": "",
    }

    for query, path in kept.items():
        assert f'data-saved="{path}"' in browser.get(f"{AGENDA}?{query}").text


def test_second_of_two_who_edit_one_item_sees_both_versions_and_decides(event, browser):
    row = add(event, "A", 30)
    address = f"{AGENDA}/sessions/{row.id}"
    seen = seen_on(browser.get(address).text)
    browser.post(address, data=FORM | {"seen": seen, "title-en": "First"})

    answer = browser.post(f"{address}?lang=en", data=FORM | {"seen": seen, "title-en": "Second"})

    assert answer.status_code == 409
    assert "First" in answer.text
    assert "Second" in answer.text
    assert titles() == ["First"]

    decisions = re.findall(r'name="keep-title" value="([^"]*)"', answer.text)
    mine = next(value for value in decisions if value != "theirs")
    again = {"seen": seen_on(answer.text), "title-en": "Second", "keep-title": mine}
    assert browser.post(address, data=FORM | again).status_code == 303
    assert titles() == ["Second"]


def test_items_are_moved_by_buttons_and_by_place(event, browser):
    ids = [add(event, name, 30, begin=30 * place).id for place, name in enumerate("ABC")]

    for number, to, expected in ((2, "up", "ACB"), (2, "down", "ABC"), (0, "2", "BCA"), (0, "99", "BCA")):
        assert browser.post(f"{AGENDA}/sessions/{ids[number]}/position", data={"to": to}).status_code == 303
        assert "".join(titles()) == expected
    for to in ("", "sideways", "-1", "²"):
        assert browser.post(f"{AGENDA}/sessions/{ids[0]}/position", data={"to": to}).status_code == 422
    assert [row.starts_at - START for row in rows()] == [timedelta(minutes=each) for each in (0, 30, 60)]


def test_removal_can_be_undone_from_the_page_it_leads_to(event, browser):
    row = add(event, "A", 30)

    answer = browser.post(f"{AGENDA}/sessions/{row.id}/removal")
    page = browser.get(answer.location).text

    assert titles() == []
    undo = re.search(rf'action="({AGENDA}/restorations/\d+)[^"]*"', page)[1]
    assert browser.post(undo).status_code == 303
    assert titles() == ["A"]
    assert browser.post(undo).status_code == 409
    assert titles() == ["A"]


def test_pauses_come_in_one_click(event, browser):
    for pause in ("break", "check-in"):
        assert browser.post(f"{AGENDA}/pauses", data={"pause": pause, "after": ""}).status_code == 303

    assert titles() == ["Check-in", "Coffee break"]
    assert browser.post(f"{AGENDA}/pauses", data={"pause": "nap"}).status_code == 422


def test_times_are_reckoned_and_cleared(event, browser):
    add_session(event, "A", minutes=30)

    assert "done=timed" in browser.post(f"{AGENDA}/times").location
    assert rows()[0].starts_at == START
    assert "done=untimed" in browser.post(f"{AGENDA}/times/removal").location
    assert rows()[0].starts_at is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DOOR, Role.ATTENDEE_MANAGER])
def test_who_may_not_edit_sees_and_changes_nothing(event, app, role):
    row = add(event, "A", 30)
    add_organizer(normalise("eve@example.com"), role=role, now=utc_now())
    eve = signed_in(app, "eve@example.com")
    one = f"{AGENDA}/sessions/{row.id}"

    pages = [eve.get(path).status_code for path in (AGENDA, f"{AGENDA}/sessions/new", one, f"{AGENDA}/paste")]
    posts = [
        eve.post(path, data=FORM).status_code
        for path in (
            f"{AGENDA}/sessions", one, f"{one}/position", f"{one}/removal", f"{AGENDA}/restorations/1",
            f"{AGENDA}/pauses", f"{AGENDA}/times", f"{AGENDA}/times/removal", f"{AGENDA}/paste", f"{AGENDA}/pasted",
        )
    ]  # fmt: skip

    assert (set(pages), set(posts)) == ({403}, {403})
    assert titles() == ["A"]


def test_impossible_numbers_are_not_there(event, browser):
    row = add(event, "A", 30)

    assert browser.get(f"{AGENDA}/sessions/{row.id + 1}").status_code == 404
    assert browser.get(f"{AGENDA}/sessions/{2**40}").status_code == 404
    assert browser.get(f"{AGENDA}/sessions/new?after={2**80}").status_code == 404
    assert browser.post(f"{AGENDA}/pauses", data={"pause": "break", "after": "x"}).status_code == 303
    assert browser.get("/organizer/events/nowhere/agenda").status_code == 404


def test_drafts_are_edited_too(make_event, browser):
    make_event("meetup", state="draft", starts_at=START, now=LONG_AGO)

    assert browser.post(f"{AGENDA}/sessions", data=FORM).status_code == 303
