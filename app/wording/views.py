"""The organizers' pages on which they change what an event's automatic letters say."""

from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import gate
from app.accounts.gate import PATH
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import LANGUAGES, Language, language_of, speaking
from app.core.i18n import gettext as _
from app.core.versions import ClashError
from app.events.managed import Managed, managed_event
from app.mail.kinds import Draft
from app.web.bodies import takes
from app.web.pages import see_other
from app.wording.forms import LetterTextForm, letter_text_form
from app.wording.kinds import Kind, Wording, all_kinds, kind_named
from app.wording.queries import texts_of, values_of
from app.wording.rules import is_sound
from app.wording.service import reset, save

# Two languages of a long text, each Chinese character of which a form sends as nine bytes.
_BYTES_MAX = 256 * 1024

bp = Blueprint("letter_texts", __name__, url_prefix=f"{PATH}/events/<slug>/letters/texts")


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter in one language as somebody would get it; `draft` is None while its text has a mistake."""

    language: Language
    draft: Draft | None


def _managed(slug: str) -> Managed:
    return managed_event(slug, gate.signed_in_organizer(), Permission.WRITE)


@bp.get("")
def index(slug: str) -> Response:
    """List the automatic letters, and which of them say something of their own."""
    managed = _managed(slug)
    own = {(text.kind, text.language) for text in texts_of(managed.event.id)}
    lines = [(kind, [language for language in LANGUAGES if (kind.name, language) in own]) for kind in all_kinds()]
    return manage_page(
        "wording/index.html", permissions=managed.permissions, event=managed.event, lines=lines, changed=len(own)
    )


@bp.get("/<kind>")
def edit(slug: str, kind: str) -> Response:
    """Show what a letter says, to be changed, and how it looks."""
    managed, wanted = _managed(slug), kind_named(kind)
    form = letter_text_form(wanted, values_of(managed.event.id, wanted))
    return _page(managed, form)


@bp.post("/<kind>")
@takes(_BYTES_MAX)
def change(slug: str, kind: str) -> BaseResponse:
    """Save what was changed; or only show how it would look."""
    managed, wanted = _managed(slug), kind_named(kind)
    form = letter_text_form(wanted, values_of(managed.event.id, wanted), request.form)
    if not form.validate():
        return _page(managed, form, 422)
    if request.form.get("preview"):
        return _page(managed, form, is_preview=True)
    try:
        save(managed.event.id, kind, form.texts(), seen=form.seen, by=gate.actor(), now=utc_now())
    except ClashError as error:
        form.show(error)
        return _page(managed, form, 409)
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, form, 422)
    return see_other(".edit", slug=slug, kind=kind, done="saved")


@bp.post("/<kind>/standard")
def to_standard(slug: str, kind: str) -> BaseResponse:
    """Go back to the standard text in one language."""
    managed, wanted = _managed(slug), kind_named(kind)
    language = language_of(request.form.get("language"))
    if language is None:
        raise BadInputError(_("Please say in which language."))
    reset(managed.event.id, wanted.name, language, by=gate.actor(), now=utc_now())
    return see_other(".edit", slug=slug, kind=kind, done="standard")


def _page(managed: Managed, form: LetterTextForm, status: int = 200, *, is_preview: bool = False) -> Response:
    kind, event_id = form.kind, managed.event.id
    own = [text.language for text in texts_of(event_id, kind.name)]
    done = {"saved": _("Saved."), "standard": _("The standard text holds again.")}
    return manage_page(
        "wording/edit.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        kind=kind,
        own=own,
        shown=[_shown(event_id, kind, form, language) for language in LANGUAGES],
        is_preview=is_preview,
        done=done.get(request.args.get("done", ""), ""),
    )


def _shown(event_id: int, kind: Kind, form: LetterTextForm, language: Language) -> Shown:
    texts = form.texts()
    wording = Wording(*(getattr(texts[part], language) for part in ("subject", "body")))
    if not is_sound(kind, wording):
        return Shown(language, None)
    with speaking(language):
        return Shown(language, kind.preview(event_id, language, wording))
