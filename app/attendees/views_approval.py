"""The organizers' page of sign-ups that wait for a decision, one by one or several at once."""

from collections.abc import Sequence

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.attendees.forms_approval import DeclineForm
from app.core.clock import utc_now
from app.core.errors import ConflictError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.events.managed import Managed, managed_event
from app.registrations import approval, settings
from app.registrations.models import Question, Registration
from app.registrations.queries import all_questions_of
from app.registrations.words import answer_in_words
from app.web.pages import see_other

bp = Blueprint("approvals", __name__, url_prefix=f"{PATH}/events/<slug>")

_ID_MAX = 2**31 - 1  # of the column
_DIGITS_MAX = 10
_COUNTS = ("confirmed", "waiting", "left", "declined")


def _managed(slug: str) -> Managed:
    return managed_event(slug, signed_in_organizer(), Permission.MANAGE_ATTENDEES)


@bp.get("/approvals")
def index(slug: str) -> Response:
    """Show fifty who wait for a decision, with their answers."""
    managed = _managed(slug)
    event, after = managed.event, _number(request.args.get("after"))
    people = approval.pending_of(event.id, after=after, limit=approval.PER_PAGE + 1)
    shown = people[: approval.PER_PAGE]
    questions = all_questions_of(event.id)
    return manage_page(
        "attendees/approvals.html",
        permissions=managed.permissions,
        event=event,
        people=shown,
        answers={person.id: _said(person, questions) for person in shown},
        number=settings.number_pending(event.id),
        after=shown[-1].id if len(people) > len(shown) else None,
        is_first=not after,
        done={name: _number(request.args.get(name)) for name in _COUNTS if request.args.get(name)},
    )


def _said(person: Registration, questions: Sequence[Question]) -> list[tuple[str, str]]:
    """Return what somebody answered, as question and answer in words, in the order of the form."""
    given = {answer.question_id: answer.value for answer in person.answers}
    language = current_language()
    return [
        (each.label.in_language(language), str(answer_in_words(each, language)(given[each.id])))
        for each in questions
        if each.id in given
    ]


@bp.get("/approvals/decision")
def decision(slug: str) -> BaseResponse:
    """Say what approving those chosen would do, and ask; with room for words to those who are declined."""
    managed = _managed(slug)
    people = approval.pending_among(managed.event.id, _chosen())
    if not people:
        return see_other(".index", slug=slug, none="1")
    return _decision(managed, people, DeclineForm())


def _decision(managed: Managed, people: Sequence[Registration], form: DeclineForm, status: int = 200) -> Response:
    return manage_page(
        "attendees/decision.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        people=people,
        outlook=approval.outlook(managed.event, people),
        form=form,
    )


@bp.post("/approvals")
def approve(slug: str) -> BaseResponse:
    """Give those chosen a seat, or a place in the queue."""
    event = _managed(slug).event
    done = approval.approve(event.id, _chosen(), by=actor(), now=utc_now())
    if done == approval.Approved():
        raise ConflictError(_("Nobody of those you chose waits for a decision any more."))
    counts = {name: str(getattr(done, name)) for name in _COUNTS[:3] if getattr(done, name)}
    return see_other(".index", slug=slug, **counts)


@bp.post("/declines")
def decline(slug: str) -> BaseResponse:
    """Refuse those chosen."""
    managed, form = _managed(slug), DeclineForm(request.form)
    chosen = _chosen()
    if not form.validate():
        return _decision(managed, approval.pending_among(managed.event.id, chosen), form, 422)
    number = approval.decline(managed.event.id, chosen, words=form.words.data or "", by=actor(), now=utc_now())
    if not number:
        raise ConflictError(_("Nobody of those you chose waits for a decision any more."))
    return see_other(".index", slug=slug, declined=str(number))


def _chosen() -> list[int]:
    return [number for text in request.values.getlist("who") if (number := _number(text))]


def _number(text: str | None) -> int:
    plain = (text or "")[:_DIGITS_MAX]
    return min(int(plain), _ID_MAX) if plain.isascii() and plain.isdigit() else 0
