"""Whom each sponsor may have: those who come and agreed that this one gets their name, and nobody else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, String, cast, exists, func, select

from app.core.db import db, transaction
from app.core.errors import NotFoundError
from app.core.i18n import Language, speaking
from app.core.i18n import gettext as _
from app.events.models import Event
from app.history.service import Actor, record
from app.registrations.models import Answer, Purpose, Question, Registration, RegistrationState
from app.registrations.queries import all_questions_of
from app.registrations.words import Cell, answer_in_words

BATCH: Final = 1000
_COLUMNS: Final = ("name", "company", "job_title", "email")


@dataclass(frozen=True, slots=True)
class Consent:
    """A question by which people agree, and how many of those who come have."""

    question: Question
    people: int


def consents(event_id: int, questions: Sequence[Question]) -> list[Consent]:
    """Return the sponsors of an event that people can agree to; one statement."""
    asked = [each for each in questions if each.purpose is Purpose.SPONSOR_CONSENT]
    rows = db.session.execute(
        select(Answer.question_id, func.count())
        .join(Registration, Registration.id == Answer.registration_id)
        .where(*_comes(event_id), Answer.question_id.in_([each.id for each in asked]), _IS_TICKED)
        .group_by(Answer.question_id)
    )
    numbers: dict[int, int] = dict(rows.all())
    return [Consent(each, numbers.get(each.id, 0)) for each in asked]


def consent(questions: Sequence[Question], question_id: int) -> Question:
    """Return the question by which people agree to one sponsor. Raises NotFoundError for any other."""
    found = next((each for each in questions if each.id == question_id), None)
    if found is None or found.purpose is not Purpose.SPONSOR_CONSENT:
        raise NotFoundError(_("There is no such sponsor at this event, or no longer."))
    return found


# True and nothing else; both engines write JSON's true like this.
_IS_TICKED: Final = cast(Answer.value, String) == "true"


def _comes(event_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Registration.event_id == event_id,
        Registration.state == RegistrationState.CONFIRMED,
        Registration.erased_at.is_(None),
    )


def _agreed(event_id: int, question_id: int) -> tuple[ColumnElement[bool], ...]:
    ticked = exists().where(Answer.registration_id == Registration.id, Answer.question_id == question_id, _IS_TICKED)
    return (*_comes(event_id), ticked)


@dataclass(frozen=True, slots=True)
class SponsorSheet:
    """Those who agreed to one sponsor, as a table: name, company, job title and e-mail address."""

    event_id: int
    question_id: int
    told: Mapping[str, Question]  # what has a purpose, by column
    language: Language

    def title(self) -> str:
        """Return what the sheet is called."""
        return _("Sponsor list")

    def header(self) -> list[str]:
        """Return the names of the columns."""
        with speaking(self.language):
            return [_("Name"), _("Company"), _("Job title"), _("E-mail")]

    def widths(self) -> list[float]:
        """Return how wide the columns are."""
        return [20, 26, 26, 32]

    def cells(self) -> Iterator[list[Cell]]:
        """Yield them in the order of sign-up; who takes consent back while this runs is not in a later batch."""
        with speaking(self.language):
            says = {name: answer_in_words(each, self.language, is_whole=True) for name, each in self.told.items()}
        after = 0
        while batch := self._batch(after):
            given = self._answers([row.id for row in batch])
            db.session.commit()
            for row in batch:
                said = {name: say(given.get((row.id, self.told[name].id))) for name, say in says.items()}
                yield [row.name, said.get("company"), said.get("job_title"), row.email]
            after = batch[-1].id
        db.session.commit()

    def _batch(self, after: int) -> Sequence[Any]:
        statement = (
            select(Registration.id, Registration.name, Registration.email)
            .where(Registration.id > after, *_agreed(self.event_id, self.question_id))
            .order_by(Registration.id)
            .limit(BATCH)
        )
        return db.session.execute(statement).all()

    def _answers(self, ids: Sequence[int]) -> Mapping[tuple[int, int], Any]:
        rows = db.session.execute(
            select(Answer.registration_id, Answer.question_id, Answer.value).where(
                Answer.registration_id.in_(ids), Answer.question_id.in_([each.id for each in self.told.values()])
            )
        )
        return {(registration_id, question_id): value for registration_id, question_id, value in rows}


def sheet(event_id: int, question_id: int, *, language: Language) -> SponsorSheet:
    """Return whom one sponsor may have, as a table."""
    told: dict[str, Question] = {}
    # What is asked still comes before what was asked once.
    for each in sorted(all_questions_of(event_id), key=lambda question: question.is_retired):
        if each.purpose in (Purpose.COMPANY, Purpose.JOB_TITLE):
            told.setdefault(each.purpose.value, each)
    return SponsorSheet(event_id, question_id, told, language)


def record_download(event: Event, question: Question, suffix: str, *, by: Actor, now: datetime) -> None:
    """Write down who takes the list of which sponsor, and how many rows."""
    rows = select(func.count(Registration.id)).where(*_agreed(event.id, question.id))
    number = db.session.scalar(rows) or 0
    changes = {"format": (None, suffix), "rows": (None, number), "columns": (None, list(_COLUMNS))}
    with transaction():
        record("sponsor_list.downloaded", by=by, now=now, event_id=event.id, subject=question.sponsor, changes=changes)
