"""A change of an event is taken back whole, or not at all."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import Event, EventState, Mode, SessionKind, Venue
from app.events.service import apply_changes
from app.history.models import Entry
from app.history.service import VALUE_MAX
from app.mail.models import Letter
from app.registrations.changes import announce
from tests.support.factories import sign_up_as
from tests.support.organizers import signed_in
from tests.support.people import add_session, make_group, make_person


def change(event, values, **options):
    with transaction():
        apply_changes(event, values, now=utc_now(), **options)


def last(db, action="event.changed"):
    return db.scalars(select(Entry.id).where(Entry.action == action).order_by(Entry.id.desc()).limit(1)).one()


def undo(browser, event, entry_id):
    return browser.post(f"/organizer/events/{event.slug}/history/{entry_id}/undo")


def fresh(db, event):
    db.rollback()
    db.expire_all()
    return db.get(Event, event.id)


def test_every_kind_of_field_comes_back(app, db, make_event):
    one, two, three = make_group("a"), make_group("b"), make_group("c")
    event = make_event("spring", groups=[one, two], sign_up_closes_at=None)
    before = {
        "title": event.title, "starts_at": event.starts_at, "ends_at": event.ends_at, "venue_id": event.venue_id,
        "city_id": event.city_id, "groups": [one.id, two.id], "mode": event.mode, "is_all_day": False,
        "zone": event.zone, "online_url": None, "reminders": event.reminders, "credits": [], "sign_up_closes_at": None,
        "contact_email": None,
    }  # fmt: skip
    change(
        event,
        {
            "title": Texts(zh="别的"), "starts_at": event.starts_at + timedelta(days=1),
            "ends_at": event.ends_at + timedelta(days=1),
            "venue": Venue(slug="else", name=Texts(en="Elsewhere"), revised_at=utc_now()), "city": None,
            "groups": [two, three], "mode": Mode.ONLINE, "is_all_day": True, "zone": "Europe/Berlin",
            "online_url": "https://example.org", "reminders": [60],
            "credits": [{"role": "host", "name": {"en": "A"}}],
            "sign_up_closes_at": event.starts_at, "contact_email": "a@example.org",
        },
    )  # fmt: skip
    sequence = event.sequence

    answer = undo(signed_in(app), event, last(db))

    event = fresh(db, event)
    now = {name: getattr(event, name) for name in before} | {"groups": sorted(group.id for group in event.groups)}
    assert answer.status_code == 303
    assert now == before
    assert event.sequence == sequence + 1


def test_undoing_is_written_down_and_can_be_undone_in_its_turn(app, db, make_event):
    event, browser = make_event("spring", title=Texts(en="One")), signed_in(app)
    change(event, {"title": Texts(en="Two")})
    first = last(db)

    undo(browser, event, first)
    taken_back, second = fresh(db, event).title, last(db)
    undo(browser, event, second)

    assert (taken_back, fresh(db, event).title) == (Texts(en="One"), Texts(en="Two"))
    undone = db.scalars(select(Entry).where(Entry.action == "history.undone").order_by(Entry.id)).all()
    assert [entry.changes["_entry"][0] for entry in undone] == [first, second]
    assert undo(browser, event, first).status_code == 409


def test_what_was_touched_again_is_left_alone(app, db, make_event):
    event, browser = make_event("spring"), signed_in(app)
    change(event, {"title": Texts(en="Two"), "summary": Texts(en="S")})
    first = last(db)
    change(event, {"summary": Texts(en="T")})

    answer = undo(browser, event, first)

    assert answer.status_code == 409
    assert (fresh(db, event).title, fresh(db, event).summary) == (Texts(en="Two"), Texts(en="T"))


def test_what_was_written_past_the_history_is_left_alone(app, db, make_event):
    event, browser = make_event("spring"), signed_in(app)
    change(event, {"title": Texts(en="Two")})
    event.title = Texts(en="Three")
    db.commit()

    assert undo(browser, event, last(db)).status_code == 409
    assert fresh(db, event).title == Texts(en="Three")


def test_change_beside_others_can_be_undone(app, db, make_event):
    event, browser = make_event("spring", title=Texts(en="One")), signed_in(app)
    change(event, {"title": Texts(en="Two")})
    first = last(db)
    change(event, {"summary": Texts(en="T")})

    assert undo(browser, event, first).status_code == 303
    assert (fresh(db, event).title, fresh(db, event).summary) == (Texts(en="One"), Texts(en="T"))


@pytest.mark.parametrize(
    "values",
    [{"state": EventState.CANCELLED, "cancellation_reason": Texts(en="Rain.")}, {"needs_approval": True}],
    ids=["cancelled", "approval"],
)
def test_what_people_were_told_cannot_be_undone(app, db, make_event, values):
    event, browser = make_event("spring"), signed_in(app)
    change(event, values)

    page = browser.get("/organizer/events/spring/history").text

    assert "/undo" not in page
    assert undo(browser, event, last(db)).status_code == 409
    assert fresh(db, event).revision == 2


def test_text_that_the_history_holds_in_part_cannot_be_undone(app, db, make_event):
    event, browser = make_event("spring", description=Texts(en="x" * (VALUE_MAX + 1))), signed_in(app)
    change(event, {"description": Texts()})

    assert undo(browser, event, last(db)).status_code == 409


def test_list_changed_by_its_number_alone_cannot_be_undone(app, db, make_event):
    event, browser = make_event("spring"), signed_in(app)
    change(event, {}, parts={"agenda": (2, 3)})

    assert undo(browser, event, last(db)).status_code == 409


def test_entry_of_another_event_is_not_found_here(app, db, make_event):
    event, other, browser = make_event("spring"), make_event("other"), signed_in(app)
    change(event, {"title": Texts(en="Two")})

    assert undo(browser, other, last(db)).status_code == 404
    assert fresh(db, event).title == Texts(en="Two")


def test_letter_about_a_move_that_was_taken_back_has_nothing_to_say(app, db, make_event):
    event, browser = make_event("spring"), signed_in(app)
    sign_up_as(event, "ada")
    change(event, {"starts_at": event.starts_at + timedelta(hours=1)})

    undo(browser, event, last(db))

    announce(utc_now() + timedelta(days=1))
    # Both gathered in one letter, which is not sent once before and after are the same.
    assert db.scalars(select(Letter.kind)).all() == ["confirmed"]


def test_what_an_agenda_lost_comes_back_from_the_history(app, db, make_event):
    event, browser = make_event("spring"), signed_in(app)
    item = add_session(event, "Edge computing", make_person("ada"), kind=SessionKind.WORKSHOP)
    browser.post(f"/organizer/events/spring/agenda/sessions/{item.id}/removal")
    lost = len(fresh(db, event).sessions)

    answer = undo(browser, event, last(db, "agenda.removed"))

    (back,) = fresh(db, event).sessions
    assert (lost, answer.status_code) == (0, 303)
    assert (back.title, back.kind, [part.person.slug for part in back.speakers]) == (
        Texts(zh="Edge computing"), SessionKind.WORKSHOP, ["ada"],
    )  # fmt: skip
    assert undo(browser, event, last(db, "agenda.removed")).status_code == 409
