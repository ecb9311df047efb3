"""One decision on many attendees: what it would do, what it does, at once and as long work."""

import re

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from app.attendees import bulk, bulk_marks, marking
from app.attendees.bulk import Action, Order, Selection
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError, ConflictError
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import THE_SITE
from app.mail.models import Letter
from app.registrations import erasing
from app.registrations.marks import AttendeeTag
from app.registrations.models import Registration, RegistrationState
from app.registrations.service import cancel
from app.work import service as work
from app.work.models import Task, TaskState
from tests.support.factories import sign_up_as, states
from tests.support.organizers import signed_in

LIST = "/organizer/events/meetup/attendees"
BULK = f"{LIST}/bulk/"


@pytest.fixture
def event(make_event):
    """Ada and Bob have the two seats, Cy and Dee wait, Eve has left, Fay and Gus wait for a decision."""
    event = make_event("meetup", capacity=2)
    for name in ("ada", "bob", "cy", "dee", "eve"):
        sign_up_as(event, name)
    cancel(sign_up_as(event, "eve2"), now=utc_now())
    with transaction():
        apply_changes(event, {"needs_approval": True}, now=utc_now())
    sign_up_as(event, "fay")
    sign_up_as(event, "gus")
    return event


def ids(db, *names):
    addresses = [f"{name}@example.com" for name in names]
    return tuple(db.scalars(select(Registration.id).where(Registration.email_key.in_(addresses))))


def tagged(db):
    db.expire_all()
    rows = db.execute(
        select(Registration.name, AttendeeTag.name)
        .join(AttendeeTag, AttendeeTag.registration_id == Registration.id)
        .order_by(Registration.id, AttendeeTag.key)
    )
    return [tuple(row) for row in rows]


def carry_out(event, order, selection):
    return bulk.carry_out(event, order, selection, by=THE_SITE, now=utc_now())


def test_outlook_tells_whom_it_concerns_and_who_is_passed_over(db, event):
    chosen = Selection(ids(db, "ada", "cy", "dee", "eve2"))

    looked = {action: bulk.outlook(event, action, chosen) for action in (Action.PROMOTE, Action.CANCEL, Action.TAG)}

    assert looked[Action.PROMOTE].concerned == {RegistrationState.WAITING: 2}
    assert looked[Action.PROMOTE].passed_over == {RegistrationState.CONFIRMED: 1, RegistrationState.CANCELLED: 1}
    assert (looked[Action.CANCEL].number, looked[Action.CANCEL].others) == (3, 1)
    assert (looked[Action.TAG].number, looked[Action.TAG].others) == (4, 0)


def test_each_decision_does_what_it_says_and_counts_it(db, event):
    everybody = Selection(is_all=True)

    ended = carry_out(event, Order(Action.CANCEL, words="No show"), Selection(ids(db, "ada", "eve2")))
    after_end = states(event)
    approved = carry_out(event, Order(Action.APPROVE), Selection(ids(db, "fay", "ada")))
    declined = carry_out(event, Order(Action.DECLINE, words="Sorry"), everybody)
    promoted = carry_out(event, Order(Action.PROMOTE, words="Speaker"), Selection(ids(db, "fay", "dee")))

    assert (ended, after_end["cy"]) == ({"cancelled": 1}, "confirmed")
    assert (approved, declined, promoted) == ({"waiting": 1}, {"declined": 1}, {"no_seat": 2})
    assert states(event) == {
        "ada": "cancelled", "bob": "confirmed", "cy": "confirmed", "dee": "waiting", "eve": "waiting",
        "eve2": "cancelled", "fay": "waiting", "gus": "declined",
    }  # fmt: skip
    reasons = db.scalars(select(Entry.changes).where(Entry.action == "registration.removed")).all()
    assert [changes["reason"] for changes in reasons] == [[None, "No show"]]


def test_what_is_missing_is_asked_for_and_nothing_is_done(db, event):
    before = states(event)

    with pytest.raises(BadInputError):
        carry_out(event, Order(Action.CANCEL), Selection(is_all=True))
    with pytest.raises(BadInputError):
        carry_out(event, Order(Action.TAG, tag=" "), Selection(is_all=True))
    with pytest.raises(ConflictError):
        carry_out(event, Order(Action.APPROVE), Selection(ids(db, "ada")))

    assert (states(event), tagged(db)) == (before, [])


def test_people_of_another_event_are_not_touched(db, event, make_event):
    stranger = sign_up_as(make_event("other"), "stranger")

    done = carry_out(event, Order(Action.TAG, tag="VIP"), Selection((stranger.id, *ids(db, "ada"))))

    assert (done, tagged(db)) == ({"tagged": 1}, [("ada", "VIP")])


def test_tag_is_put_on_and_undone_on_the_page_for_those_who_did_not_have_it(app, db, event):
    marking.add_tag(ids(db, "ada")[0], "VIP", by=THE_SITE, now=utc_now())
    browser = signed_in(app)
    who = [str(id_) for id_ in ids(db, "ada", "bob")]

    asked = browser.get(BULK, query_string=MultiDict([("lang", "en"), ("do", "tag"), *(("who", id_) for id_ in who)]))
    done = browser.post(
        f"{BULK}?lang=en", data=MultiDict([("do", "tag"), ("with-tag", "vip"), *(("who", i) for i in who)])
    )
    page = browser.get(done.location).text
    after = tagged(db)
    entry = db.scalars(select(Entry).where(Entry.action == "attendees.tagged")).one()
    browser.post(f"/organizer/events/meetup/history/{entry.id}/undo")

    assert entry.changes == {"number": [None, 1], "_people": [None, list(ids(db, "bob"))]}
    assert "2 people get the tag." in asked.text
    assert "This can be undone." in asked.text
    assert after == [("ada", "VIP"), ("bob", "vip")]
    assert "Several attendees tagged" in page
    assert "<dt>Tagged</dt><dd>1</dd>" in page
    assert tagged(db) == [("ada", "VIP")]


def test_those_who_were_ticked_are_written_to_by_a_tag_of_their_own(app, db, event):
    browser = signed_in(app)
    who = [("who", str(id_)) for id_ in ids(db, "ada", "cy")]

    asked = browser.get(BULK, query_string=MultiDict([("lang", "en"), ("do", "write"), *who])).text
    tag = re.search(r'value="(E-mail [^"]+)"', asked)
    done = browser.post(BULK, data=MultiDict([("do", "tag"), ("then", "write"), ("with-tag", tag[1]), *who]))
    message = browser.get(done.location).text
    all_of_them = browser.get(f"{BULK}?do=write&all=1&status=waiting").location
    nobody = browser.get(f"{BULK}?do=write").location

    assert "The message finds them by this tag" in asked
    assert tagged(db) == [("ada", tag[1]), ("cy", tag[1])]
    assert done.location.partition("?")[0].endswith("/organizer/events/meetup/messages/new")
    assert re.search(rf'checked[^>]*value="{tag[1]}"', message)
    assert all_of_them.endswith("/organizer/events/meetup/messages/new?status=waiting")
    assert nobody.endswith(f"{LIST}?none=1")


def test_page_says_before_that_letters_cannot_be_taken_back_and_asks_for_a_reason(app, db, event):
    browser = signed_in(app)
    who = {"do": "cancel", "who": str(ids(db, "ada")[0])}

    asked = browser.get(BULK, query_string=who | {"lang": "en"}).text
    refused = browser.post(BULK + "?lang=en", data=who)
    done = browser.post(BULK + "?lang=en", data=who | {"with-reason": "Asked for it"})
    nobody = browser.get(BULK, query_string={"do": "cancel"})

    assert "The registration of 1 person ends." in asked
    assert "this cannot be undone" in asked
    assert (refused.status_code, 'id="with-reason-error"' in refused.text) == (422, True)
    assert done.location.endswith(f"{LIST}?n-cancelled=1&lang=en")
    assert nobody.location.endswith(f"{LIST}?none=1")
    assert states(event)["ada"] == "cancelled"


def test_many_are_long_work_that_stops_at_who_was_there_and_goes_on_after_each_step(app, db, event, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE_MAX", 1)
    monkeypatch.setattr(bulk, "STEP", 2)
    browser = signed_in(app)

    answer = browser.post(BULK, data={"do": "decline", "all": "1", "q": "example", "with-words": "Sorry"})
    task = db.scalars(select(Task)).one()
    begun = (task.total, task.params["query"])
    late = sign_up_as(event, "late")
    while work.advance(utc_now()):
        pass

    db.expire_all()
    assert answer.location.endswith(f"/organizer/events/meetup/work/{task.code}")
    assert begun == (2, {"q": ["example"]})
    assert (task.state, task.done, task.counts) == (TaskState.DONE, 2, {"declined": 2})
    assert (task.params["query"], task.params["words"]) == (None, None)
    assert (states(event)["fay"], states(event)["gus"], late.state.value) == ("declined", "declined", "pending")
    assert db.scalar(select(func.count()).where(Letter.kind == "declined")) == 2


def tagged_by_long_work(browser, monkeypatch, tag="vip", *, do="tag"):
    """Tag everybody as long work of steps of two, and return the page that follows it."""
    monkeypatch.setattr(bulk, "AT_ONCE_MAX", 1)
    monkeypatch.setattr(bulk, "STEP", 2)
    monkeypatch.setattr(bulk_marks, "STEP", 2)
    task = browser.post(BULK, data={"do": do, "all": "1", "q": "example", "with-tag": tag}).location
    advance()
    return browser.get(f"{task}?lang=en").text


def advance():
    while work.advance(utc_now()):
        pass


def test_tag_on_many_is_undone_in_one_step_for_those_who_got_it_by_that(app, db, event, monkeypatch):
    at = {"by": THE_SITE, "now": utc_now()}
    marking.add_tag(ids(db, "ada")[0], "VIP", **at)
    browser = signed_in(app)
    says = browser.get(f"{BULK}?do=tag&all=1&lang=en").text
    page = tagged_by_long_work(browser, monkeypatch)
    offer = browser.get(f"{LIST}?done=&lang=en").text
    whole = db.scalars(select(Entry).where(Entry.action == "attendees.tagged")).one()
    marking.remove_tag(ids(db, "bob")[0], "vip", **at)
    marking.add_tag(ids(db, "bob")[0], "vip", **at)
    everybody = [name for name, _tag in tagged(db)]
    erasing.erase_registration(ids(db, "eve")[0], "eve@example.com", by=THE_SITE, now=utc_now())

    undo = f"/organizer/events/meetup/history/{whole.id}/undo"
    answers = [browser.post(undo).status_code for _each in range(2)]
    advance()

    assert "This can be undone." in says
    assert f'href="{LIST}?done=&amp;lang=en"' in page
    assert f'action="{undo}' in offer
    assert (whole.changes["number"], len(everybody)) == ([None, 7], 8)
    assert answers == [303, 409]
    assert tagged(db) == [("ada", "VIP"), ("bob", "vip")]
    undone = db.scalars(select(Task).where(Task.kind == bulk_marks.UNDO_KIND)).one()
    assert (undone.state, undone.counts) == (TaskState.DONE, {"untagged": 5, "unchanged": 1})


def test_history_shows_a_tag_on_many_once_and_each_of_them_when_asked(app, db, event, monkeypatch):
    browser = signed_in(app)
    tagged_by_long_work(browser, monkeypatch)
    history = "/organizer/events/meetup/history?lang=en"

    page, each = browser.get(history).text, browser.get(f"{history}&what=attendee.tagged_with_others").text
    person = browser.get(f"{LIST}/{db.scalars(select(Registration.code).limit(1)).one()}?lang=en").text

    def lines(page):
        return re.findall(r'<div class="log-what">\s*<p><strong>([^<]+)<', page)

    assert [line for line in lines(page) if "ag" in line] == ["Several attendees tagged"]
    assert lines(each) == ["Tag put on, with others"] * 8
    assert "<dt>人数</dt>" in browser.get(history.replace("lang=en", "lang=zh")).text
    assert "Tag put on, with others" in person


def test_tag_taken_off_many_and_stopped_on_the_way_is_put_on_again(app, db, event, monkeypatch):
    browser = signed_in(app)
    tagged_by_long_work(browser, monkeypatch)
    before = tagged(db)
    browser.post(BULK, data={"do": "untag", "all": "1", "with-tag": "VIP"})
    task = db.scalars(select(Task).order_by(Task.id.desc()).limit(1)).one()
    with transaction():
        bulk.step(db.get_one(Task, task.id), utc_now())
    work.stop(task.id, now=utc_now())
    advance()
    left = tagged(db)
    whole = db.scalars(select(Entry).where(Entry.action == "attendees.untagged")).one()

    browser.post(f"/organizer/events/meetup/history/{whole.id}/undo")
    advance()

    assert whole.changes["number"] == [None, 2]
    assert left == before[2:]
    assert tagged(db) == [(name, "vip") for name, _tag in before]


def test_filter_by_a_tag_goes_with_the_decision_about_another_tag(app, db, event):
    marking.add_tag(ids(db, "ada")[0], "VIP", by=THE_SITE, now=utc_now())
    browser = signed_in(app)

    asked = browser.get(f"{BULK}?do=tag&all=1&tag=VIP&lang=en").text
    browser.post(BULK, data={"do": "tag", "all": "1", "tag": "VIP", "with-tag": "Front row"})

    assert "1 person gets the tag." in asked
    assert tagged(db) == [("ada", "Front row"), ("ada", "VIP")]


def test_nobody_who_was_erased_is_meant(db, event):
    with transaction() as session:
        session.get(Registration, ids(db, "ada")[0]).erased_at = utc_now()

    assert bulk.outlook(event, Action.TAG, Selection(wanted=Wanted(), is_all=True)).number == 7
