"""The organizers' page about an event's cover, and the preview of Markdown."""

from flask import Response, request
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import gate
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import Texts, current_language
from app.core.i18n import gettext as _
from app.core.versions import ClashError
from app.events import cover_choice, pictures
from app.events.forms_cover import CoverForm
from app.events.managed import Managed, managed_event
from app.events.models import Event
from app.events.views_manage import DETAILS_BYTES_MAX, bp
from app.web.bodies import takes
from app.web.forms import many_lines
from app.web.pages import render, see_other

# The picture, and the rest of the form around it.
COVER_BYTES_MAX = pictures.BYTES_MAX + 64 * 1024


@bp.get("/events/<slug>/cover")
def cover(slug: str) -> Response:
    """Show the cover, and ask for another one."""
    managed = _with_cover(slug)
    return _cover_page(managed, CoverForm(data={"cover_alt": managed.event.cover_alt}))


@bp.post("/events/<slug>/cover")
@takes(COVER_BYTES_MAX)
def change_cover(slug: str) -> BaseResponse:
    """Take the picture, made anew, and its words."""
    managed = _with_cover(slug)
    form = CoverForm(request.form, data={"cover_alt": managed.event.cover_alt})
    if not form.validate():
        return _cover_page(managed, form, 422)
    sent = request.files.get("picture")
    try:
        data = sent.read() if sent is not None and sent.filename else b""
        encoded = pictures.encode(data) if data or managed.event.cover is None else None
        cover_choice.set_cover(
            managed.event.id, encoded, form.cover_alt.data, seen=form.seen, by=gate.actor(), now=utc_now()
        )
    except BadInputError as error:
        form.refuse(error)
        return _cover_page(managed, form, 422)
    except ClashError as error:
        form.show(error)
        return _cover_page(managed, form, 409)
    return see_other(".cover", slug=slug, done="saved")


@bp.post("/events/<slug>/cover/removal")
def remove_cover(slug: str) -> BaseResponse:
    """Show the generated cover again."""
    managed = _with_cover(slug)
    cover_choice.use_generated_cover(managed.event.id, by=gate.actor(), now=utc_now())
    return see_other(".cover", slug=slug, done="removed")


def _with_cover(slug: str) -> Managed:
    return managed_event(slug, gate.signed_in_organizer(), Permission.EDIT, options=(joinedload(Event.cover),))


def _cover_page(managed: Managed, form: CoverForm, status: int = 200) -> Response:
    done = {"saved": _("Saved."), "removed": _("The event shows the generated cover again.")}
    return manage_page(
        "events/manage/cover.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        done=done.get(request.args.get("done", ""), ""),
    )


@bp.post("/preview")
@takes(DETAILS_BYTES_MAX)
def preview() -> Response:
    """Answer a text as the page will show it: Markdown, cleaned."""
    return render(
        "events/manage/preview.html", text=Texts(**{current_language(): many_lines(request.form.get("text"))})
    )


# What stands under the menu's entry for the details.
PAGES = (cover, change_cover, remove_cover)
