"""Tags and notes on attendees: put on, taken off, told to the person, gone with them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.attendees import marking
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError, ConflictError
from app.history.models import Entry
from app.history.service import THE_SITE
from app.registrations import erasing, mine
from app.registrations.marks import AttendeeNote, AttendeeTag
from app.registrations.models import Registration
from tests.support.factories import sign_up_as
from tests.support.organizers import signed_in

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LIST = "/organizer/events/meetup/attendees"


@pytest.fixture
def ada(make_event):
    return sign_up_as(make_event("meetup"), "ada")


def test_tag_stands_once_whatever_its_case_and_each_change_in_the_history(db, ada):
    for name in ("VIP", " vip ", "Press"):
        marking.add_tag(ada.id, name, by=THE_SITE, now=NOW)
    marking.remove_tag(ada.id, "PRESS", by=THE_SITE, now=NOW)
    marking.remove_tag(ada.id, "none", by=THE_SITE, now=NOW)

    assert marking.tags_on([ada.id]) == {ada.id: ["VIP"]}
    entries = db.execute(select(Entry.action, Entry.changes).order_by(Entry.id)).all()
    assert [tuple(row) for row in entries if row.action.startswith("attendee.")] == [
        ("attendee.tagged", {"tag": [None, "VIP"]}),
        ("attendee.tagged", {"tag": [None, "Press"]}),
        ("attendee.untagged", {"tag": ["Press", None]}),
    ]


@pytest.mark.parametrize("name", ["", "  ", "x" * 41])
def test_what_is_no_tag_is_refused(db, ada, name):
    with pytest.raises(BadInputError):
        marking.add_tag(ada.id, name, by=THE_SITE, now=NOW)

    assert marking.tags_on([ada.id]) == {}


def test_page_takes_tags_and_notes_and_deletes_ones_own(app, db, ada):
    browser, other = signed_in(app), signed_in(app, "olga@example.com", name="Olga")
    page = f"{LIST}/{ada.code}"

    browser.post(f"{page}/tags", data={"tag": "VIP"})
    browser.post(f"{page}/notes", data={"text": "Needs a ramp\r\nat the door"})
    refused = browser.post(f"{page}/notes?lang=en", data={"text": " "})
    shown = other.get(f"{page}?lang=en").text
    note = db.scalars(select(AttendeeNote)).one()
    note_id, kept = note.id, note.text
    not_hers = other.post(f"{page}/notes/{note_id}/removal")
    browser.post(f"{page}/notes/{note_id}/removal")
    browser.post(f"{page}/tags/removal", data={"tag": "VIP"})

    assert (refused.status_code, not_hers.status_code, kept) == (422, 409, "Needs a ramp\nat the door")
    assert '<span class="badge">VIP</span>' in shown
    assert "Needs a ramp" in shown
    assert f"/notes/{note_id}/removal" not in shown
    db.expire_all()
    assert (db.scalars(select(AttendeeNote)).all(), db.scalars(select(AttendeeTag)).all()) == ([], [])


def test_page_says_in_what_was_done_which_tag_it_was(app, ada):
    marking.add_tag(ada.id, "VIP", by=THE_SITE, now=NOW)
    marking.remove_tag(ada.id, "vip", by=THE_SITE, now=NOW)

    done = signed_in(app).get(f"{LIST}/{ada.code}?lang=en").text.partition("What was done")[2]

    assert '<strong>Tag put on</strong> <span class="badge">VIP</span>' in done
    assert '<strong>Tag taken off</strong> <span class="badge">VIP</span>' in done


def test_person_reads_what_was_written_about_them_and_it_goes_with_them(app, db, ada):
    marking.add_tag(ada.id, "VIP", by=THE_SITE, now=NOW)
    marking.add_note(ada.id, "Needs a ramp", by=THE_SITE, now=NOW)

    with app.test_request_context():
        told = mine.everything_about(ada.email_key, now=NOW)["registrations"][0]
    erasing.erase_person(ada.email_key, by=THE_SITE, now=utc_now())

    db.expire_all()
    assert told["tags_of_the_organizers"] == ["VIP"]
    assert told["notes_of_the_organizers"] == [{"at": NOW.isoformat(), "text": "Needs a ramp"}]
    assert (db.scalars(select(AttendeeNote)).all(), db.scalars(select(AttendeeTag)).all()) == ([], [])
    about = select(Entry.changes).where(Entry.registration_id == ada.id, Entry.action.startswith("attendee."))
    assert list(db.scalars(about)) == [{}, {}]


def test_nothing_is_written_about_somebody_who_was_erased(db, ada):
    with transaction() as session:
        session.get(Registration, ada.id).erased_at = NOW

    with pytest.raises(ConflictError):
        marking.add_tag(ada.id, "VIP", by=THE_SITE, now=NOW)
    with pytest.raises(ConflictError):
        marking.add_note(ada.id, "Ada", by=THE_SITE, now=NOW)
    with transaction():
        assert marking.tag_all([ada.id], "VIP", by=THE_SITE, now=NOW) == []
