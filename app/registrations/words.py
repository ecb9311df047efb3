"""What people call the states of a sign-up, and how an answer is said."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.core.i18n import Language, Texts
from app.core.i18n import gettext as _
from app.registrations import sources
from app.registrations.models import Question, QuestionKind, RegistrationState
from app.registrations.purposes import masked

Cell = str | int | float | datetime | None


def state_names() -> dict[RegistrationState, str]:
    """Return what people call each state, in the page's language."""
    return {
        RegistrationState.CONFIRMED: _("Confirmed"),
        RegistrationState.WAITING: _("Waiting list"),
        RegistrationState.OFFERED: _("Seat offered"),
        RegistrationState.PENDING: _("To be approved"),
        RegistrationState.CANCELLED: _("Cancelled"),
        RegistrationState.DECLINED: _("Declined"),
    }


def source_names() -> dict[str, str]:
    """Return what people call the sources that are ours, in the page's language; that of an address is its own word."""
    return {sources.IMPORTED: _("Imported"), sources.BY_HAND: _("By hand")}


def source_name(source: str) -> str:
    """Return what people call a source, in the page's language."""
    return source_names().get(source, source)


def answer_in_words(question: Question, language: Language, *, is_whole: bool = False) -> Callable[[Any], Cell]:
    """Return how an answer to this question is said: choices by their label, a tick as yes or no.

    Of a question that is masked the last characters alone, unless it is to be whole: in a file, or on the page of one
    person for whoever asked to see it, which is written down.
    """
    if question.is_masked and not is_whole:
        return lambda value: None if value is None else masked(value)
    labels: dict[object, str] = {
        option["value"]: Texts(**option.get("label", {})).in_language(language) for option in question.options
    }
    yes: str = _("Yes")
    no: str = _("No")

    def say(value: object) -> Cell:
        if value is None:
            return None
        if isinstance(value, bool):
            return yes if value else no
        if isinstance(value, list):
            chosen: list[str] = [labels.get(one) or str(one) for one in value]
            return "; ".join(chosen)
        if question.kind is QuestionKind.NUMBER and isinstance(value, int | float):
            return value
        return labels.get(value) or str(value)

    return say
