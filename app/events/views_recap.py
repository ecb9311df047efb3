"""What is left of an event: its recap and its photos."""

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import actor
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import gettext as _
from app.core.versions import ClashError
from app.events import pictures, queries, recap
from app.events.forms_recap import captions_form, captions_in, recap_form
from app.events.managed import Managed
from app.events.rules_life import Step
from app.events.views_life import bp, gate, step_page
from app.web.bodies import takes
from app.web.forms import Form
from app.web.pages import see_other

# As a phone sends some photos at once; each of them at most pictures.BYTES_MAX.
UPLOAD_BYTES_MAX = 32 * 1024 * 1024
AT_ONCE_MAX = 12
_ID_MAX = 2**31 - 1


def _gate(slug: str) -> Managed:
    return gate(slug, Permission.EDIT, options=recap.loads())


@bp.get("/recap")
def recap_page(slug: str) -> Response:
    """Show what is left of the event, to be written."""
    managed = _gate(slug)
    return _page(managed, recap_form(managed.event))


def _page(managed: Managed, form: Form, *, status: int = 200, refused: list[tuple[str, str]] | None = None) -> Response:
    photos = list(queries.photos_of(managed.event.id))
    return step_page(
        "events/manage/recap.html",
        managed,
        Step.RECAP,
        status=status,
        form=form,
        photos=photos,
        captions=captions_form(photos),
        refused=refused or [],
        is_saved=request.args.get("after") == "saved",
        photos_max=queries.PHOTOS_MAX,
        at_once_max=AT_ONCE_MAX,
    )


@bp.post("/recap")
@takes(256 * 1024)
def write_recap(slug: str) -> BaseResponse:
    """Save numbers, texts, slides, links and thanks."""
    managed = _gate(slug)
    form = recap_form(managed.event, request.form)
    if not form.validate():
        return _page(managed, form, status=422)
    try:
        event_id = managed.event.id
        recap.write_recap(event_id, form.values(), form.seen, lines=form.lines, by=actor(), now=utc_now())
    except ClashError as error:
        form.show(error)
        return _page(_gate(slug), form, status=error.status)
    return see_other(".recap_page", slug=slug, after="saved")


@bp.post("/recap/photos")
@takes(UPLOAD_BYTES_MAX)
def add_photos(slug: str) -> BaseResponse:
    """Take photos; those that are none are named, the others stay."""
    managed = _gate(slug)
    files = [file for file in request.files.getlist("photos") if file.filename]
    encoded, refused = [], []
    for file in files[:AT_ONCE_MAX]:
        try:
            encoded.append(pictures.encode(file.read()))
        except BadInputError as error:
            refused.append((file.filename or "", error.message))
    refused += [(file.filename or "", _("Too many at once.")) for file in files[AT_ONCE_MAX:]]
    if not files:
        refused.append(("", _("Please choose a picture.")))
    if encoded:
        recap.add_photos(managed.event.id, encoded, by=actor(), now=utc_now())
    if refused:
        managed = _gate(slug)
        return _page(managed, recap_form(managed.event), status=422, refused=refused)
    return see_other(".recap_page", slug=slug, _anchor="photos")


@bp.post("/recap/photos/captions")
def write_captions(slug: str) -> BaseResponse:
    """Save what stands below the photos."""
    _save_captions(_gate(slug))
    return see_other(".recap_page", slug=slug, _anchor="photos")


@bp.post(f"/recap/photos/<int(max={_ID_MAX}):picture_id>/earlier")
def photo_earlier(slug: str, picture_id: int) -> BaseResponse:
    """Let a photo come earlier; captions that were typed are saved too."""
    return _move(slug, picture_id, earlier=True)


@bp.post(f"/recap/photos/<int(max={_ID_MAX}):picture_id>/later")
def photo_later(slug: str, picture_id: int) -> BaseResponse:
    """Let a photo come later; captions that were typed are saved too."""
    return _move(slug, picture_id, earlier=False)


def _move(slug: str, picture_id: int, *, earlier: bool) -> BaseResponse:
    managed = _gate(slug)
    _save_captions(managed)
    recap.move_photo(managed.event.id, picture_id, earlier=earlier, by=actor(), now=utc_now())
    return see_other(".recap_page", slug=slug, _anchor=f"photo-{picture_id}")


@bp.post(f"/recap/photos/<int(max={_ID_MAX}):picture_id>/removal")
def remove_photo(slug: str, picture_id: int) -> BaseResponse:
    """Take a photo away; captions that were typed are saved too."""
    managed = _gate(slug)
    _save_captions(managed)
    recap.remove_photo(managed.event.id, picture_id, by=actor(), now=utc_now())
    return see_other(".recap_page", slug=slug, _anchor="photos")


def _save_captions(managed: Managed) -> None:
    form = captions_form(list(queries.photos_of(managed.event.id)), request.form)
    if not form.validate():
        raise BadInputError(_("A caption has at most 300 characters."))
    recap.write_captions(managed.event.id, captions_in(form), by=actor(), now=utc_now())
