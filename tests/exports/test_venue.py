"""The venue list: frozen, compared, handed over once, deleted on its date."""

import csv
import io
import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select, update

from app.accounts.models import Organizer, Role
from app.attendees import editing
from app.attendees.editing import Correction
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import GoneError, NotFoundError
from app.events.models import Event, EventRole
from app.exports import forgetting, handing_over, venue
from app.exports.models import VenueCell, VenueLink, VenueList, VenueRow
from app.history.models import Entry
from app.history.service import THE_SITE, Actor
from app.registrations import erasing, service, transfers
from app.registrations.models import Purpose, QuestionKind, Transfer
from app.registrations.queries import all_questions_of
from tests.registrations.samples import ENGLISH
from tests.registrations.test_purposes import ID_CARD
from tests.support.factories import LONG_AGO, add_question, sign_up_as
from tests.support.organizers import remove, signed_in
from tests.support.world import organizer_named

ALL = {"q_company", "q_id", "ticket_type"}
BASE = "/organizer/events/meetup/exports/venue"


@pytest.fixture
def event(make_event):
    event = make_event("meetup", capacity=3)
    add_question(event, "company", purpose=Purpose.COMPANY)
    add_question(event, "id", purpose=Purpose.ID_NUMBER, is_after_acceptance=True, is_masked=True, keep_days=7)
    add_question(event, "phone", kind=QuestionKind.PHONE, purpose=Purpose.PHONE, is_after_acceptance=True)
    add_question(event, "acme", purpose=Purpose.SPONSOR_CONSENT)
    return event


@pytest.fixture
def people(event):
    ids = {question.key: question.id for question in all_questions_of(event.id)}
    answers = {ids["company"]: "=Acme", ids["id"]: ID_CARD}
    return [
        sign_up_as(event, "bob"), sign_up_as(event, "ada", answers=answers), sign_up_as(event, "cyd"),
        sign_up_as(event, "waits"),
    ]  # fmt: skip


@pytest.fixture
def ada(app):
    """The browser of an organizer."""
    return signed_in(app)


@pytest.fixture
def frozen(event, people, ada):
    by = Actor(organizer_id=organizer_named("ada@example.com").id)
    version = venue.freeze(event, ALL, language="en", by=by, now=utc_now())
    return venue.frozen_list(event.id, version)


def make_link(frozen, **options):
    by = Actor(organizer_id=organizer_named("ada@example.com").id)
    return handing_over.make_link(frozen, "Front desk", **({"days": 3, "by": by, "now": utc_now()} | options))


def table(response):
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"), newline="")))


def changes(frozen):
    return venue.changes(frozen, venue.columns_of(frozen, all_questions_of(frozen.event_id)))


ROWS = [
    ["Name", "Ticket type", "Ask company", "Ask id"],
    ["ada", "On site", "'=Acme", ID_CARD],
    ["bob", "On site", "", ""],
    ["cyd", "On site", "", ""],
]


def test_a_list_holds_who_has_a_place_as_they_were_when_it_was_frozen(client, event, people, frozen):
    _bob, ada, cyd, _waits = people
    service.cancel(cyd, now=utc_now())  # the next in line has the place
    company = next(each.id for each in all_questions_of(event.id) if each.key == "company")
    service.change_answers(ada, name="Ada Changed", answers={company: "Other"}, now=utc_now())

    taken = table(client.post(f"/lists/{make_link(frozen)}", data={"format": "csv"}))

    assert taken == ROWS
    assert changes(frozen) == venue.Changes(came=1, left=1, changed=1)


def test_nothing_has_changed_just_after_freezing(frozen):
    assert not changes(frozen)


def test_an_answer_that_came_later_is_a_change(event, people, frozen):
    bob = people[0]
    questions = [each for each in all_questions_of(event.id) if each.key == "id"]
    service.answer_later(bob, questions, {questions[0].id: ID_CARD}, now=utc_now())

    assert changes(frozen) == venue.Changes(came=0, left=0, changed=1)


def test_a_new_version_stands_beside_the_old_one(ada, event, people, frozen):
    service.cancel(people[0], now=utc_now())

    response = ada.post(BASE, data={"use": ["q_id", "q_acme", "q_made_up"]})

    newest = venue.lists(event.id)[0]
    assert (response.status_code, newest.version, newest.columns) == (303, 2, ["name", "q_id"])
    assert (changes(frozen).left, changes(newest).left) == (1, 0)


def test_pages_show_a_list_masked(ada, frozen):
    page = ada.get(f"{BASE}/{frozen.version}", headers=ENGLISH).text

    assert ("••••002X" in page, ID_CARD in page, "=Acme" in page) == (True, False, True)


def test_an_organizer_takes_a_list_whole_and_it_is_written_down(ada, db, frozen):
    taken = table(ada.get(f"{BASE}/{frozen.version}/file.csv"))

    assert taken == ROWS
    entry = db.scalars(select(Entry).where(Entry.action == "venue_list.downloaded")).one()
    assert entry.changes == {"version": [None, 1], "format": [None, "csv"], "rows": [None, 3]}


def test_a_link_is_shown_once_and_only_its_digest_is_kept(ada, db, frozen):
    response = ada.post(f"{BASE}/{frozen.version}/links", data={"label": "Front desk", "days": "1"}, headers=ENGLISH)

    secret = response.text.partition("/lists/")[2].partition("?")[0]
    link = db.scalars(select(VenueLink)).one()
    assert (len(secret) > 40, secret in link.token_hash) == (True, False)
    assert handing_over.offered(secret, now=utc_now())[0].id == link.id
    assert "/lists/" not in ada.get(f"{BASE}/{frozen.version}", headers=ENGLISH).text


def test_where_nothing_is_asked_for_the_venue_the_page_leads_to_a_question(app, make_event):
    make_event("meetup")

    page = signed_in(app).get("/organizer/events/meetup/exports/venue", headers=ENGLISH).text

    assert "Nothing is asked for the venue yet." in page
    assert re.search(r'href="/organizer/events/meetup/sign-up/questions/new[^"]*">Add a question', page)
    assert re.search(r'href="/organizer/events/meetup/sign-up/?[^"]*">The questions there are', page)


def test_the_link_can_be_copied_by_a_button(ada, frozen):
    page = ada.post(f"{BASE}/{frozen.version}/links", data={"label": "Front desk", "days": "1"}).text

    assert re.search(r'<code class="long" id="link">http[^<]+/lists/[^<]+</code> <button [^>]*data-copy="link"', page)


def test_looking_at_the_page_does_not_use_the_link_up_and_taking_does(client, db, frozen):
    secret = make_link(frozen)

    looks = [
        client.get(f"/lists/{secret}", headers=ENGLISH),
        client.head(f"/lists/{secret}"),
        client.get(f"/lists/{secret}"),
    ]
    first = client.post(f"/lists/{secret}", data={"format": "xlsx"})
    again = [client.post(f"/lists/{secret}"), client.get(f"/lists/{secret}", headers=ENGLISH)]

    assert [each.status_code for each in (*looks, first, *again)] == [200, 200, 200, 200, 410, 410]
    assert ("3" in looks[0].text, "ada" in looks[0].text) == (True, False)
    assert looks[0].headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "taken with this link already" in again[1].text
    entry = db.scalars(select(Entry).where(Entry.action == "venue_list.handed_over")).one()
    assert (entry.subject, entry.organizer_id, entry.event_id) == ("1", None, frozen.event_id)
    assert entry.changes == {"format": [None, "xlsx"], "rows": [None, 3]}


def test_of_many_who_press_at_once_one_gets_the_list(app, db, frozen):
    secret, number = make_link(frozen), 8
    db.commit()
    barrier, statuses = Barrier(number), []

    def press():
        client = app.test_client()
        barrier.wait()
        statuses.append(client.post(f"/lists/{secret}", data={"format": "csv"}).status_code)

    threads = [Thread(target=press) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [410] * (number - 1)
    assert db.scalar(select(func.count()).where(Entry.action == "venue_list.handed_over")) == 1


def test_a_link_ends_in_time(client, frozen):
    secret = make_link(frozen, days=1, now=utc_now() - timedelta(days=1, seconds=1))

    response = client.post(f"/lists/{secret}", headers=ENGLISH)

    assert (response.status_code, "has expired" in response.text) == (410, True)


def test_a_link_that_was_revoked_gives_nothing_and_one_that_was_used_cannot_be_revoked(ada, client, frozen):
    revoked, used = make_link(frozen), make_link(frozen)
    newest, oldest = venue.links(frozen.id)
    client.post(f"/lists/{used}")

    answers = [ada.post(f"{BASE}/{frozen.version}/links/{each.id}/revocation") for each in (oldest, newest)]

    assert [each.status_code for each in answers] == [303, 409]
    assert client.post(f"/lists/{revoked}").status_code == 410


def test_a_link_ends_with_the_right_of_whoever_made_it(client, frozen):
    secret = make_link(frozen)
    remove("ada@example.com")

    response = client.post(f"/lists/{secret}", headers=ENGLISH)

    assert (response.status_code, "revoked" in response.text) == (410, True)


def test_a_made_up_link_opens_nothing(frozen):
    with pytest.raises(NotFoundError):
        handing_over.take("made-up", "csv", now=utc_now())


def test_somebody_whose_right_was_taken_hands_nothing_over(app, ada, db, event, frozen):
    signed_in(app, "owner@example.com", name="Owner")
    with transaction() as session:
        eve = session.scalars(select(Organizer).where(Organizer.email == "ada@example.com")).one()
        eve.role = None
        session.add(EventRole(event_id=event.id, organizer_id=eve.id, role=Role.VIEWER, created_at=utc_now()))

    answers = [
        ada.post(f"{BASE}/{frozen.version}/links", data={"label": "Me", "days": "1"}),
        ada.get(f"{BASE}/{frozen.version}?after=1"),
        ada.get(f"{BASE}/{frozen.version}/file.csv"),
    ]

    assert [each.status_code for each in answers] == [403, 403, 403]
    assert db.scalar(select(func.count(VenueLink.id))) == 0


def over(days):
    with transaction() as session:
        ends_at = utc_now() - timedelta(days=days)
        session.execute(update(Event).values(starts_at=LONG_AGO, ends_at=ends_at))


@pytest.mark.parametrize(("columns", "days"), [(ALL, 7), ({"q_company"}, 30)])
def test_a_list_is_deleted_with_its_answers_and_after_thirty_days_at_last(db, event, people, columns, days):
    version = venue.freeze(event, columns, language="en", by=THE_SITE, now=utc_now())

    over(days - 0.01)
    forgetting.forget_lists(utc_now())
    before = db.scalar(select(func.count()).select_from(VenueRow))
    over(days)
    forgetting.forget_lists(utc_now())

    db.expire_all()
    rows = [db.scalar(select(func.count()).select_from(each)) for each in (VenueRow, VenueCell)]
    assert (before, rows) == (3, [0, 0])
    assert venue.frozen_list(event.id, version).deleted_at is not None


def test_a_list_that_was_deleted_is_handed_over_no_more(db, ada, frozen):
    secret = make_link(frozen)
    over(8)

    with pytest.raises(GoneError):
        handing_over.take(secret, "csv", now=utc_now())
    forgetting.forget_lists(utc_now())
    db.expire_all()
    answers = [
        ada.get(f"{BASE}/{frozen.version}/file.csv"),
        ada.post(f"{BASE}/{frozen.version}/links", data={"label": "Desk", "days": "1"}),
    ]

    assert [each.status_code for each in answers] == [410, 409]


def test_many_are_deleted_step_by_step(db, monkeypatch, frozen):
    monkeypatch.setattr(forgetting, "STEP", 2)  # the size of a step is ours to choose
    over(8)

    done = [forgetting.forget_lists(utc_now()) for _ in range(3)]

    assert done == [3, 2, 0]


def test_erasing_somebody_takes_them_off_every_list(db, people, frozen):
    ada = people[1]

    erasing.erase_person(ada.email_key, by=THE_SITE, now=utc_now())

    db.expire_all()
    assert db.scalars(select(VenueRow.name).order_by(VenueRow.position)).all() == ["bob", "cyd"]
    assert db.scalar(select(func.count()).select_from(VenueCell)) == 0
    assert db.scalars(select(VenueList.people)).all() == [2]


def cells(db):
    db.expire_all()
    return {value for (value,) in db.execute(select(VenueCell.value))}


def test_an_answer_that_somebody_takes_back_is_on_no_list_any_more(db, event, people, frozen):
    ada, questions = people[1], [each for each in all_questions_of(event.id) if each.key == "id"]
    before = cells(db)

    service.answer_later(ada, questions, {}, now=utc_now())
    without_id = cells(db)
    service.change_answers(ada, name="ada", answers={}, now=utc_now())

    assert (before, without_id, cells(db)) == ({"=Acme", ID_CARD}, {"=Acme"}, set())


def test_answers_of_who_gives_the_place_back_are_on_no_list_any_more_and_that_they_left_is(db, people, frozen):
    service.cancel(people[1], now=utc_now())

    assert (cells(db), changes(frozen)) == (set(), venue.Changes(came=1, left=1, changed=0))


def test_answers_of_who_passes_the_place_on_are_on_no_list_any_more(db, people, frozen):
    eve = transfers.Receiver("Eve", normalise("eve@example.com"))
    transfers.pass_on(people[1], eve, language="en", now=utc_now())

    transfer = db.scalars(select(Transfer)).one()
    transfers.accept(transfer, name="Eve", answers={}, language="en", now=utc_now())

    assert cells(db) == set()


def test_an_answer_that_organizers_take_away_is_on_no_list_any_more(db, event, people, frozen):
    ada, company = people[1], next(each.id for each in all_questions_of(event.id) if each.key == "company")
    wish = Correction("ada", normalise(ada.email), {}, frozenset({company}))

    editing.correct(ada.id, wish, by=THE_SITE, now=utc_now())

    assert cells(db) == {ID_CARD}


def test_a_long_list_is_read_page_by_page(monkeypatch, ada, frozen):
    monkeypatch.setattr(venue, "PER_PAGE", 2)
    monkeypatch.setattr(venue, "BATCH", 2)

    pages = [ada.get(f"{BASE}/1{query}", headers=ENGLISH).text for query in ("", "?after=2")]

    assert [[name in page for name in ("ada", "bob", "cyd")] for page in pages] == [
        [True, True, False],
        [False, False, True],
    ] or [("cyd" in page) for page in pages] == [False, True]
    assert table(ada.get(f"{BASE}/1/file.csv")) == ROWS
