"""The organizers' pages on which a message is looked at, tried, sent, scheduled and stopped."""

from collections.abc import Sequence

from flask import Blueprint, Response, request
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.core.addresses import key_of
from app.core.clock import utc_now
from app.core.db import db
from app.core.errors import BadInputError
from app.core.i18n import Language, current_language, language_of, speaking
from app.events.managed import Managed
from app.mail.views_dev import LETTER_POLICY
from app.messages import mails, sending
from app.messages.audience import outlook, some_of
from app.messages.forms import Offered, ScheduleForm
from app.messages.models import Message, MessageState
from app.messages.queries import message_of
from app.messages.views import ID, number, to_write, words_of
from app.registrations.models import Registration
from app.registrations.moments import is_night
from app.web.headers import CONTENT_SECURITY_POLICY
from app.web.pages import see_other

bp = Blueprint("message_sending", __name__, url_prefix=f"{PATH}/events/<slug>/messages/<{ID}>")

_PEOPLE_MAX = 50
_TYPED_MAX = 254


def _found(slug: str, message_id: int) -> tuple[Managed, Message]:
    managed = to_write(slug)
    return managed, message_of(managed.event.id, message_id)


@bp.get("/preview")
def preview(slug: str, message_id: int) -> Response:
    """Show the message as one attendee gets it."""
    managed, message = _found(slug, message_id)
    people = some_of(managed.event, message, _PEOPLE_MAX)
    typed = request.args.get("who", "")[:_TYPED_MAX].strip()
    person = _typed(managed, typed) if typed else _chosen(people)
    language = language_of(request.args.get("in")) or _language_of(person)
    with speaking(language):
        draft = mails.look(message, language, person.id if person else None)
    response = manage_page(
        "messages/preview.html",
        permissions=managed.permissions,
        event=managed.event,
        message=message,
        people=people,
        person=person,
        typed=typed,
        in_language=language,
        shown=mails.language_shown(message, language),
        draft=draft,
        problems=sending.problems(message),
        tested=number("tested"),
        to_email=signed_in_organizer().email,
    )
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


def _language_of(person: Registration | None) -> Language:
    return (language_of(person.language) if person else None) or current_language()


def _chosen(people: Sequence[Registration]) -> Registration | None:
    code = request.values.get("as", "")
    return next((person for person in people if person.code == code), people[0] if people else None)


def _typed(managed: Managed, typed: str) -> Registration | None:
    """Return the attendee with this code or address, the last one where an address has several."""
    statement = select(Registration).where(
        Registration.event_id == managed.event.id,
        Registration.erased_at.is_(None),
        or_(Registration.code == typed.upper(), Registration.email_key == key_of(typed)),
    )
    return db.session.scalar(statement.order_by(Registration.id.desc()).limit(1))


@bp.get("/letter")
def letter(slug: str, message_id: int) -> Response:
    """Give the letter for the frame in the page of its preview."""
    managed, message = _found(slug, message_id)
    language = language_of(request.args.get("in")) or current_language()
    person = _typed(managed, request.args.get("as", "")[:_TYPED_MAX])
    with speaking(language):
        html = mails.look(message, language, person.id if person else None).html
    response = Response(html.replace("<head>", '<head><base target="_blank">', 1))
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.post("/test")
def test(slug: str, message_id: int) -> BaseResponse:
    """Send it to whoever asks, and to nobody else."""
    managed, message = _found(slug, message_id)
    if found := sending.problems(message):
        raise BadInputError(found[0])
    me, code = signed_in_organizer(), request.form.get("as", "")[:_TYPED_MAX]
    person = _typed(managed, code)
    sent = sending.send_test(
        message,
        to_email=me.email,
        to_name=me.name or "",
        organizer_id=me.id,
        registration_id=person.id if person else None,
        now=utc_now(),
    )
    return see_other(".preview", slug=slug, message_id=str(message_id), who=code or None, tested=str(max(sent, 1)))


@bp.get("/sending")
def confirm(slug: str, message_id: int) -> BaseResponse:
    """Say to how many it goes, and ask."""
    managed, message = _found(slug, message_id)
    if message.state is not MessageState.DRAFT:
        return see_other("messages.show", slug=slug, message_id=str(message_id))
    return _confirm_page(managed, message, ScheduleForm())


@bp.post("/sending")
def begin(slug: str, message_id: int) -> BaseResponse:
    """Send it to the number of people that the page has shown; another number is shown first."""
    managed, message = _found(slug, message_id)
    shown, revision = number("shown"), number("revision")
    try:
        sending.begin(managed.event, message_id, shown=shown, revision=revision, by=actor(), now=utc_now())
    except sending.AudienceChangedError as error:
        return _confirm_page(managed, message, ScheduleForm(), notice=error.message, was=shown, status=409)
    return see_other("messages.show", slug=slug, message_id=str(message_id), done="sent")


@bp.post("/schedule")
def schedule(slug: str, message_id: int) -> BaseResponse:
    """Let it go by itself at a time; at night only when that is said twice."""
    managed, message = _found(slug, message_id)
    event, form = managed.event, ScheduleForm(request.form)
    if not form.validate():
        return _confirm_page(managed, message, form, status=422)
    try:
        at = form.instant(event.zone)
        if is_night(at, event.zone) and not form.at_night.data:
            return _confirm_page(managed, message, form, asks_about_night=True, status=422)
        sending.schedule(event, message_id, at=at, revision=number("revision"), by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _confirm_page(managed, message, form, status=422)
    return see_other("messages.show", slug=slug, message_id=str(message_id), done="scheduled")


@bp.post("/schedule/removal")
def unschedule(slug: str, message_id: int) -> BaseResponse:
    """Make it a draft again."""
    managed = to_write(slug)
    sending.unschedule(managed.event.id, message_id, by=actor(), now=utc_now())
    return see_other("messages.show", slug=slug, message_id=str(message_id), done="unscheduled")


@bp.post("/stop")
def stop(slug: str, message_id: int) -> BaseResponse:
    """Let none of it leave that has not left."""
    managed = to_write(slug)
    sending.stop(managed.event.id, message_id, by=actor(), now=utc_now())
    return see_other("messages.show", slug=slug, message_id=str(message_id), done="stopped")


def _confirm_page(
    managed: Managed,
    message: Message,
    form: ScheduleForm,
    *,
    notice: str = "",
    was: int | None = None,
    asks_about_night: bool = False,
    status: int = 200,
) -> Response:
    event, now = managed.event, utc_now()
    return manage_page(
        "messages/sending.html",
        status,
        permissions=managed.permissions,
        event=event,
        message=message,
        form=form,
        outlook=outlook(event, message),
        problems=sending.problems(message),
        missing=sending.missing_languages(message),
        audience=words_of(message, Offered.read(event.id)),
        is_night=is_night(now, event.zone),
        now=now,
        notice=notice,
        was=was,
        asks_about_night=asks_about_night,
    )
