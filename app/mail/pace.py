"""Which letters may go now: not too many at once to one domain, none where somebody asked for patience.

Each domain has a clock of its own, `next_at`, shared by all workers: a letter of many gets the next slot of it, once,
and waits until then. Letters that somebody waits for, such as a confirmation, are held up by a pause alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db import db, require_transaction, transaction
from app.mail.models import Failure, Letter, LetterState, MailDomain, Priority, RefusedAddress

_MINUTE: Final = timedelta(minutes=1)
# After the n-th pause in a row that a domain asked for.
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
# So many refusals for now within this time, and an address counts as one that takes none.
SOFT_MAX: Final = 5
SOFT_WITHIN: Final = timedelta(days=14)
# An address is forgotten this long after its last refusal.
KEPT: Final = timedelta(days=180)
_FORGOTTEN_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Admission:
    """What becomes of leased letters: those that go, those that wait until an instant, those that are not sent."""

    go: list[Letter] = field(default_factory=list)
    wait: dict[datetime, list[Letter]] = field(default_factory=dict)
    suppressed: list[Letter] = field(default_factory=list)
    # Of the letters that go: addresses that refused before, and domains that had asked for patience.
    marked: frozenset[str] = frozenset()
    paused: frozenset[str] = frozenset()


def domain_of(letter: Letter) -> str:
    """Return the domain a letter goes to, as it is counted."""
    return letter.to_key.rpartition("@")[2]


def admit(letters: Sequence[Letter], *, now: datetime) -> Admission:
    """Decide about leased letters; two statements, and one transaction where letters of many need a slot."""
    keys = {letter.to_key for letter in letters}
    refused = {
        row.key: row.suppressed_at is not None
        for row in db.session.scalars(select(RefusedAddress).where(RefusedAddress.key.in_(keys)))
    }
    names = {domain_of(letter) for letter in letters}
    domains = {row.domain: row for row in db.session.scalars(select(MailDomain).where(MailDomain.domain.in_(names)))}
    found = Admission(marked=frozenset(refused), paused=frozenset(name for name, row in domains.items() if row.pauses))
    without_slot = []
    for letter in letters:
        row = domains.get(domain_of(letter))
        if letter.priority == Priority.BULK and refused.get(letter.to_key):
            found.suppressed.append(letter)
        elif row is not None and row.paused_until is not None and row.paused_until > now:
            found.wait.setdefault(row.paused_until, []).append(letter)
        elif letter.priority == Priority.BULK and not letter.has_slot and current_app.config["MAIL_DOMAIN_PER_MINUTE"]:
            without_slot.append(letter)
        else:
            found.go.append(letter)
    if without_slot:
        _give_slots(without_slot, found, now=now)
    return found


def _give_slots(letters: list[Letter], found: Admission, *, now: datetime) -> None:
    per_minute: int = current_app.config["MAIL_DOMAIN_PER_MINUTE"]
    apart = _MINUTE / per_minute
    by_domain: dict[str, list[Letter]] = {}
    for letter in letters:
        by_domain.setdefault(domain_of(letter), []).append(letter)
    with transaction() as session:
        for name, waiting in sorted(by_domain.items()):
            row = _locked(name, now=now)
            # A domain that was left alone for a minute takes a minute's worth at once.
            slot = max(row.next_at, now - _MINUTE + apart)
            for letter in waiting:
                if slot <= now:
                    found.go.append(letter)
                else:
                    found.wait.setdefault(slot, []).append(letter)
                slot += apart
            row.next_at = slot
        session.execute(
            update(Letter).where(Letter.id.in_([letter.id for letter in letters])).values(has_slot=True),
            execution_options={"synchronize_session": False},
        )


def hand_back(letters: Sequence[Letter], *, until: datetime) -> None:
    """Let leased letters be due again at an instant, as if nobody had tried them."""
    with transaction() as session:
        session.execute(
            update(Letter)
            # The lease's own end: who lost it hands nothing back.
            .where(
                Letter.id.in_([letter.id for letter in letters]),
                Letter.state == LetterState.SENDING,
                Letter.due_at == letters[0].due_at,
            )
            .values(state=LetterState.QUEUED, due_at=until, attempts=Letter.attempts - 1),
            execution_options={"synchronize_session": False},
        )


def pause(domain: str, *, now: datetime) -> None:
    """Send nothing to a domain for a while; each pause in a row is longer."""
    with transaction():
        row = _locked(domain, now=now)
        row.paused_until = now + PAUSES[min(row.pauses, len(PAUSES) - 1)]
        row.pauses += 1


def note_refusal(letter: Letter, failure: Failure, words: str, *, now: datetime) -> None:
    """Remember in the caller's transaction what a letter's failure says of its address; most say nothing."""
    if failure not in {Failure.ADDRESS, Failure.FULL, Failure.REFUSED} or not letter.to_key:
        return
    session = require_transaction()
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    fresh = {"key": letter.to_key, "refusals": 0, "first_at": now, "last_at": now, "words": ""}
    session.execute(insert(RefusedAddress).values(fresh).on_conflict_do_nothing(index_elements=["key"]))
    row = session.scalars(
        select(RefusedAddress)
        .where(RefusedAddress.key == letter.to_key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if now - row.first_at > SOFT_WITHIN:
        row.refusals, row.first_at = 0, now
    row.refusals += 1
    row.last_at, row.words = now, words
    if failure is Failure.ADDRESS or row.refusals >= SOFT_MAX:
        row.suppressed_at = row.suppressed_at or now


def note_arrival(letter: Letter, admission: Admission) -> None:
    """Forget in the caller's transaction that an address refused, or its domain asked for patience."""
    session = require_transaction()
    if letter.to_key in admission.marked:
        session.execute(delete(RefusedAddress).where(RefusedAddress.key == letter.to_key))
    if domain_of(letter) in admission.paused:
        session.execute(
            update(MailDomain).where(MailDomain.domain == domain_of(letter)).values(pauses=0, paused_until=None)
        )


def forget_old(now: datetime) -> int:
    """Delete what was noted of addresses long ago; return how many. A duty."""
    old = select(RefusedAddress.key).where(RefusedAddress.last_at < now - KEPT).limit(_FORGOTTEN_AT_ONCE)
    keys = db.session.scalars(old).all()
    db.session.commit()
    if not keys:
        return 0
    with transaction() as session:
        session.execute(delete(RefusedAddress).where(RefusedAddress.key.in_(keys), RefusedAddress.last_at < now - KEPT))
    return len(keys)


def _locked(domain: str, *, now: datetime) -> MailDomain:
    session = require_transaction()
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    fresh = {"domain": domain, "next_at": now - _MINUTE, "pauses": 0}
    session.execute(insert(MailDomain).values(fresh).on_conflict_do_nothing(index_elements=["domain"]))
    return session.scalars(
        select(MailDomain)
        .where(MailDomain.domain == domain)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
