"""Who comes, for a venue's door: frozen as it is at one moment, compared with later ones, deleted on a date."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, func, insert, literal, select, union
from sqlalchemy.orm import Session, contains_eager

from app.attendees.queries import ticket_type_names
from app.core.db import db, transaction
from app.core.errors import ConflictError, NotFoundError
from app.core.i18n import Language, Texts, speaking
from app.core.i18n import gettext as _
from app.events.locking import locked_event
from app.events.models import Event
from app.exports import columns as kinds
from app.exports.columns import Column
from app.exports.downloads import columns_told
from app.exports.models import VenueCell, VenueLink, VenueList, VenueRow
from app.history.service import Actor, record
from app.registrations.models import Answer, Purpose, Question, Registration, RegistrationState
from app.registrations.queries import all_questions_of
from app.registrations.words import Cell, answer_in_words

KEPT: Final = timedelta(days=30)  # after the event at most, whatever the questions say
LISTS_MAX: Final = 50
LINKS_MAX: Final = 50
PER_PAGE: Final = 50
BATCH: Final = 1000
_FOR_DOORS: Final = (Purpose.COMPANY, Purpose.PHONE, Purpose.ID_NUMBER)
# Always there, and what may stand beside it.
NAME: Final = "name"
TICKET_TYPE: Final = "ticket_type"


def offered(questions: Sequence[Question]) -> list[Column]:
    """Return the columns a venue may ask for beside the name: what is for its door, or asked of who has a place."""
    asked = [
        Column(kinds.key_of(each), each)
        for each in questions
        if not each.is_retired
        and (each.purpose in _FOR_DOORS or (each.is_after_acceptance and each.purpose is not Purpose.SPONSOR_CONSENT))
    ]
    return [Column(TICKET_TYPE), *asked]


def freeze(event: Event, keys: Collection[str], *, language: Language, by: Actor, now: datetime) -> int:
    """Keep who has a place, with these columns, as it is now; return the version. Raises ConflictError for too many."""
    with transaction() as session:
        locked_event(event.id)
        columns = [Column(NAME), *(each for each in offered(all_questions_of(event.id)) if each.key in keys)]
        last = session.scalar(select(func.max(VenueList.version)).where(VenueList.event_id == event.id)) or 0
        if last >= LISTS_MAX:
            raise ConflictError(_("An event has at most %(max)d venue lists.", max=LISTS_MAX))
        frozen = VenueList(
            event_id=event.id,
            version=last + 1,
            columns=[column.key for column in columns],
            language=language,
            people=0,
            frozen_at=now,
            organizer_id=by.organizer_id,
        )
        session.add(frozen)
        session.flush()
        frozen.people = _copy(session, frozen, [column.question.id for column in columns if column.question])
        record(
            "venue_list.frozen",
            by=by,
            now=now,
            event_id=event.id,
            subject=str(frozen.version),
            changes={"columns": (None, columns_told(columns)), "rows": (None, frozen.people)},
        )
        return frozen.version


def _copy(session: Session, frozen: VenueList, question_ids: Sequence[int]) -> int:
    """Copy the rows inside the database: a hundred thousand take a second or two."""
    place = func.row_number().over(order_by=(Registration.sort_name, Registration.name, Registration.id))
    people = select(literal(frozen.id), Registration.id, place, Registration.name, Registration.ticket_type_id).where(
        *_has_a_place(frozen.event_id)
    )
    session.execute(
        insert(VenueRow).from_select(["list_id", "registration_id", "position", "name", "ticket_type_id"], people)
    )
    if question_ids:
        given = (
            select(literal(frozen.id), Answer.registration_id, Answer.question_id, Answer.value)
            .join(Registration, Registration.id == Answer.registration_id)
            .where(*_has_a_place(frozen.event_id), Answer.question_id.in_(question_ids))
        )
        session.execute(insert(VenueCell).from_select(["list_id", "registration_id", "question_id", "value"], given))
    return session.scalar(select(func.count()).where(VenueRow.list_id == frozen.id)) or 0


def _has_a_place(event_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Registration.event_id == event_id,
        Registration.state == RegistrationState.CONFIRMED,
        Registration.erased_at.is_(None),
    )


def lists(event_id: int) -> Sequence[VenueList]:
    """Return the frozen lists of an event, the newest first."""
    statement = (
        select(VenueList).where(VenueList.event_id == event_id).order_by(VenueList.version.desc()).limit(LISTS_MAX)
    )
    return db.session.scalars(statement).all()


def frozen_list(event_id: int, version: int) -> VenueList:
    """Return one of the event's frozen lists. Raises NotFoundError."""
    found = db.session.scalar(select(VenueList).where(VenueList.event_id == event_id, VenueList.version == version))
    if found is None:
        raise NotFoundError(_("There is no such list at this event."))
    return found


def links(list_id: int) -> Sequence[VenueLink]:
    """Return the links by which a list was or can be taken, the newest first."""
    statement = select(VenueLink).where(VenueLink.list_id == list_id).order_by(VenueLink.id.desc()).limit(LINKS_MAX)
    return db.session.scalars(statement).all()


def link(list_id: int, link_id: int) -> VenueLink:
    """Return one of them. Raises NotFoundError."""
    found = db.session.scalar(select(VenueLink).where(VenueLink.id == link_id, VenueLink.list_id == list_id))
    if found is None:
        raise NotFoundError(_("There is no such link at this list."))
    return found


def columns_of(frozen: VenueList, questions: Sequence[Question]) -> list[Column]:
    """Return the columns of a frozen list, but for questions that were taken away since."""
    return kinds.chosen(frozen.columns, questions)


def delete_at(event: Event, columns: Sequence[Column]) -> datetime:
    """Return when the rows of a list are deleted: with the first of its answers, 30 days after the event at last."""
    days = [column.question.keep_days for column in columns if column.question]
    return event.ends_at + min([KEPT, *(timedelta(days=each) for each in days if each is not None)])


@dataclass(frozen=True, slots=True)
class Changes:
    """What has become of a list since it was frozen, in people."""

    came: int  # have a place now, and are not on it
    left: int  # are on it, and have none any more
    changed: int  # their name or an answer is another one

    def __bool__(self) -> bool:
        """Tell whether anything has."""
        return bool(self.came or self.left or self.changed)


def changes(frozen: VenueList, columns: Sequence[Column]) -> Changes:
    """Compare a list with who comes now."""
    listed = exists().where(VenueRow.list_id == frozen.id, VenueRow.registration_id == Registration.id)
    came = select(func.count(Registration.id)).where(*_has_a_place(frozen.event_id), ~listed)
    left = (
        select(func.count())
        .select_from(VenueRow)
        .join(Registration, Registration.id == VenueRow.registration_id)
        .where(VenueRow.list_id == frozen.id, Registration.state != RegistrationState.CONFIRMED)
    )
    others = _changed(frozen, columns).subquery()
    changed = select(func.count()).select_from(others)
    return Changes(*(db.session.scalar(statement) or 0 for statement in (came, left, changed)))


def _changed(frozen: VenueList, columns: Sequence[Column]) -> CompoundSelect[Any]:
    """Return the statement for the registrations on a list, with a place still, of whom something is not as it was."""
    ids = [column.question.id for column in columns if column.question]
    named = (
        select(VenueRow.registration_id)
        .join(Registration, Registration.id == VenueRow.registration_id)
        .where(VenueRow.list_id == frozen.id, *_has_a_place(frozen.event_id), Registration.name != VenueRow.name)
    )
    same = and_(
        Answer.registration_id == VenueCell.registration_id,
        Answer.question_id == VenueCell.question_id,
        Answer.value == VenueCell.value,
    )
    other = (
        select(VenueCell.registration_id)
        .join(Registration, Registration.id == VenueCell.registration_id)
        .where(VenueCell.list_id == frozen.id, *_has_a_place(frozen.event_id), ~exists().where(same))
    )
    kept = exists().where(
        VenueCell.list_id == frozen.id,
        VenueCell.registration_id == Answer.registration_id,
        VenueCell.question_id == Answer.question_id,
    )
    added = (
        select(Answer.registration_id)
        .join(VenueRow, and_(VenueRow.list_id == frozen.id, VenueRow.registration_id == Answer.registration_id))
        .join(Registration, Registration.id == Answer.registration_id)
        .where(Answer.question_id.in_(ids), *_has_a_place(frozen.event_id), ~kept)
    )
    return union(named, other, added)


@dataclass(frozen=True, slots=True)
class Line:
    """One person on a list: answers by question id, in the shape they were stored."""

    position: int
    registration_id: int
    name: str
    ticket_type_id: int
    answers: Mapping[int, Any]


def lines(frozen: VenueList, *, after: int, size: int) -> list[Line]:
    """Return the next people of a list behind a position; two statements."""
    rows = db.session.execute(
        select(VenueRow.position, VenueRow.registration_id, VenueRow.name, VenueRow.ticket_type_id)
        .where(VenueRow.list_id == frozen.id, VenueRow.position > after)
        .order_by(VenueRow.position)
        .limit(size)
    ).all()
    given: dict[int, dict[int, Any]] = {}
    cells = db.session.execute(
        select(VenueCell.registration_id, VenueCell.question_id, VenueCell.value).where(
            VenueCell.list_id == frozen.id, VenueCell.registration_id.in_([row.registration_id for row in rows])
        )
    )
    for registration_id, question_id, value in cells:
        given.setdefault(registration_id, {})[question_id] = value
    return [Line(*row, given.get(row.registration_id, {})) for row in rows]


@dataclass(frozen=True, slots=True)
class VenueSheet:
    """A frozen list as a table; masked as on a page, or whole as the venue gets it."""

    frozen: VenueList
    columns: Sequence[Column]
    ticket_types: Mapping[int, Texts]
    zone: str
    language: Language
    is_whole: bool = True

    def title(self) -> str:
        """Return what the sheet is called."""
        return _("Venue list")

    def header(self) -> list[str]:
        """Return the names of the columns."""
        with speaking(self.language):
            return kinds.names(self.columns, self.zone, self.language)

    def widths(self) -> list[float]:
        """Return how wide the columns are."""
        return [column.width for column in self.columns]

    def cells(self) -> Iterator[list[Cell]]:
        """Yield the people in the order of their names."""
        after = 0
        while batch := lines(self.frozen, after=after, size=BATCH):
            db.session.commit()
            yield from self.said(batch)
            after = batch[-1].position
        db.session.commit()

    def said(self, some: Sequence[Line]) -> list[list[Cell]]:
        """Return some of the people as cells."""
        with speaking(self.language):
            spoken = {
                column.key: answer_in_words(column.question, self.language, is_whole=self.is_whole)
                for column in self.columns
                if column.question
            }
        return [[self._cell(column, line, spoken) for column in self.columns] for line in some]

    def _cell(self, column: Column, line: Line, spoken: Mapping[str, Any]) -> Cell:
        if column.question is not None:
            found: Cell = spoken[column.key](line.answers.get(column.question.id))
            return found
        if column.key == TICKET_TYPE:
            return self.ticket_types.get(line.ticket_type_id, Texts()).in_language(self.language)
        return line.name


def sheet(frozen: VenueList, zone: str, *, language: Language, is_whole: bool = True) -> VenueSheet:
    """Return a list as a table."""
    columns = columns_of(frozen, all_questions_of(frozen.event_id))
    return VenueSheet(frozen, columns, ticket_type_names(frozen.event_id), zone, language, is_whole)


def link_behind(token_hash: str) -> tuple[VenueLink, Event] | None:
    """Return the link with this digest, its list and event; None when there is none."""
    row = db.session.execute(
        select(VenueLink, Event)
        .join(VenueLink.list)
        .join(Event, Event.id == VenueList.event_id)
        .where(VenueLink.token_hash == token_hash)
        .options(contains_eager(VenueLink.list))
    ).one_or_none()
    return None if row is None else (row[0], row[1])
