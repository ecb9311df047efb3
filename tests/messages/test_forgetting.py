"""What messages keep no longer than they need: names that were searched for, and addresses of before."""

import pytest

from app.core.clock import utc_now
from app.core.db import transaction
from app.core.errors import BadInputError
from app.messages import sending
from app.messages.models import MessageState
from app.messages.queries import message_of
from app.registrations.erasing import erase_person
from app.registrations.rules import news_token_of
from tests.messages.sending import confirm, run, told
from tests.registrations.pages import fields_on
from tests.support.factories import sign_up_as

BASE = "/organizer/events/meetup/messages"


def test_a_message_that_was_sent_keeps_no_name_that_was_searched_for(ada, db, event, draft):
    sign_up_as(event, "bob", full_name="Bob Secret")
    sign_up_as(event, "cyd")
    message = draft(q="Secret")
    confirm(ada, message)
    run()

    kept = message_of(event.id, message.id).audience
    page = ada.get(f"{BASE}/{message.id}?lang=en").text
    copied = ada.post(f"{BASE}/{message.id}/copy").headers["Location"].partition("?")[0]
    copy = message_of(event.id, int(copied.rpartition("/")[2]))

    assert told(db) == ["bob"]
    assert kept == copy.audience == {"status": ["confirmed"], "forgotten": ["yes"]}
    assert ("Secret" in page, "is kept no longer" in page) == (False, True)
    # It would go to cyd as well: not before somebody has looked at that.
    refused = ada.post(f"{copied}/sending?lang=en", data={"shown": "2", "revision": str(copy.revision)})
    assert (refused.status_code, "Look at who gets it, and save it once." in refused.text) == (422, True)
    ada.post(copied, data=fields_on(ada.get(copied), copied))
    assert message_of(event.id, copy.id).audience == {"status": ["confirmed"]}


def test_who_is_erased_is_looked_for_by_no_message_any_more(ada, db, event, draft, writer):
    bob = sign_up_as(event, "bob")
    sign_up_as(event, "cyd")
    message, other = draft(q="bob"), draft()
    for each in (message, other):
        sending.schedule(event, each.id, at=event.starts_at, revision=1, by=writer, now=utc_now())

    erase_person(bob.email_key, by=writer, now=utc_now())

    found, kept = message_of(event.id, message.id), message_of(event.id, other.id)
    assert (found.state, found.audience) == (MessageState.DRAFT, {"status": ["confirmed"], "forgotten": ["yes"]})
    assert (kept.state, kept.audience) == (MessageState.SCHEDULED, {"status": ["confirmed"]})
    with pytest.raises(BadInputError):
        sending.begin(event, message.id, shown=1, revision=found.revision, by=writer, now=utc_now())
    # Whoever looks at whom it is for by now and saves it, sends it.
    path = f"{BASE}/{message.id}"
    ada.post(path, data=fields_on(ada.get(path), path))
    assert sending.problems(message_of(event.id, message.id)) == []
    assert confirm(ada, message_of(event.id, message.id)).status_code == 303
    run()
    assert told(db) == ["cyd"]


def test_the_link_against_news_shows_no_later_address_to_who_got_it_at_an_earlier_one(client, db, event):
    bob = sign_up_as(event, "bob")
    earlier = news_token_of(bob)
    before = client.get(f"/n/{earlier}")
    with transaction():
        bob.email, bob.email_key = "new@example.com", "new@example.com"

    after, own = client.get(f"/n/{earlier}"), client.get(f"/n/{news_token_of(bob)}")

    assert (before.status_code, "bob@example.com" in before.text) == (200, True)
    assert (after.status_code, "new@example.com" in after.text) == (404, False)
    assert (own.status_code, "new@example.com" in own.text) == (200, True)
