"""The pages that make an event and say what it is, as a browser without scripts uses them."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import func, select

from app.accounts.models import Organizer, Role
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.core.times import instant_of, local_of
from app.events.models import Event, EventRole, EventState, Series, Tag, Venue
from tests.support.factories import LONG_AGO, soon
from tests.support.organizers import signed_in
from tests.support.people import make_group

NEW = "/organizer/events/new?lang=en"
FILLED = {
    "key": "once",
    "title-zh": "深圳云原生 Meetup",
    "starts_at": "2099-05-30T14:00",
    "zone": "Asia/Shanghai",
    "place": "",
    "group": "",
}


@pytest.fixture
def browser(app):
    return signed_in(app)


def fields_of(page: str, form: str = "details") -> dict[str, list[str]]:
    """Return what a browser would send of a form as it stands in the page."""
    (body,) = re.findall(rf'<form class="{form}".*?</form>', page, re.DOTALL)
    found: dict[str, list[str]] = {}

    def add(name: str, value: str) -> None:
        found.setdefault(name, []).append(unescape(value))

    for tag in re.findall(r"<input[^>]*>", body):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if attributes.get("type") in {"checkbox", "radio"} and not re.search(r"\bchecked\b", tag):
            continue
        add(attributes["name"], attributes.get("value", "y"))
    for name, value in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\r?\n?(.*?)</textarea>', body, re.DOTALL):
        add(name, value)
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', body, re.DOTALL):
        chosen = re.findall(r'<option selected value="([^"]*)"', options) or re.findall(r'value="([^"]*)"', options)[:1]
        add(name, chosen[0])
    return found


def test_title_and_beginning_are_all_that_must_be_filled_in(browser, db):
    page = browser.get(NEW)
    (form,) = re.findall(r'<form class="card".*?</form>', page.text, re.DOTALL)
    required = set(re.findall(r'name="([a-z_]+)"[^>]*\brequired\b|\brequired\b[^>]*name="([a-z_]+)"', form))
    empty = browser.post(NEW, data={"zone": "Asia/Shanghai", "place": "", "group": ""})
    wrong = re.findall(r'<li><a href="#([a-z_]+)">', empty.text)

    answer = browser.post(NEW, data=FILLED)

    assert ({name for pair in required for name in pair if name}, wrong) == (
        {"starts_at", "zone"},
        ["title", "starts_at"],
    )
    assert answer.headers["Location"] == "/organizer/events/meetup-20990530/details?done=created&lang=en"
    event = db.scalars(select(Event)).one()
    assert (local_of(event.starts_at, event.zone), event.ends_at - event.starts_at, event.state) == (
        datetime(2099, 5, 30, 14), timedelta(hours=3), EventState.DRAFT,  # noqa: DTZ001 - local
    )  # fmt: skip
    assert "The draft is there" in browser.get(answer.headers["Location"]).text


def test_who_is_in_a_hurry_publishes_on_the_second_page(browser, db):
    created = browser.post(NEW, data=FILLED | {"then": "publish"})
    second = browser.get(created.headers["Location"])
    (action,) = re.findall(r'<form action="([^"]*/publication[^"]*)" method="post">', second.text)

    browser.post(unescape(action))

    assert "Publish now" in second.text
    assert 'data-saved="/organizer/events/new"' in second.text
    assert db.scalars(select(Event)).one().state == EventState.PUBLISHED


def test_form_sent_twice_leads_to_the_same_event(browser, db):
    answers = [browser.post(NEW, data=FILLED).headers["Location"] for _time in range(2)]

    assert answers[0] == answers[1]
    assert db.scalar(select(func.count()).select_from(Event)) == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"ends_at": "2099-05-30T13:00"}, "ends_at", "before the beginning"),
        ({"ends_at": "2099-08-30T13:00"}, "ends_at", "at most 31 days"),
        ({"starts_at": "tomorrow"}, "starts_at", "2026-05-30 13:00"),
        ({"starts_at": "2026-03-29T02:30", "zone": "Europe/Berlin"}, "starts_at", "clocks are set forward"),
        ({"zone": "Asia/Peking"}, "zone", "no such time zone"),
        ({"zone": "../etc/passwd"}, "zone", "no such time zone"),
        ({"capacity": "-1"}, "capacity", "0 to 100,000"),
        ({"place": "gehua", "new_place": "Tower"}, "new_place", "not both"),
    ],
)
def test_bad_entry_is_told_beside_its_field_and_nothing_is_made(browser, db, make_event, changes, field, words):
    make_event()

    answer = browser.post(NEW, data=FILLED | changes)

    beside = re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert (answer.status_code, beside is not None and words in beside[1]) == (422, True), answer.text
    assert "深圳云原生 Meetup" in answer.text
    assert db.scalar(select(func.count()).select_from(Event)) == 1


def test_earlier_events_of_a_group_are_offered_as_templates(browser, make_event):
    group = make_group("shenzhen")
    make_event("of-the-group", groups=[group])
    make_event("other")

    everything, of_the_group = browser.get(NEW).text, browser.get(f"{NEW}&group=shenzhen").text

    assert ("/other/copy" in everything, "/of-the-group/copy" in everything) == (True, True)
    assert ("/other/copy" in of_the_group, "/of-the-group/copy" in of_the_group) == (False, True)


def with_role(app, role: Role | None, *events: Event):
    client = signed_in(app, "bob@example.com", name="Bob")
    with transaction() as session:
        bob = session.scalars(select(Organizer).where(Organizer.email == "bob@example.com")).one()
        bob.role = role
        session.add_all(
            EventRole(event_id=event.id, organizer_id=bob.id, role=Role.ORGANIZER, created_at=LONG_AGO)
            for event in events
        )
    return client


@pytest.mark.parametrize(("role", "status"), [(Role.ORGANIZER, 200), (Role.EDITOR, 403), (Role.VIEWER, 403)])
def test_new_events_are_made_by_those_who_may(app, role, status):
    client = with_role(app, role)

    assert client.get("/organizer/events/new").status_code == status
    assert (client.post("/organizer/events/new", data=FILLED).status_code == 303) == (status == 200)


def test_organizer_of_one_event_edits_it_but_makes_no_others_of_it(app, make_event):
    mine, other = make_event(), make_event()
    client = with_role(app, None, mine)

    assert client.get(f"/organizer/events/{mine.slug}/details").status_code == 200
    assert client.get(f"/organizer/events/{mine.slug}/copy").status_code == 403
    assert client.get(f"/organizer/events/{other.slug}/details").status_code == 404


def test_copies_are_shown_and_then_made_as_a_series(browser, db, make_event):
    make_event("monthly", starts_at=instant_of(datetime(2026, 5, 30, 14), "Asia/Shanghai"))  # noqa: DTZ001 - local
    sent = {
        "key": "once", "day": "2026-10-10", "at": "14:00", "repeat": "monthly", "every": "1", "count": "3",
        "series-en": "Monthly",
    }  # fmt: skip

    shown = browser.post("/organizer/events/monthly/copy?lang=en", data=sent | {"show": "1"})
    before = db.scalar(select(func.count()).select_from(Event))
    answers = [browser.post("/organizer/events/monthly/copy", data=sent).headers["Location"] for _time in range(2)]

    days = ["Saturday, 10 October 2026", "Saturday, 14 November 2026", "Saturday, 12 December 2026"]
    assert [day for day in days if day in shown.text] == days
    assert "is a working day in China" in shown.text
    assert before == 1
    assert answers == ["/organizer/events/monthly-20261010/details?done=series"] * 2
    slugs = db.scalars(select(Event.slug).where(Event.series_id.is_not(None)).order_by(Event.starts_at)).all()
    assert slugs == ["monthly-20261010", "monthly-20261114", "monthly-20261212"]
    assert db.scalars(select(Series)).one().name == Texts(en="Monthly")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day": ""}, "Please give a date"),
        ({"repeat": "weekly"}, "give the series a name"),
        ({"repeat": "weekly", "count": "31"}, "from 1 to 30"),
        ({"repeat": "dates", "dates": "2026-06-01\nsoon", "series-en": "x"}, "This is no date: soon"),
        ({"repeat": "dates", "dates": "\n".join(f"2026-{m:02}-{d:02}" for m in (7, 8) for d in range(1, 17)),
          "series-en": "x"}, "At most 30 events"),
        ({"repeat": "yearly"}, "Not a valid choice"),
    ],
)  # fmt: skip
def test_bad_wish_for_copies_is_refused(browser, db, make_event, changes, words):
    make_event("monthly")
    sent = {"key": "once", "day": "2026-05-30", "at": "14:00", "repeat": "once", "every": "1", "count": "3"}

    answer = browser.post("/organizer/events/monthly/copy?lang=en", data=sent | changes)

    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert db.scalar(select(func.count()).select_from(Event)) == 1


@pytest.fixture
def draft(make_event):
    return make_event("draft", state=EventState.DRAFT, starts_at=soon())


DETAILS = "/organizer/events/draft/details?lang=en"


def test_page_saved_as_it_stands_changes_nothing(browser, db, draft):
    page = browser.get(DETAILS)

    answer = browser.post(DETAILS, data=fields_of(page.text))

    assert answer.headers["Location"] == "/organizer/events/draft/details?done=saved&lang=en"
    assert db.get(Event, draft.id).revision == 1


def test_details_are_saved_without_scripts_row_by_row(browser, db, draft):
    sent = fields_of(browser.get(DETAILS).text)

    more = browser.post(DETAILS, data=sent | {"more": "credits", "notice-en": "kept while rows are added"})
    sent = fields_of(more.text)
    answer = browser.post(DETAILS, data=sent | {
        "title-en": "Renamed", "credits-0-name-en": "Host", "credits-1-role": "sponsor", "credits-1-name-en": "Money",
        "credits-1-url": "https://money.example.org", "links-0-label-zh": "幻灯片", "links-0-url": "https://s.example.org",
        "new_tags": "DevOps，云原生", "new_venue": "Tower", "new_city": "深圳", "contact_email": "Meet@Example.org",
    })  # fmt: skip

    assert (more.status_code, "credits-2-role" in sent, "credits-3-role" in sent) == (200, True, False)
    assert answer.status_code == 303, answer.text
    event = db.get(Event, draft.id)
    assert (event.title.en, event.notice) == ("Renamed", Texts(en="kept while rows are added"))
    assert event.credits == [
        {"role": "host", "name": {"en": "Host"}, "url": None},
        {"role": "sponsor", "name": {"en": "Money"}, "url": "https://money.example.org"},
    ]
    assert event.links == [{"label": {"zh": "幻灯片"}, "url": "https://s.example.org"}]
    assert (event.venue.name, event.city.slug, event.contact_email) == (
        Texts(en="Tower"),
        "shenzhen",
        "Meet@example.org",
    )
    assert sorted(tag.name.zh or tag.name.en for tag in event.tags) == ["DevOps", "云原生"]
    emptied = fields_of(browser.get(DETAILS).text) | {
        "credits-0-name-en": "",
        "links-0-label-zh": "",
        "links-0-url": "",
    }
    browser.post(DETAILS, data=emptied)
    after = db.get(Event, draft.id)
    assert ([line["name"] for line in after.credits], after.links) == ([{"en": "Money"}], [])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title-zh": "", "title-en": ""}, "in one language at least"),
        ({"ends_at": "2001-01-01T10:00"}, "before the beginning"),
        ({"online_url": "javascript:alert(1)"}, "beginning with https://"),
        ({"contact_email": "nobody"}, "no complete e-mail address"),
        ({"links-0-url": "https://x.example.org"}, "both a text and an address"),
        ({"credits-0-url": "https://x.example.org"}, "Please give a name"),
        ({"links-0-label-en": "x", "links-0-url": "ftp://x"}, "beginning with https://"),
        ({"zone": "Mars"}, "no such time zone"),
        ({"new_tags": ",".join("abcdefghijkl")}, "At most ten"),
        ({"mode": "by-rocket"}, "Not a valid choice"),
    ],
)
def test_bad_details_are_refused_and_what_was_typed_is_kept(browser, db, draft, changes, words):
    sent = fields_of(browser.get(DETAILS).text) | {"notice-en": "typed before"}

    answer = browser.post(DETAILS, data=sent | changes)

    assert (answer.status_code, words in answer.text, "typed before" in answer.text) == (422, True, True), answer.text
    assert db.get(Event, draft.id).revision == 1


def test_missing_translations_are_counted_and_marked(browser, make_event):
    make_event("draft", title=Texts(zh="只有中文"), summary=Texts(en="Only English"), notice=Texts(zh="二", en="two"))

    page = browser.get(DETAILS).text

    assert "2 texts are missing in one language" in page
    assert page.count(">missing<") == 2


def test_preview_without_scripts_cleans_what_was_written(browser, draft):
    sent = fields_of(browser.get(DETAILS).text)
    text = "**strong** <script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"

    answer = browser.post(DETAILS, data=sent | {"description-en": text, "preview": "1"})

    (shown,) = re.findall(r'<div class="previews".*?</div>\s*</div>', answer.text, re.DOTALL)
    assert answer.status_code == 200
    assert "<strong>strong</strong>" in shown
    assert not re.search(r"<script|<img|href=.javascript", shown)
    assert unescape(answer.text).count(text) >= 1


def test_preview_for_scripts_is_the_cleaned_text_alone(browser):
    answer = browser.post("/organizer/preview", data={"text": "## a\n<b onclick=x>b</b> [y](https://example.org)"})

    assert (answer.status_code, answer.text.strip()) == (
        200,
        (
            '<div class="prose"><h3>a</h3>\n<p>&lt;b onclick=x&gt;b&lt;/b&gt; '
            '<a href="https://example.org" rel="noopener nofollow ugc">y</a></p>\n</div>'
        ),
    )


def test_long_description_in_both_languages_is_taken(browser, db, draft):
    sent = fields_of(browser.get(DETAILS).text)

    answer = browser.post(DETAILS, data=sent | {"description-zh": "云" * 20_000, "description-en": "a" * 20_000})

    assert answer.status_code == 303, answer.text[:300]
    assert len(db.get(Event, draft.id).description.zh) == 20_000


def test_second_of_two_editors_sees_both_versions_and_decides(app, db, draft):
    ada, bob = signed_in(app), signed_in(app, "bob@example.com")
    hers, his = fields_of(ada.get(DETAILS).text), fields_of(bob.get(DETAILS).text)
    ada.post(DETAILS, data=hers | {"title-en": "Hers", "notice-en": "her notice"})

    clash = bob.post(DETAILS, data=his | {"title-en": "His", "lead-en": "his lead"})
    undecided = bob.post(DETAILS, data=fields_of(clash.text))
    unsaved = db.get(Event, draft.id).title.en
    decision = re.findall(r'name="keep-title" value="([^"]+)"', clash.text)
    saved = bob.post(DETAILS, data=fields_of(undecided.text) | {"keep-title": decision[1]})

    assert (clash.status_code, undecided.status_code, unsaved, saved.status_code) == (409, 409, "Hers", 303)
    assert decision[0] == "theirs"
    assert ("Hers" in clash.text, "her notice" in clash.text, "keep-notice" in clash.text) == (True, True, False)
    event = db.get(Event, draft.id)
    assert (event.title.en, event.summary.en, event.notice.en) == ("His", "his lead", "her notice")


def test_new_city_of_a_clash_goes_back_into_its_field(app, draft):
    ada, bob = signed_in(app), signed_in(app, "bob@example.com")
    hers, his = fields_of(ada.get(DETAILS).text), fields_of(bob.get(DETAILS).text)
    ada.post(DETAILS, data=hers | {"venue": "", "new_city": "上海"})

    clash = bob.post(DETAILS, data=his | {"venue": "", "new_city": "深圳", "new_tags": "a, b"})

    sent = fields_of(clash.text)
    assert (clash.status_code, sent["new_city"], sent["new_tags"]) == (409, ["深圳"], ["a, b"])


def test_time_and_place_of_a_published_event_are_shown_but_not_asked(browser, db, make_event):
    event = make_event("public")
    page = browser.get("/organizer/events/public/details?lang=en")

    sent = fields_of(page.text)
    browser.post("/organizer/events/public/details", data=sent | {"starts_at": "2099-01-01T00:00", "title-en": "New"})

    assert "starts_at" not in sent
    assert "Gehua Tower" in page.text
    assert "/organizer/events/public/schedule" in page.text
    after = db.get(Event, event.id)
    assert (after.starts_at, after.title.en) == (event.starts_at, "New")


def test_days_are_warned_of_on_the_page_that_follows(browser, make_event):
    # Labour Day; the clock of the page is the real one, so the day is taken from years that are still to come.
    day = (utc_now() + timedelta(days=60)).replace(hour=5, minute=0, second=0, microsecond=0)
    make_event("one", starts_at=day, title=Texts(en="First one"))
    make_event("two", starts_at=day)

    page = browser.get("/organizer/events/two/details?lang=en")

    assert "Another event takes place in Beijing" in page.text
    assert "First one" in page.text


@pytest.mark.parametrize("path", ["/organizer/events/new", "/organizer/events/draft/details", "/organizer/venues/"])
def test_page_takes_as_many_statements_for_three_rows_as_for_one(browser, draft, make_event, count_statements, path):
    def seen() -> int:
        with count_statements() as statements:
            assert browser.get(path).status_code == 200
        return len(statements)

    seen()  # what a process asks once
    one = seen()
    for number in range(2):
        with transaction() as session:
            session.add(Tag(slug=f"tag-{number}", name=Texts(en=f"Tag {number}")))
            session.add(Venue(slug=f"venue-{number}", name=Texts(en=f"Venue {number}"), revised_at=LONG_AGO))
        make_event(groups=[make_group(f"group-{number}")], starts_at=soon())

    assert seen() == one <= 10
