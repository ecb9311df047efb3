"""Publishing, taking back, cancelling, deleting, and the address: one transaction each, decided under the lock."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.core.db import transaction
from app.core.errors import BadInputError, ConflictError, NotFoundError
from app.core.i18n import Texts
from app.events import life
from app.events.models import Event, EventAddress, EventState, Session, TicketType
from app.events.service import create_event
from app.history.models import Entry
from app.history.service import THE_SITE, Actor
from app.registrations.changes import announce
from app.registrations.models import EventChange, Question
from tests.support.factories import sign_up_as

NOW = datetime(2031, 5, 1, 4, 0, tzinfo=UTC)
STARTS_AT = datetime(2031, 6, 7, 5, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BY = Actor(organizer_id=7, session_id=9)


@pytest.fixture
def draft(make_event):
    return make_event("draft", state=EventState.DRAFT, starts_at=STARTS_AT, questions=[{}])


@pytest.fixture
def public(make_event):
    return make_event("public", starts_at=STARTS_AT)


def again(db, event):
    db.expire_all()
    return db.get(Event, event.id)


def actions(db, event):
    """Return what the history says was done with the event since it was made, and by whom."""
    rows = db.execute(select(Entry.action, Entry.organizer_id).where(Entry.event_id == event.id).order_by(Entry.id))
    return [tuple(row) for row in rows][1:]


def test_publishing_makes_the_event_public_and_raises_its_sequence_once(db, draft):
    before = draft.sequence, draft.revision

    life.publish(draft.id, by=BY, now=NOW)

    event = again(db, draft)
    assert (event.state, event.published_at, event.publish_at) == (EventState.PUBLISHED, NOW, None)
    assert (event.sequence, event.revision) == (before[0] + 1, before[1] + 1)
    assert actions(db, event) == [("event.published", 7)]


def test_publishing_twice_is_refused_in_words(db, draft):
    life.publish(draft.id, by=BY, now=NOW)

    with pytest.raises(ConflictError, match="公开"):
        life.publish(draft.id, by=BY, now=NOW + MINUTE)

    assert again(db, draft).published_at == NOW


def test_event_that_is_over_is_not_published(db, draft):
    with pytest.raises(ConflictError):
        life.publish(draft.id, by=BY, now=draft.ends_at)

    assert again(db, draft).state == EventState.DRAFT


def test_draft_publishes_itself_when_its_time_has_come(db, draft):
    life.publish_at(draft.id, NOW + DAY, by=BY, now=NOW)

    early, on_time, once_more = (life.publish_due(NOW + DAY + wait) for wait in (-MINUTE, MINUTE, 2 * MINUTE))

    event = again(db, draft)
    assert (early, on_time, once_more) == (0, 1, 0)
    assert (event.state, event.publish_at, event.published_at) == (EventState.PUBLISHED, None, NOW + DAY + MINUTE)
    assert actions(db, event) == [("event.publishing_scheduled", 7), ("event.published", None)]


def test_draft_that_publishes_itself_late_says_so(db, draft):
    life.publish_at(draft.id, NOW + DAY, by=BY, now=NOW)

    life.publish_due(NOW + DAY + life.LATE + MINUTE)

    assert again(db, draft).state == EventState.PUBLISHED
    assert actions(db, draft)[-1] == ("event.published_late", None)


def test_draft_does_not_publish_itself_after_its_end(db, draft):
    life.publish_at(draft.id, NOW + DAY, by=BY, now=NOW)

    done = [life.publish_due(draft.ends_at + MINUTE), life.publish_due(draft.ends_at + 2 * MINUTE)]

    event = again(db, draft)
    assert done == [1, 0]
    assert (event.state, event.publish_at) == (EventState.DRAFT, None)
    assert actions(db, event)[-1] == ("event.publishing_missed", None)


@pytest.mark.parametrize("at", [NOW, NOW - DAY, STARTS_AT, STARTS_AT + DAY])
def test_time_to_publish_must_be_to_come_and_before_the_start(db, draft, at):
    with pytest.raises(BadInputError) as raised:
        life.publish_at(draft.id, at, by=BY, now=NOW)

    assert (raised.value.field, again(db, draft).publish_at) == ("at", None)


def test_time_to_publish_can_be_forgotten(db, draft):
    life.publish_at(draft.id, NOW + DAY, by=BY, now=NOW)

    life.forget_publish_at(draft.id, by=BY, now=NOW)

    assert life.publish_due(NOW + 2 * DAY) == 0
    assert again(db, draft).state == EventState.DRAFT
    with pytest.raises(ConflictError):
        life.forget_publish_at(draft.id, by=BY, now=NOW)


def test_event_is_unpublished_while_nobody_is_registered(db, public):
    life.unpublish(public.id, by=BY, now=NOW)

    event = again(db, public)
    assert (event.state, event.publish_at) == (EventState.DRAFT, None)
    assert event.published_at is not None  # it was public once
    assert actions(db, event) == [("event.unpublished", 7)]


def test_event_is_not_unpublished_when_somebody_is_registered(db, public):
    sign_up_as(public, "ada", now=NOW)

    with pytest.raises(ConflictError, match="取消"):
        life.unpublish(public.id, by=BY, now=NOW)

    assert again(db, public).state == EventState.PUBLISHED


def test_cancelling_keeps_the_reason_and_tells_whoever_registered(db, public):
    sign_up_as(public, "ada", now=NOW)
    sequence = public.sequence

    life.cancel_event(public.id, Texts(zh="台风"), by=BY, now=NOW)

    event = again(db, public)
    assert (event.state, event.cancelled_at, event.cancellation_reason) == (EventState.CANCELLED, NOW, Texts(zh="台风"))
    assert event.sequence == sequence + 1
    assert db.scalar(select(func.count()).select_from(EventChange)) == 1
    with pytest.raises(ConflictError, match="取消"):
        life.cancel_event(public.id, Texts(zh="别的原因"), by=BY, now=NOW)
    assert again(db, public).cancellation_reason == Texts(zh="台风")


def test_cancellation_that_is_taken_back_leaves_nothing_but_a_higher_sequence(db, public):
    sign_up_as(public, "ada", now=NOW)
    sequence = public.sequence
    life.cancel_event(public.id, Texts(zh="台风"), by=BY, now=NOW)

    life.take_back_cancellation(public.id, Texts(zh="台风转向了"), by=BY, now=NOW + MINUTE)

    event = again(db, public)
    assert (event.state, event.cancelled_at, event.cancellation_reason) == (EventState.PUBLISHED, None, Texts())
    assert event.sequence == sequence + 2
    # Within the minutes in which changes gather: there is nothing to tell.
    announce(NOW + DAY)
    change = db.scalars(select(EventChange)).one()
    assert (change.note, change.cursor) == (Texts(zh="台风转向了"), 0)


def test_draft_is_deleted_with_all_that_belongs_to_it(db, draft):
    slug, event_id = draft.slug, draft.id

    life.delete_draft(event_id, by=BY, now=NOW)

    db.expire_all()
    assert [db.scalar(select(func.count()).select_from(kind)) for kind in (Event, Session, TicketType, Question)] == [
        0, 0, 0, 0,
    ]  # fmt: skip
    entry = db.scalars(select(Entry).where(Entry.action == "event.deleted")).one()
    assert (entry.event_id, entry.subject, entry.changes) == (event_id, "云原生 Meetup 1", {"slug": [slug, None]})
    with pytest.raises(NotFoundError):
        life.delete_draft(event_id, by=BY, now=NOW)


def test_what_was_public_once_is_not_deleted(db, public):
    life.unpublish(public.id, by=BY, now=NOW)

    with pytest.raises(ConflictError):
        life.delete_draft(public.id, by=BY, now=NOW)

    assert again(db, public).slug == "public"


def addresses(db):
    return dict(db.execute(select(EventAddress.slug, EventAddress.event_id)).all())


def test_public_event_keeps_the_address_it_had(db, public):
    uid, sequence = public.uid, public.sequence

    changed = life.change_address(public.id, "shenzhen-2031", by=BY, now=NOW)

    event = again(db, public)
    assert (changed, event.slug, event.uid, event.sequence) == (True, "shenzhen-2031", uid, sequence)
    assert event.revised_at == NOW
    assert addresses(db) == {"public": public.id}
    entry = db.scalars(select(Entry).order_by(Entry.id.desc()).limit(1)).one()
    assert (entry.action, entry.changes) == ("event.address_changed", {"slug": ["public", "shenzhen-2031"]})


def test_event_can_go_back_to_an_address_it_had(db, public):
    life.change_address(public.id, "other", by=BY, now=NOW)

    life.change_address(public.id, "public", by=BY, now=NOW)

    assert (again(db, public).slug, addresses(db)) == ("public", {"other": public.id})


def test_draft_gives_its_address_up(db, draft):
    life.change_address(draft.id, "other", by=BY, now=NOW)

    assert (again(db, draft).slug, addresses(db)) == ("other", {})


@pytest.mark.parametrize("slug", ["", "Großes", "a b", "-a", "a-", "a--b", "a/b", "x" * 121, "new", "三月"])
def test_address_must_be_fit(db, public, slug):
    with pytest.raises(BadInputError) as raised:
        life.change_address(public.id, slug, by=BY, now=NOW)

    assert (raised.value.field, again(db, public).slug) == ("slug", "public")


def test_address_of_another_event_is_refused_now_and_for_ever(db, public, draft):
    with pytest.raises(BadInputError):
        life.change_address(draft.id, "public", by=BY, now=NOW)
    life.change_address(public.id, "other", by=BY, now=NOW)
    with pytest.raises(BadInputError):
        life.change_address(draft.id, "public", by=BY, now=NOW)
    with pytest.raises(BadInputError), transaction():
        create_event(
            "public",
            {"title": Texts(zh="新"), "starts_at": STARTS_AT, "ends_at": STARTS_AT + DAY},
            by=THE_SITE,
            now=NOW,
        )

    assert (again(db, draft).slug, addresses(db)) == ("draft", {"public": public.id})


def test_preview_link_that_was_renewed_is_another(db, draft):
    from app.events.previews import preview_token, previewed_event_id

    old = preview_token(draft)
    life.renew_preview(draft.id, by=BY, now=NOW)
    new = preview_token(again(db, draft))

    assert previewed_event_id(new) == draft.id
    for token in (
        old,
        new + "x",
        new[:-1],
        "",
        "-",
        "9" * 30 + "-x",
        f"{draft.id}-",
        f"²-{new}",
        f"{draft.id + 1}{new}",
    ):
        with pytest.raises(NotFoundError):
            previewed_event_id(token)
