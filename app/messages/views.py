"""The organizers' pages of messages to attendees: the list, writing one, and what became of it."""

from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.i18n import Texts, current_language
from app.core.i18n import gettext as _
from app.core.versions import ClashError
from app.events.managed import Managed, managed_event
from app.messages import mails, service
from app.messages.forms import MessageForm, Offered, message_form
from app.messages.models import Message, MessageState, Purpose
from app.messages.queries import PER_PAGE, Letters, letters_of, message_of, messages
from app.messages.words import audience_words, state_words
from app.registrations.models import RegistrationState
from app.web.bodies import takes
from app.web.pages import see_other

bp = Blueprint("messages", __name__, url_prefix=f"{PATH}/events/<slug>/messages")

ID_MAX: Final = 2**31 - 1  # of the column
ID: Final = f"int(max={ID_MAX}):message_id"
_DIGITS_MAX: Final = 10
# Two languages of a long text, each Chinese character of which a form sends as nine bytes.
_BYTES_MAX: Final = 256 * 1024


def to_write(slug: str) -> Managed:
    """Return the event for whoever may write to its attendees."""
    return managed_event(slug, signed_in_organizer(), Permission.WRITE)


def number(name: str, default: int = 0) -> int:
    """Return a number that was sent; the default for what is none."""
    text = request.values.get(name, "")[:_DIGITS_MAX]
    return min(int(text), ID_MAX) if text.isascii() and text.isdigit() else default


@bp.get("")
def index(slug: str) -> Response:
    """Show fifty messages, the newest first."""
    managed, before = to_write(slug), number("before") or None
    found = messages(managed.event.id, before=before)
    shown = found[:PER_PAGE]
    return manage_page(
        "messages/index.html",
        permissions=managed.permissions,
        event=managed.event,
        messages=shown,
        letters=letters_of(shown),
        state_words=state_words,
        before=before,
        older=shown[-1].id if len(found) > len(shown) else None,
        done={"removed": _("The draft has been thrown away.")}.get(request.args.get("done", "")),
    )


@bp.get("/new")
def new(slug: str) -> Response:
    """Show the form of a new message, to those whom the address asks for; else to those who have a place."""
    managed = to_write(slug)
    wanted = Wanted.of(request.args)
    if not wanted.as_query():
        wanted = Wanted(states=(RegistrationState.CONFIRMED,))
    offered = Offered.read(managed.event.id)
    return _form_page(managed, message_form(offered, _nothing(wanted)))


@bp.post("")
@takes(_BYTES_MAX)
def create(slug: str) -> BaseResponse:
    """Keep a new message as a draft."""
    managed = to_write(slug)
    # The page offered what its address asked for, which may be more than is offered by itself.
    form = message_form(Offered.read(managed.event.id), _nothing(_asked_for(request.form)), request.form)
    if not form.validate():
        return _form_page(managed, form, status=422)
    message_id = service.create(managed.event.id, form.values(), by=actor(), now=utc_now())
    return _onward(slug, message_id)


@bp.get(f"/<{ID}>")
def show(slug: str, message_id: int) -> Response:
    """Show a draft, to be written on; of another message what it says and what became of it."""
    managed = to_write(slug)
    message = message_of(managed.event.id, message_id)
    offered = Offered.read(managed.event.id)
    if message.state is MessageState.DRAFT:
        return _form_page(managed, message_form(offered, service.values_of(message)), message)
    letters = letters_of([message])[message.id]
    return manage_page(
        "messages/message.html",
        permissions=managed.permissions,
        event=managed.event,
        message=message,
        state=state_words(message.state),
        audience=words_of(message, offered),
        letters=letters,
        progress=_progress(message, letters),
        done=request.args.get("done"),
    )


@bp.post(f"/<{ID}>")
@takes(_BYTES_MAX)
def save(slug: str, message_id: int) -> BaseResponse:
    """Save a draft, and go on to its preview or to sending it."""
    managed = to_write(slug)
    message = message_of(managed.event.id, message_id)
    form = message_form(Offered.read(managed.event.id), service.values_of(message), request.form)
    if not form.validate():
        return _form_page(managed, form, message, status=422)
    try:
        service.save(managed.event.id, message_id, form.values(), seen=form.seen, by=actor(), now=utc_now())
    except ClashError as error:
        form.show(error)
        return _form_page(managed, form, message, status=409)
    return _onward(slug, message_id)


def _onward(slug: str, message_id: int) -> BaseResponse:
    then = request.form.get("then", "")
    if then == "preview":
        return see_other("message_sending.preview", slug=slug, message_id=str(message_id))
    if then == "sending":
        return see_other("message_sending.confirm", slug=slug, message_id=str(message_id))
    return see_other(".show", slug=slug, message_id=str(message_id), done="saved")


@bp.post(f"/<{ID}>/copy")
def duplicate(slug: str, message_id: int) -> BaseResponse:
    """Begin a message that says the same."""
    event = to_write(slug).event
    copy_id = service.duplicate(event.id, message_id, by=actor(), now=utc_now())
    return see_other(".show", slug=slug, message_id=str(copy_id), done="copied")


@bp.post(f"/<{ID}>/removal")
def remove(slug: str, message_id: int) -> BaseResponse:
    """Throw a draft away."""
    event = to_write(slug).event
    service.remove(event.id, message_id, by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="removed")


def words_of(message: Message, offered: Offered) -> list[tuple[str, str]]:
    """Return whom a message is for, in words."""
    words = audience_words(
        Wanted.stored(message.audience),
        ticket_types=offered.ticket_types,
        questions=offered.questions,
        language=current_language(),
    )
    return [*words, (_("Search"), _("is kept no longer"))] if message.has_forgotten else words


def _progress(message: Message, letters: Letters) -> int:
    """Return how many of a hundred e-mails are done with, whatever became of them."""
    done = letters.sent + letters.failed + letters.stopped
    of_all = max(message.recipients, message.letters) if message.finished_at is None else message.letters
    return 100 if not of_all else 100 * done // of_all


def _nothing(wanted: Wanted) -> dict[str, Any]:
    texts = {"subject": Texts(), "body": Texts(), "purpose": Purpose.NEWS.value, "why": ""}
    return texts | service.audience_values(wanted)


def _asked_for(sent: MultiDict[str, str]) -> Wanted:
    values = {name: sent.getlist(name) if name in service.MANY else sent.get(name, "") for name in service.AUDIENCE}
    return Wanted.stored(service.audience_of(values))


def _form_page(managed: Managed, form: MessageForm, message: Message | None = None, *, status: int = 200) -> Response:
    done = {
        "saved": _("Saved."),
        "copied": _("A copy, to be changed and sent anew."),
        "unscheduled": _("It is a draft again."),
    }
    return manage_page(
        "messages/form.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        message=message,
        placeholders=mails.PLACEHOLDERS,
        done=done.get(request.args.get("done", "")),
    )
