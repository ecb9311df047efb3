"""Adding, changing, ordering and ending what an event asks those who sign up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.db import db, transaction
from app.core.errors import BadInputError, ConflictError, NotFoundError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.core.versions import Seen, settle
from app.events.locking import locked_event
from app.events.models import Event
from app.events.service import apply_changes
from app.history.service import Actor
from app.registrations import searching
from app.registrations.models import Answer, Purpose, Question, QuestionKind
from app.registrations.purposes import refuse_what_does_not_fit
from app.registrations.queries import QUESTIONS_MAX, all_questions_of
from app.registrations.rules import condition_word, conditions_offered, free_key, hanging_on

_PART: Final = "questions"


def question_of(questions: Sequence[Question], question_id: int) -> Question:
    """Return the one of these with this id. Raises NotFoundError."""
    found = next((each for each in questions if each.id == question_id), None)
    if found is None:
        raise NotFoundError(_("There is no such question at this event, or no longer."))
    return found


def values_of(question: Question) -> dict[str, Any]:
    """Return a question as a form holds it."""
    return {
        "kind": question.kind.value,
        "label": question.label,
        "help": question.help,
        "is_required": question.is_required,
        "options": question.options,
        "condition": condition_word(question.condition),
        "keep_days": question.keep_days,
        "purpose": question.purpose.value if question.purpose else "",
        "sponsor": question.sponsor,
        "is_after_acceptance": question.is_after_acceptance,
        "is_masked": question.is_masked,
    }


def add_question(event_id: int, values: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    """Ask one more thing, behind the others; the same form sent twice asks once.

    Raises BadInputError for a condition that is none any more.
    """
    with transaction() as session:
        event, questions = _held(session, event_id)
        if any(values_of(each) == dict(values) for each in questions if not each.is_retired):
            return
        if len(questions) >= QUESTIONS_MAX:
            raise ConflictError(_("An event asks at most %(max)d questions.", max=QUESTIONS_MAX))
        attributes = _attributes(values, questions)
        key = free_key(values["label"].en or "question", {each.key for each in questions})
        position = max((each.position for each in questions), default=-1) + 1
        session.add(Question(event_id=event_id, key=key, position=position, **attributes))
        apply_changes(event, {}, parts={_PART: (None, {"key": key, **values})}, by=by, now=now)


def change_question(
    event_id: int, question_id: int, mine: Mapping[str, Any], *, seen: Seen, by: Actor, now: datetime
) -> None:
    """Make a question these values, as a form holds them, over what others have saved since they were seen.

    Raises BadInputError where people have answered what would no longer fit, or another question hangs on it; and
    ClashError.
    """
    with transaction() as session:
        event, questions = _held(session, event_id)
        question = question_of(questions, question_id)
        before = values_of(question)
        write = settle(seen, mine, before)
        if not write:
            return
        after = before | write
        _refuse_what_contradicts(session, question, questions, after)
        told_company = searching.tells_company(question)
        for name, value in _attributes(after, questions[: questions.index(question)]).items():
            setattr(question, name, value)
        if searching.tells_company(question) != told_company:
            searching.forget(searching.answered(question_id))
        if "keep_days" in write:
            question.forgotten_at = None
        old, new = ({"key": question.key} | {name: side[name] for name in write} for side in (before, after))
        apply_changes(event, {}, parts={_PART: (old, new)}, by=by, now=now)


def move_question(event_id: int, question_id: int, *, up: bool, by: Actor, now: datetime) -> None:
    """Change places with the one above or below; at the end of the list nothing happens.

    Raises ConflictError where a question would come before the one it hangs on.
    """
    with transaction() as session:
        event, questions = _held(session, event_id)
        here = questions.index(question_of(questions, question_id))
        there = here - 1 if up else here + 1
        if not 0 <= there < len(questions):
            return
        keys = [each.key for each in questions]
        first, second = sorted((here, there))
        if not may_change_places(questions[first], questions[second]):
            raise ConflictError(_("A question stays behind the one whose answer makes it appear."))
        questions[first], questions[second] = questions[second], questions[first]
        for position, each in enumerate(questions):
            each.position = position
        apply_changes(event, {}, parts={_PART: (keys, [each.key for each in questions])}, by=by, now=now)


def may_change_places(first: Question, second: Question) -> bool:
    """Tell whether the second of two neighbours may come first: it does not hang on the other."""
    return not second.condition or second.condition["question"] != first.key


def retire_question(event_id: int, question_id: int, *, retired: bool, by: Actor, now: datetime) -> None:
    """Stop asking, and keep the answers given; or ask again."""
    with transaction() as session:
        event, questions = _held(session, event_id)
        question = question_of(questions, question_id)
        if question.is_retired == retired:
            return
        question.is_retired = retired
        old, new = ({"key": question.key, "is_retired": state} for state in (not retired, retired))
        apply_changes(event, {}, parts={_PART: (old, new)}, by=by, now=now)


def remove_question(event_id: int, question_id: int, *, answers: int, by: Actor, now: datetime) -> None:
    """Take a question away, with the answers it was given; what hangs on it is then asked of everybody.

    `answers` is the number the organizer was told; raises ConflictError when there are more by now.
    """
    with transaction() as session:
        event, questions = _held(session, event_id)
        question = question_of(questions, question_id)
        if searching.tells_company(question):
            searching.forget(searching.answered(question_id))
        gone = session.execute(
            delete(Answer).where(Answer.question_id == question_id),
            execution_options={"synchronize_session": False},
        ).rowcount  # type: ignore[attr-defined]  # a DELETE gives a CursorResult
        if gone > answers:
            raise ConflictError(_("Somebody has answered this question in the meantime. Look at the number again."))
        for each in hanging_on(question, questions):
            each.condition = None
        session.delete(question)
        told = {"key": question.key, **values_of(question), "answers": gone}
        apply_changes(event, {}, parts={_PART: (told, None)}, by=by, now=now)


def _held(session: Session, event_id: int) -> tuple[Event, list[Question]]:
    """Lock the event, and return it with its questions as they are now."""
    event = locked_event(event_id)
    session.expire_all()  # what was read before the lock
    return event, list(all_questions_of(event_id))


def _attributes(values: Mapping[str, Any], earlier: Sequence[Question]) -> dict[str, Any]:
    refuse_what_does_not_fit(values)
    offered = conditions_offered(_before(earlier, is_later=values["is_after_acceptance"]))
    if values["condition"] and values["condition"] not in offered:
        raise BadInputError(
            _("This question can no longer hang on that answer. Choose another one."), field="condition"
        )
    return dict(values) | {
        "kind": QuestionKind(values["kind"]),
        "purpose": Purpose(values["purpose"]) if values["purpose"] else None,
        "condition": offered[values["condition"]].as_stored() if values["condition"] else None,
    }


def _before(earlier: Sequence[Question], *, is_later: bool) -> list[Question]:
    """Return those of the earlier questions that somebody has answered when this one is asked."""
    return [each for each in earlier if is_later or not each.is_after_acceptance]


def _refuse_what_contradicts(
    session: Session, question: Question, questions: Sequence[Question], after: Mapping[str, Any]
) -> None:
    """Refuse what would make answers, or conditions of other questions, speak of things that are gone."""
    dependents = hanging_on(question, questions)
    if after["kind"] != question.kind.value:
        if _is_answered(session, question.id):
            raise BadInputError(_("People have answered it as it is: it cannot become another kind."), field="kind")
        if dependents:
            raise BadInputError(_("Another question hangs on it: it cannot become another kind."), field="kind")
    if after["is_after_acceptance"] and any(not each.is_after_acceptance for each in dependents):
        raise BadInputError(
            _("A question of the sign-up form hangs on it: it must be asked there too."), field="is_after_acceptance"
        )
    _refuse_another_sponsor(session, question, after)
    left = {option["value"] for option in after["options"]}
    language = current_language()
    removed = [option for option in question.options if option["value"] not in left]
    chosen = _chosen(session, question.id) if removed else set()
    for option in removed:
        name = option["label"].get(language) or next(iter(option["label"].values()), option["value"])
        if any(each.condition and each.condition["value"] == option["value"] for each in dependents):
            raise BadInputError(
                _("“%(option)s” makes another question appear: it cannot be removed.", option=name), field="options"
            )
        if option["value"] in chosen:
            raise BadInputError(
                _("“%(option)s” has been chosen by somebody: it cannot be removed, but renamed.", option=name),
                field="options",
            )


def _refuse_another_sponsor(session: Session, question: Question, after: Mapping[str, Any]) -> None:
    """Refuse to make a consent that was given one for somebody else, or of another answer a consent."""
    is_consent = after["purpose"] == Purpose.SPONSOR_CONSENT
    same = question.purpose is Purpose.SPONSOR_CONSENT and question.sponsor == after["sponsor"]
    if is_consent and not same and _is_answered(session, question.id):
        raise BadInputError(
            _("People have ticked it for what it was: for another sponsor, add a question of its own."),
            field="sponsor" if question.purpose is Purpose.SPONSOR_CONSENT else "purpose",
        )


def _is_answered(session: Session, question_id: int) -> bool:
    return session.scalar(select(Answer.question_id).where(Answer.question_id == question_id).limit(1)) is not None


def _chosen(session: Session, question_id: int) -> set[object]:
    chosen: set[object] = set()
    # Not DISTINCT: PostgreSQL would, SQLite compares JSON as text; and there are as many as people at the event.
    for value in session.scalars(select(Answer.value).where(Answer.question_id == question_id)):
        chosen.update(value if isinstance(value, list) else [value])
    return chosen


def conditions_for(questions: Sequence[Question], question: Question | None) -> dict[str, str]:
    """Return the answers that may make a question appear, by word, each in a sentence; None is one to come."""
    earlier = questions if question is None else questions[: questions.index(question)]
    return {word: offer.spoken(current_language()) for word, offer in conditions_offered(earlier).items()}


def dependents_of(event_id: int, question: Question) -> list[Question]:
    """Return what hangs on a question."""
    return hanging_on(question, list(db.session.scalars(select(Question).where(Question.event_id == event_id))))
