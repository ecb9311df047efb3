"""The organizers' pages on which they change what an event's automatic letters say."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import gate
from app.accounts.gate import PATH
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import LANGUAGES, Language, Texts, current_language, language_of, speaking
from app.core.i18n import gettext as _
from app.core.versions import ClashError
from app.events.managed import Managed, managed_event
from app.mail.views_dev import LETTER_POLICY
from app.web.bodies import takes
from app.web.headers import CONTENT_SECURITY_POLICY
from app.web.pages import see_other
from app.wording.forms import LetterTextForm, letter_text_form
from app.wording.kinds import Kind, Wording, all_kinds, kind_named
from app.wording.queries import texts_of, values_of
from app.wording.rules import PARTS, is_sound, mistakes_in, too_long_in
from app.wording.service import reset, save

# Two languages of a long text, each Chinese character of which a form sends as nine bytes.
_BYTES_MAX: Final = 256 * 1024

bp = Blueprint("letter_texts", __name__, url_prefix=f"{PATH}/events/<slug>/letters/texts")


def _managed(slug: str) -> Managed:
    return managed_event(slug, gate.signed_in_organizer(), Permission.WRITE)


@bp.get("")
def index(slug: str) -> Response:
    """List the automatic letters, and which of them say something of their own."""
    managed = _managed(slug)
    own = {(text.kind, text.language) for text in texts_of(managed.event.id)}
    lines = [(kind, [language for language in LANGUAGES if (kind.name, language) in own]) for kind in all_kinds()]
    changed = sum(len(languages) for _kind, languages in lines)
    return manage_page(
        "wording/index.html", permissions=managed.permissions, event=managed.event, lines=lines, changed=changed
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
    """Save what was changed."""
    managed, wanted = _managed(slug), kind_named(kind)
    form = letter_text_form(wanted, values_of(managed.event.id, wanted), request.form)
    if not form.validate():
        return _page(managed, form, 422)
    try:
        is_changed = save(managed.event.id, kind, form.texts(), seen=form.seen, by=gate.actor(), now=utc_now())
    except ClashError as error:
        form.show(error)
        return _page(managed, form, 409)
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, form, 422)
    # A bare `done` offers to take back what was done just now.
    return see_other(".edit", slug=slug, kind=kind, done="" if is_changed else "saved")


@bp.post("/<kind>/standard")
def to_standard(slug: str, kind: str) -> BaseResponse:
    """Go back to the standard text in one language."""
    managed, wanted = _managed(slug), kind_named(kind)
    language = language_of(request.form.get("language"))
    if language is None:
        raise BadInputError(_("Please say in which language."))
    is_changed = reset(managed.event.id, wanted.name, language, by=gate.actor(), now=utc_now())
    return see_other(".edit", slug=slug, kind=kind, done="" if is_changed else "saved")


@bp.get("/<kind>/look")
def look(slug: str, kind: str) -> Response:
    """Show the letter as it would arrive now."""
    managed, wanted = _managed(slug), kind_named(kind)
    language = language_of(request.args.get("language")) or current_language()
    return _letter(managed, wanted, language, values_of(managed.event.id, wanted))


@bp.post("/<kind>/look")
@takes(_BYTES_MAX)
def look_at_typed(slug: str, kind: str) -> Response:
    """Show the letter as it would arrive with what is typed; nothing is saved."""
    managed, wanted = _managed(slug), kind_named(kind)
    language = language_of(request.form.get("language")) or current_language()
    form = letter_text_form(wanted, values_of(managed.event.id, wanted), request.form)
    texts = form.texts()
    # Nobody has checked the form: Markdown of any length would be rendered.
    if too_long := list(too_long_in(texts)):
        return _in_frame(render_template("wording/broken.html", sentences=too_long))
    return _letter(managed, wanted, language, texts)


def _letter(managed: Managed, kind: Kind, language: Language, texts: Mapping[str, Texts]) -> Response:
    """Answer with a letter, for the frame in its page; with what is wrong where it cannot be written."""
    wording = Wording(*(getattr(texts[part], language) for part in PARTS))
    if is_sound(kind, wording):
        with speaking(language):
            draft = kind.preview(managed.event.id, language, wording)
        html = draft.html.replace("<head>", '<head><base target="_blank">', 1)
    else:
        sentences = [sentence for part in PARTS for sentence in mistakes_in(kind, texts[part])]
        html = render_template("wording/broken.html", sentences=sentences)
    return _in_frame(html)


def _in_frame(html: str) -> Response:
    response = Response(html)
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(managed: Managed, form: LetterTextForm, status: int = 200) -> Response:
    kind = form.kind
    own = {text.language for text in texts_of(managed.event.id, kind.name)}
    response = manage_page(
        "wording/edit.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        kind=kind,
        own=[language for language in LANGUAGES if language in own],
        done=request.args.get("done"),
    )
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response
