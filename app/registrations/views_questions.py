"""The organizers' pages of what an event asks; they stand under its sign-up."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import actor, require_fresh_proof
from app.accounts.pages import manage_page
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.versions import ClashError
from app.events.managed import Managed
from app.registrations import questions as service
from app.registrations.forgetting import number_of_answers
from app.registrations.forms_questions import CHOICES, QuestionForm, question_form
from app.registrations.models import Question, QuestionKind
from app.registrations.queries import all_questions_of
from app.registrations.questions import question_of, values_of
from app.registrations.rules import hanging_on
from app.registrations.views_sign_up import ID, bp, to_configure
from app.web.pages import see_other

_NEW: Final[dict[str, Any]] = {
    "kind": QuestionKind.SHORT_TEXT.value,
    "options": [],
    "condition": "",
    "keep_days": None,
    "purpose": "",
    "sponsor": "",
    "is_after_acceptance": False,
    "is_masked": False,
}


@bp.get("/questions/new")
def new_question(slug: str) -> Response:
    """Show the form of a new question."""
    managed = to_configure(slug)
    return _page(managed, question_form(all_questions_of(managed.event.id), None, _NEW))


@bp.post("/questions")
def add_question(slug: str) -> BaseResponse:
    """Add it, or show more rows for choices."""
    managed = to_configure(slug)
    form = question_form(all_questions_of(managed.event.id), None, _NEW, request.form)
    if "more" in request.form:
        return _page(managed, form)
    if not form.validate():
        return _page(managed, form, status=422)
    try:
        service.add_question(managed.event.id, form.values(), by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, form, status=422)
    return see_other(".index", slug=slug, done="added", question="new", _anchor="questions")


@bp.get(f"/questions/<{ID}:question_id>")
def question(slug: str, question_id: int) -> Response:
    """Show a question, to change it."""
    managed, questions, found = _found(slug, question_id)
    return _page(managed, question_form(questions, found, values_of(found)), found)


@bp.post(f"/questions/<{ID}:question_id>")
def change_question(slug: str, question_id: int) -> BaseResponse:
    """Save it, or show more rows for choices."""
    managed, questions, found = _found(slug, question_id)
    form = question_form(questions, found, values_of(found), request.form)
    if "more" in request.form:
        return _page(managed, form, found)
    if not form.validate():
        return _page(managed, form, found, status=422)
    try:
        service.change_question(managed.event.id, question_id, form.values(), seen=form.seen, by=actor(), now=utc_now())
    except ClashError as error:
        form.show(error)
        return _page(managed, form, found, status=409)
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, form, found, status=422)
    return see_other(".index", slug=slug, done="saved", question=str(question_id), _anchor="questions")


def _found(slug: str, question_id: int) -> tuple[Managed, Sequence[Question], Question]:
    managed = to_configure(slug)
    questions = all_questions_of(managed.event.id)
    return managed, questions, question_of(questions, question_id)


def _page(managed: Managed, form: QuestionForm, found: Question | None = None, *, status: int = 200) -> Response:
    return manage_page(
        "registrations/manage/question.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        question=found,
        rows=form.options.rows(more="more" in request.form),
        choice_kinds=" ".join(kind.value for kind in CHOICES),
        answers=number_of_answers(found.id) if found else 0,
    )


@bp.post(f"/questions/<{ID}:question_id>/up")
def question_up(slug: str, question_id: int) -> BaseResponse:
    """Move it one place up."""
    return _move(slug, question_id, up=True)


@bp.post(f"/questions/<{ID}:question_id>/down")
def question_down(slug: str, question_id: int) -> BaseResponse:
    """Move it one place down."""
    return _move(slug, question_id, up=False)


def _move(slug: str, question_id: int, *, up: bool) -> BaseResponse:
    event = to_configure(slug).event
    service.move_question(event.id, question_id, up=up, by=actor(), now=utc_now())
    return see_other(".index", slug=slug, _anchor="questions")


@bp.post(f"/questions/<{ID}:question_id>/retirement")
def retire_question(slug: str, question_id: int) -> BaseResponse:
    """Stop asking it; the answers given are kept."""
    return _retire(slug, question_id, retired=True)


@bp.post(f"/questions/<{ID}:question_id>/return")
def ask_question_again(slug: str, question_id: int) -> BaseResponse:
    """Ask it again."""
    return _retire(slug, question_id, retired=False)


def _retire(slug: str, question_id: int, *, retired: bool) -> BaseResponse:
    event = to_configure(slug).event
    service.retire_question(event.id, question_id, retired=retired, by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="saved", _anchor="questions")


@bp.get(f"/questions/<{ID}:question_id>/removal")
def question_removal(slug: str, question_id: int) -> Response:
    """Say what goes with a question, and ask."""
    managed, questions, found = _found(slug, question_id)
    return manage_page(
        "registrations/manage/question_removal.html",
        permissions=managed.permissions,
        event=managed.event,
        question=found,
        answers=number_of_answers(found.id),
        dependents=hanging_on(found, questions),
    )


@bp.post(f"/questions/<{ID}:question_id>/removal")
def remove_question(slug: str, question_id: int) -> BaseResponse:
    """Take it away with its answers, no more of them than was said."""
    event = to_configure(slug).event
    told = request.form.get("answers", "")
    answers = int(told[:9]) if told.isascii() and told.isdigit() else 0
    if answers:  # the service takes away no more of them than this
        require_fresh_proof()
    service.remove_question(event.id, question_id, answers=answers, by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="removed", question=str(question_id), _anchor="questions")
