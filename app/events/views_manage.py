"""The organizers' pages that make an event and say what it is."""

from datetime import datetime

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import gate
from app.accounts.gate import PATH
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.community.site import site
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import LANGUAGES, Language, Texts
from app.core.i18n import gettext as _
from app.core.versions import ClashError
from app.events import choices, create, date_warnings
from app.events.details import is_scheduled_here, of_details, save_details, values_of
from app.events.duplicate import duplicate
from app.events.forms_copy import CopyForm, copy_form
from app.events.forms_create import NewEventForm, new_event_form
from app.events.forms_details import DetailsForm, Offered, details_form
from app.events.forms_parts import city_names
from app.events.managed import Managed, managed_event
from app.events.models import Event, EventState
from app.events.pages import mode_name
from app.events.rules import is_over
from app.web.bodies import takes
from app.web.pages import see_other

# Two languages of a long description, each Chinese character of which a form sends as nine bytes.
DETAILS_BYTES_MAX = 512 * 1024

bp = Blueprint("events_manage", __name__, url_prefix=PATH)


@bp.get("/events/new")
def new() -> Response:
    """Ask for a title and a time; or let one begin with an earlier event."""
    gate.require(Permission.CREATE)
    return _new_page(_new_form())


@bp.post("/events/new")
def create_event() -> BaseResponse:
    """Make a draft and go on to its details; the same form sent twice makes one."""
    gate.require(Permission.CREATE)
    form = _new_form(sent=True)
    if not form.validate():
        return _new_page(form, 422)
    event = create.create(form.new_event(), key=form.key.data or "", by=gate.actor(), now=utc_now())
    # Who is in a hurry publishes on the second page they see.
    onward = "life.publication" if request.form.get("then") == "publish" else ".details"
    return see_other(onward, slug=event.slug, done="created")


@bp.get("/events/<slug>/copy")
def copy(slug: str) -> Response:
    """Ask for the date of an event made from this one, or the dates of several."""
    managed = _copied(slug)
    return _copy_page(managed, copy_form(managed.event, now=utc_now()))


@bp.post("/events/<slug>/copy")
def make_copies(slug: str) -> BaseResponse:
    """Make the drafts; or only show which days they will be on."""
    managed = _copied(slug)
    form = copy_form(managed.event, request.form, now=utc_now())
    if not form.validate():
        return _copy_page(managed, form, 422)
    if request.form.get("show"):
        return _copy_page(managed, form, shown=True)
    try:
        made = duplicate(managed.event.id, form.copies(), key=form.key.data or "", by=gate.actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _copy_page(managed, form, 422)
    return see_other(".details", slug=made[0].slug, done="copied" if len(made) == 1 else "series")


def _copied(slug: str) -> Managed:
    """Return the event to copy, to somebody who may publish here and make events everywhere."""
    return managed_event(slug, gate.require(Permission.CREATE), Permission.PUBLISH)


def _copy_page(managed: Managed, form: CopyForm, status: int = 200, *, shown: bool = False) -> Response:
    event = managed.event
    return manage_page(
        "events/manage/copy.html",
        status,
        permissions=managed.permissions,
        event=event,
        form=form,
        days=[(date_warnings.spoken(day), date_warnings.of_days([day], event.zone)) for day in form.days()]
        if shown
        else [],
    )


@bp.get("/events/<slug>/details")
def details(slug: str) -> Response:
    """Show everything the event page says, to be changed."""
    managed = _edited(slug)
    form = details_form(values_of(managed.event), Offered.read(), has_schedule=is_scheduled_here(managed.event))
    return _details_page(managed, form)


@bp.post("/events/<slug>/details")
@takes(DETAILS_BYTES_MAX)
def change_details(slug: str) -> BaseResponse:
    """Save what was changed; or only show the texts as the page will, or leave room for more rows."""
    managed = _edited(slug)
    event, sent = managed.event, request.form
    form = details_form(values_of(event), Offered.read(), sent, has_schedule=is_scheduled_here(event))
    if sent.get("preview") or sent.get("more"):
        return _details_page(managed, form, is_preview=bool(sent.get("preview")), more=sent.get("more", ""))
    if not form.validate():
        return _details_page(managed, form, 422)
    try:
        save_details(event.id, form.values(), seen=form.seen, by=gate.actor(), now=utc_now())
    except ClashError as error:
        form.show(error)
        return _details_page(_edited(slug), form, 409)
    except BadInputError as error:
        form.refuse(error)
        return _details_page(managed, form, 422)
    return see_other(".details", slug=slug, done="saved")


def _edited(slug: str) -> Managed:
    return managed_event(slug, gate.signed_in_organizer(), Permission.EDIT, options=of_details())


def _details_page(
    managed: Managed, form: DetailsForm, status: int = 200, *, is_preview: bool = False, more: str = ""
) -> Response:
    event, now = managed.event, utc_now()
    form.add_rows(more)
    done = request.args.get("done", "")
    return manage_page(
        "events/manage/details.html",
        status,
        permissions=managed.permissions,
        event=event,
        form=form,
        has_schedule="starts_at" in form,
        offered=form.offered,
        zones=choices.ZONES,
        previews=_previews(form) if is_preview else None,
        done=_done(done),
        mode_name=mode_name,
        warnings=_warnings(event, now=now),
    )


def _warnings(event: Event, *, now: datetime) -> list[str]:
    if is_over(event, now=now):
        return [_("This day is in the past.")] if event.state == EventState.DRAFT else []
    return date_warnings.warnings(event.starts_at, event.ends_at, event.zone, city_id=event.city_id, event_id=event.id)


def _previews(form: DetailsForm) -> list[tuple[Language, Texts]]:
    """Return the description in each language it is written in, alone: nothing falls back in a preview."""
    return [
        (language, Texts(**{language: text})) for language in LANGUAGES if (text := form.description.text_in(language))
    ]


def _done(done: str) -> str:
    sentences = {
        "created": _("The draft is there. Add what you know now; everything can be changed until it is published."),
        "copied": _("The copy is there, as a draft. Check its details, then publish it."),
        "series": _("The series is there, as drafts. This is the first of them; all of them are on the overview."),
        "saved": _("Saved."),
    }
    return sentences.get(done, "")


def _new_form(*, sent: bool = False) -> NewEventForm:
    return new_event_form(
        request.form if sent else None, zone=site().time_zone, venues=choices.venues(), groups=choices.groups()
    )


def _new_page(form: NewEventForm, status: int = 200) -> Response:
    group = request.args.get("group", "")
    return manage_page(
        "events/manage/new.html",
        status,
        form=form,
        group=group,
        earlier=choices.earlier_events(group=group),
        cities=city_names(choices.cities()),
        zones=choices.ZONES,
    )


# What stands under the menu's entry for the details.
DETAILS = (copy, make_copies, change_details)
