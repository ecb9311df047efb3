"""My meetups: the feed of everything one person has signed up for.

Its address opens more than the link to one registration does, so it goes to the person's mailbox alone: whoever was
forwarded a confirmation can ask for it and does not see it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, load_only

from app.calendar import feeds, private
from app.calendar.entries import Entry, Standing
from app.calendar.models import PrivateFeed
from app.calendar.objects import page_of
from app.calendar.private import Owner
from app.calendar.queries import entries
from app.calendar.vevents import Links
from app.community.site import site
from app.core.db import db, transaction
from app.core.errors import ConflictError
from app.core.i18n import Language
from app.core.i18n import gettext as _
from app.events.models import Event, EventState
from app.mail import kinds, outbox
from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.registrations.mails import own_url, sequence_of
from app.registrations.models import Registration, RegistrationState
from app.registrations.rules import code_of, token_of
from app.web.pages import public_url

LETTER: Final = "personal_feed"
# A community member of ten years attends fewer.
OWN_EVENTS_MAX: Final = 500
# Whoever presses twice gets one letter.
_SLIP_SECONDS: Final = 600
_QUEUED: Final = (RegistrationState.WAITING, RegistrationState.OFFERED)


def send_address(registration: Registration, *, now: datetime) -> None:
    """Send the address of the person's feed to their mailbox, and make the feed if there is none yet."""
    with transaction():
        feed = private.open_feed(Owner(email_key=registration.email_key), language=registration.language, now=now)
        _queue(feed, registration, now=now)


def opened(email_key: str, *, language: Language, now: datetime) -> str:
    """Return the secret of a person's feed, and make the feed if there is none yet; for whoever has proved the mailbox.

    A feed whose secret can no longer be known, since the site's key is another one, is replaced.
    """
    owner = Owner(email_key=email_key)
    with transaction():
        token = private.token_of(private.open_feed(owner, language=language, now=now))
        if token is None:
            private.end_feed(owner, now=now)
            token = private.token_of(private.open_feed(owner, language=language, now=now))
    if token is None:
        raise AssertionError(owner)
    return token


def replace_address(feed: PrivateFeed, *, now: datetime) -> None:
    """End this address, and send a new one to the person's mailbox; raises ConflictError where none is known."""
    registration = _latest(feed)
    owner = Owner(email_key=feed.email_key)
    if registration is None:
        raise ConflictError(_("There is no registration of yours any more, and so no address to send a new link to."))
    with transaction():
        private.end_feed(owner, now=now)
        _queue(private.open_feed(owner, language=feed.language, now=now), registration, now=now)


def end(feed: PrivateFeed, *, now: datetime) -> None:
    """End the feed; who wants one again asks for it on the page of a registration."""
    with transaction():
        private.end_feed(Owner(email_key=feed.email_key), now=now)


def own_registrations(feed: PrivateFeed, *, now: datetime) -> Sequence[Registration]:
    """Return what the feed holds: seats, and places in the queue if the settings say so, the first to begin first."""
    shown = [RegistrationState.CONFIRMED]
    if current_app.config["WAITING_LIST_ENTRY"] == "tentative":
        shown += _QUEUED
    statement = (
        select(Registration)
        .join(Registration.event)
        .where(
            Registration.email_key == feed.email_key,
            Registration.state.in_(shown),
            Registration.erased_at.is_(None),
            Event.state != EventState.DRAFT,
            Event.ends_at >= feeds.since(now),
        )
        .options(
            contains_eager(Registration.event)
            .load_only(
                Event.sequence,
                Event.visibility,
                Event.revision,
                Event.revised_at,
                Event.state,
                Event.online_url,
                raiseload=True,
            )
            .raiseload("*"),
            joinedload(Registration.invitation),
        )
        .order_by(Event.starts_at.desc(), Registration.id.desc())
        .limit(OWN_EVENTS_MAX)
    )
    return db.session.scalars(statement).all()[::-1]


def etag(registrations: Sequence[Registration], language: Language) -> str:
    """Return a validator of the feed: whatever could change a byte of it is in it."""
    rows = [
        (token_of(each), each.event_id, each.event.revision, each.event.revised_at, each.revised_at, _sequence(each))
        for each in registrations
    ]
    config = current_app.config
    return feeds.digest(rows, language, site().name, site().time_zone, config["PUBLIC_URL"], config["SITE_LANGUAGE"])


def content(registrations: Sequence[Registration], language: Language) -> bytes:
    """Return the feed: a seat is busy time with its links, a place in the queue is tentative and without."""
    found = entries([each.event_id for each in registrations], language)
    events = [_entry(found[each.event_id], each, language) for each in registrations if each.event_id in found]
    return feeds.private_feed(events, _("My meetups"), url=public_url("events.home", lang=language), language=language)


def _entry(entry: Entry, registration: Registration, language: Language) -> tuple[Entry, Links]:
    has_seat = registration.state is RegistrationState.CONFIRMED
    own = replace(
        entry,
        sequence=_sequence(registration),
        standing=Standing.SETTLED if has_seat else Standing.WAITING,
        # A promotion changes the entry too, and not the event.
        revised_at=max(entry.revised_at, registration.revised_at),
    )
    online_url = registration.event.online_url if has_seat and not entry.is_cancelled else None
    return own, Links(page_of(entry.slug, language, code_of(registration)), own_url(registration), online_url)


def _sequence(registration: Registration) -> int:
    # The same as in letters: of two entries with one UID, clients keep the one with the higher number.
    return sequence_of(registration, registration.event)


def _queue(feed: PrivateFeed, registration: Registration, *, now: datetime) -> None:
    outbox.queue(
        LETTER,
        key=f"{LETTER}:{feed.id}:{int(now.timestamp()) // _SLIP_SECONDS}",
        to_email=registration.email,
        to_name=registration.name,
        language=registration.language,
        ids={"feed": feed.id, "registration": registration.id},
        now=now,
    )


def _latest(feed: PrivateFeed) -> Registration | None:
    statement = (
        select(Registration)
        .where(Registration.email_key == feed.email_key, Registration.erased_at.is_(None))
        .options(load_only(Registration.email, Registration.name, Registration.language))
        .order_by(Registration.id.desc())
        .limit(1)
    )
    return db.session.scalar(statement)


def write(letter: Letter) -> Draft | None:
    """Write the letter with the address; None when the feed has been ended since."""
    feed = db.session.get(PrivateFeed, letter.ids["feed"])
    token = private.token_of(feed) if feed and feed.revoked_at is None else None
    if token is None:
        return None
    page = public_url("personal_feed.show", token=token, lang=letter.language)
    return draft(LETTER, name=letter.to_name, page_url=page)


def register() -> None:
    """Tell the outbox that this room writes the letter."""
    kinds.register(LETTER, write)
