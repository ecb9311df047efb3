"""The history as organizers read it: narrowed down, page by page, as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from app.accounts.models import Organizer, SignInSession
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import Event
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import THE_SITE, Actor, forget_person, record
from app.organizer import past
from app.organizer.past import PER_PAGE, Wanted
from tests.support.organizers import signed_in

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


def write(action, *, by=THE_SITE, now=NOW, **values):
    with transaction():
        record(action, by=by, now=now, **values)


def ada(db):
    organizer = db.scalars(select(Organizer).where(Organizer.email == "ada@example.com")).one()
    session = db.scalars(select(SignInSession).where(SignInSession.organizer_id == organizer.id)).first()
    return Actor(organizer.id, session.id)


def actions(wanted=None, **options):
    page = past.page(wanted or Wanted(), **{"event_id": None, "zone": "Asia/Shanghai"} | options)
    return [line.entry.action for line in page.lines]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["Details of the event changed", "Title", "before:", "One", "Two", "Ada", "Firefox"]),
        ("zh", ["修改了活动信息", "标题", "原来："]),
    ],
)
def test_entry_says_who_did_what_from_which_device_and_what_it_was(app, db, make_event, lang, words):
    event, browser = make_event("spring", title=Texts(en="One")), signed_in(app)
    db.execute(SignInSession.__table__.update().values(user_agent=FIREFOX))
    db.commit()
    with transaction():
        apply_changes(event, {"title": Texts(en="Two")}, by=ada(db), now=utc_now())

    page = browser.get(f"/organizer/events/spring/history?lang={lang}").text

    assert [word for word in words if word not in page] == []


def test_what_the_site_did_is_said_to_be_its_own(app, db):
    browser = signed_in(app)
    write("event.changed", subject="Spring")

    page = browser.get("/organizer/history?lang=en").text

    assert "The site itself" in page.split('class="log"')[1]


def test_event_page_shows_this_event_alone(app, make_event):
    make_event("spring")
    make_event("other", title=Texts(en="Elsewhere"))

    page = signed_in(app).get("/organizer/events/spring/history?lang=en").text

    assert page.count('class="log-line"') == 1
    assert "Elsewhere" not in page


def test_event_names_only_those_who_did_something_there(app, db, make_event):
    spring, autumn = make_event("spring"), make_event("autumn")
    browser = signed_in(app)
    for number, name in enumerate(("bob", "cyd")):
        add_organizer(normalise(f"{name}@example.com"), name=name.capitalize(), now=NOW)
        who = db.scalars(select(Organizer.id).where(Organizer.email == f"{name}@example.com")).one()
        write("event.changed", by=Actor(who), event_id=(spring, autumn)[number].id)

    shown = {
        path: [name in browser.get(f"/organizer/{path}").text for name in ("ada@", "bob@", "cyd@")]
        for path in ("events/spring/history", "events/autumn/history", "history")
    }

    assert shown == {
        "events/spring/history": [False, True, False],
        "events/autumn/history": [False, False, True],
        "history": [True, True, True],
    }


def test_narrowing_by_who_what_event_and_days(app, db, make_event):
    signed_in(app)
    event = make_event("spring", title=Texts(zh="春日会", en="Spring meetup"))
    db.execute(delete(Entry))
    db.commit()
    day = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # midnight in Beijing: the second of March begins
    write("a.first", by=ada(db), now=day - timedelta(seconds=1))
    write("b.second", now=day, event_id=event.id)
    write("c.third", by=ada(db), now=day + timedelta(days=1))

    found = {
        "everything": actions(),
        "who": actions(Wanted.of({"who": str(ada(db).organizer_id)})),
        "site": actions(Wanted.of({"who": "site"})),
        "what": actions(Wanted.of({"what": "a.first"})),
        "slug": actions(Wanted.of({"event": "spring"})),
        "title": actions(Wanted.of({"event": "日会"})),
        "from": actions(Wanted.of({"from": "2026-03-02"})),
        "to": actions(Wanted.of({"to": "2026-03-02"})),
        "to in UTC": actions(Wanted.of({"to": "2026-03-01"}), zone="UTC"),
        "nothing": actions(Wanted.of({"event": "100%"})),
    }

    assert found == {
        "everything": ["c.third", "b.second", "a.first"],
        "who": ["c.third", "a.first"],
        "site": ["b.second"],
        "what": ["a.first"],
        "slug": ["b.second"],
        "title": ["b.second"],
        "from": ["c.third", "b.second"],
        "to": ["b.second", "a.first"],
        "to in UTC": ["b.second", "a.first"],
        "nothing": [],
    }


@pytest.mark.parametrize(
    "query",
    [
        "who=%27--&what=%FF&from=yesterday&to=9999-99-99",
        "before=x",
        "before=99999999999999999999999&from=0001-01-01&to=9999-12-31",
    ],
)
def test_made_up_wish_is_no_wish(app, make_event, query):
    make_event("spring")

    response = signed_in(app).get(f"/organizer/history?{query}")

    assert response.status_code == 200


def test_pages_hold_fifty_and_lead_on(app, db):
    browser = signed_in(app)
    for number in range(PER_PAGE + 1):
        write("event.changed", subject=f"no {number:02}", changes={"title": ({}, {"en": f"t{number}"})})

    first = browser.get("/organizer/history?lang=en&what=event.changed").text
    onward = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(onward).text

    assert (first.count('class="log-line"'), second.count('class="log-line"')) == (PER_PAGE, 1)
    assert "no 00" in second
    assert "First page" in second


def test_pages_ask_as_much_for_one_entry_as_for_three(app, db, make_event, count_statements):
    event, browser = make_event("spring"), signed_in(app)
    paths = ["/organizer/history", "/organizer/events/spring/history"]
    with transaction():
        apply_changes(event, {"title": Texts(en="x")}, by=ada(db), now=utc_now())
    numbers = {}

    for round_ in ("one", "three"):
        for path in paths:
            browser.get(path)
            with count_statements() as seen:
                browser.get(path)
            numbers[round_, path] = len(seen)
        for title in ("y", "z"):
            with transaction():
                apply_changes(event, {"title": Texts(en=title)}, by=ada(db), now=utc_now())

    assert numbers == {("one", paths[0]): 5, ("three", paths[0]): 5, ("one", paths[1]): 6, ("three", paths[1]): 6}


def test_file_holds_every_entry_of_the_choice_and_is_itself_told(app, db, make_event):
    event, browser = make_event("spring", title=Texts(en="Spring")), signed_in(app)
    with transaction():
        apply_changes(event, {"title": Texts(en="=cmd()"), "zone": "Europe/Berlin"}, by=ada(db), now=NOW)

    response = browser.get("/organizer/events/spring/history.csv?lang=en&what=event.changed")

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="spring-history.csv"'
    assert response.data.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(response.data.decode("utf-8-sig")))
    assert head == [
        "Number", "When (Europe/Berlin)", "Who", "Device", "What", "Event", "Concerns", "Field", "Before", "After",
    ]  # fmt: skip
    start = ["2026-03-01 05:00:00", "Ada", "An unknown browser", "Details of the event changed", "'=cmd()", "'=cmd()"]
    assert [row[1:] for row in rows] == [
        [*start, "Title (English)", "Spring", "'=cmd()"],
        [*start, "Time zone", "Asia/Shanghai", "Europe/Berlin"],
    ]
    told = db.scalars(select(Entry).where(Entry.action == "history.downloaded")).one()
    assert (told.organizer_id, told.event_id, told.changes) == (
        ada(db).organizer_id, event.id, {"wanted_what": [None, "event.changed"]},
    )  # fmt: skip


def test_file_goes_on_beyond_one_batch(app, monkeypatch):
    monkeypatch.setattr(past, "BATCH", 2)
    for number in range(5):
        write("event.changed", subject=str(number))

    lines = list(past.all_lines(Wanted(), event_id=None, zone="UTC"))

    assert [line.subject for line in lines] == ["4", "3", "2", "1", "0"]


def test_entry_outlives_its_event_and_forgets_an_erased_person(app, db, make_event):
    event, browser = make_event("spring"), signed_in(app)
    write("event.changed", event_id=event.id, registration_id=9, subject="Mallory", changes={"name": ("M", "N")})
    with transaction() as session:
        forget_person(9)
        session.execute(delete(Event))

    page = browser.get("/organizer/history?lang=en&who=site").text

    assert page.count('class="log-line"') == 2
    assert "Mallory" not in page
    assert "云原生 Meetup 1" in page


def test_nothing_says_what_will_stand_here(app, db, make_event):
    make_event("spring")
    db.execute(delete(Entry))
    db.commit()
    browser = signed_in(app)
    db.execute(delete(Entry))
    db.commit()

    empty = browser.get("/organizer/events/spring/history?lang=en").text
    no_match = browser.get("/organizer/events/spring/history?lang=en&what=event.changed").text

    assert "Nothing has been done yet" in empty
    assert "Nothing in the history fits" in no_match
    assert "Show everything" in no_match
