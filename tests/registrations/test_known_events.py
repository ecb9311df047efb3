"""Five thousand letters about one event read it once, and none of them says what is no longer true."""

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.db import db as database
from app.core.db import transaction
from app.core.i18n import Texts, speaking
from app.events.service import apply_changes
from app.mail.models import Letter
from app.registrations import known_events
from app.registrations.mails import write
from tests.support.factories import sign_up_as


@pytest.fixture
def text_to(app, db):
    """Return the text of the confirmation to somebody, written as the worker does it: in a session of its own."""

    def text(registration):
        letter = db.scalars(select(Letter).where(Letter.key == f"confirmed:{registration.id}")).one()
        with app.app_context(), speaking("zh"):
            return write(letter).text

    return text


def test_a_letter_after_a_change_says_what_is_true_then(make_event, text_to):
    event = make_event("moving")
    ada, bob = sign_up_as(event, "ada"), sign_up_as(event, "bob")

    before = text_to(ada)
    with transaction():
        apply_changes(event, {"title": Texts(zh="新题目", en="New title")}, now=utc_now())
    after = text_to(bob)

    assert ("新题目" in before, "新题目" in after) == (False, True)


def test_event_is_read_once_for_all_the_letters_about_it(make_event, text_to, count_statements):
    event = make_event("many")
    people = [sign_up_as(event, name) for name in ("ada", "bob", "eve")]
    with count_statements() as first:
        text_to(people[0])

    asked = []
    for person in people[1:]:
        with count_statements() as seen:
            text_to(person)
        asked.append([statement for statement in seen if "FROM sessions" in statement or "FROM events" in statement])

    assert asked == [[], []]
    assert any("FROM events" in statement for statement in first)


def test_few_events_are_kept(make_event, app, monkeypatch):
    monkeypatch.setattr(known_events, "KEPT_MAX", 2)
    events = [make_event() for _ in range(3)]

    for event in events:
        known_events.event_as_it_is(event.id, event.revision, now=utc_now())

    known = app.extensions["known_events"]
    assert [known.find(event.id, event.revision) is not None for event in events] == [False, True, True]
    database.session.rollback()
