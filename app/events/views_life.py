"""Publishing, previewing, cancelling and deleting an event, as organizers do it."""

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import Texts
from app.events import checklist, life
from app.events.addresses import old_addresses
from app.events.audience import People, people_at
from app.events.forms_life import AddressForm, CancelForm, NoteForm, PublishAtForm
from app.events.managed import Managed, managed_event
from app.events.previews import preview_token
from app.events.rules_life import Step, refusal, standing
from app.web.forms import Form
from app.web.pages import public_url, see_other

bp = Blueprint("life", __name__, url_prefix=f"{PATH}/events/<slug>")


def gate(slug: str, need: Permission = Permission.PUBLISH, *, options: tuple[object, ...] = ()) -> Managed:
    """Return the event, if who is signed in may do this there."""
    return managed_event(slug, signed_in_organizer(), need, options=options)


def step_page(
    template: str, managed: Managed, step: Step, *, status: int = 200, people: People | None = None, **context: object
) -> Response:
    """Return a page on which a step is taken; where it cannot be, the page says why instead of offering it."""
    event, now = managed.event, utc_now()
    people = people or people_at(event)
    return manage_page(
        template,
        status,
        permissions=managed.permissions,
        event=event,
        people=people,
        reason=refusal(step, standing(event, people, now=now)),
        minutes=int(current_app.config["CHANGE_LETTER_DELAY"] // 60),
        **context,
    )


@bp.get("/publication")
def publication(slug: str) -> Response:
    """Show what publishing means, what is still missing, and the ways to do it."""
    return _publication(gate(slug, options=checklist.loads()), PublishAtForm())


def _publication(managed: Managed, form: Form, *, status: int = 200) -> Response:
    checks = checklist.checklist(managed.event, now=utc_now())
    return step_page(
        "events/manage/publication.html",
        managed,
        Step.PUBLISH,
        status=status,
        form=form,
        missing=[check for check in checks if not check.is_done],
        preview_url=preview_url(managed),
    )


def preview_url(managed: Managed) -> str:
    """Return the address that shows the draft to whoever has it."""
    return public_url("preview.show", token=preview_token(managed.event), lang=None)


@bp.post("/publication")
def publish(slug: str) -> BaseResponse:
    """Publish now."""
    life.publish(gate(slug).event.id, by=actor(), now=utc_now())
    return see_other("organizer.event", slug=slug, after="published")


@bp.post("/publication/time")
def publish_at(slug: str) -> BaseResponse:
    """Let it publish itself at a time."""
    managed, form = gate(slug, options=checklist.loads()), PublishAtForm(request.form)
    if not form.validate():
        return _publication(managed, form, status=422)
    try:
        at = form.instant(managed.event.zone)
        life.publish_at(managed.event.id, at, by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _publication(gate(slug, options=checklist.loads()), form, status=422)
    return see_other("organizer.event", slug=slug, after="scheduled")


@bp.post("/publication/time/removal")
def forget_publish_at(slug: str) -> BaseResponse:
    """Let it stay a draft after all."""
    life.forget_publish_at(gate(slug).event.id, by=actor(), now=utc_now())
    return see_other("organizer.event", slug=slug, after="unscheduled")


@bp.get("/withdrawal")
def withdrawal(slug: str) -> Response:
    """Show what it means to make a draft of it again."""
    return step_page("events/manage/withdrawal.html", gate(slug), Step.UNPUBLISH)


@bp.post("/withdrawal")
def unpublish(slug: str) -> BaseResponse:
    """Make a draft of it again."""
    life.unpublish(gate(slug).event.id, by=actor(), now=utc_now())
    return see_other("organizer.event", slug=slug, after="unpublished")


@bp.post("/preview-link")
def renew_preview(slug: str) -> BaseResponse:
    """Make another preview link."""
    life.renew_preview(gate(slug).event.id, by=actor(), now=utc_now())
    return see_other("organizer.event", slug=slug, after="renewed", _anchor="preview")


@bp.get("/cancellation")
def cancellation(slug: str) -> Response:
    """Ask for the reason; of a cancelled event, offer to let it take place after all."""
    managed = gate(slug)
    if managed.event.cancelled_at is not None:
        return step_page("events/manage/take_back.html", managed, Step.TAKE_BACK, form=NoteForm())
    return step_page("events/manage/cancellation.html", managed, Step.CANCEL, form=CancelForm())


@bp.post("/cancellation")
def cancel(slug: str) -> BaseResponse:
    """Cancel it."""
    managed, form = gate(slug), CancelForm(request.form)
    if not form.validate():
        return step_page("events/manage/cancellation.html", managed, Step.CANCEL, form=form, status=422)
    life.cancel_event(managed.event.id, form.reason.data, by=actor(), now=utc_now())
    return see_other("organizer.event", slug=slug, after="cancelled")


@bp.post("/cancellation/removal")
def take_back(slug: str) -> BaseResponse:
    """Let it take place after all."""
    managed, form = gate(slug), NoteForm(request.form)
    if not form.validate():
        return step_page("events/manage/take_back.html", managed, Step.TAKE_BACK, form=form, status=422)
    life.take_back_cancellation(managed.event.id, form.note.data or Texts(), by=actor(), now=utc_now())
    return see_other("organizer.event", slug=slug, after="taken-back")


@bp.get("/deletion")
def deletion(slug: str) -> Response:
    """Show what goes with the draft."""
    return step_page("events/manage/deletion.html", gate(slug), Step.DELETE)


@bp.post("/deletion")
def delete(slug: str) -> BaseResponse:
    """Delete the draft."""
    life.delete_draft(gate(slug).event.id, by=actor(), now=utc_now())
    return see_other("organizer.dashboard")


@bp.get("/address")
def address(slug: str) -> Response:
    """Show the address, and what stays when it changes."""
    managed = gate(slug)
    return _address(managed, AddressForm(data={"slug": managed.event.slug}))


def _address(managed: Managed, form: Form, *, status: int = 200) -> Response:
    return manage_page(
        "events/manage/address.html",
        status,
        permissions=managed.permissions,
        event=managed.event,
        form=form,
        old=old_addresses(managed.event.id),
        was_public=managed.event.published_at is not None,
        base=public_url("events.index", lang=None),
    )


@bp.post("/address")
def change_address(slug: str) -> BaseResponse:
    """Give the event another address."""
    managed, form = gate(slug), AddressForm(request.form)
    if not form.validate():
        return _address(managed, form, status=422)
    try:
        life.change_address(managed.event.id, form.slug.data or "", by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _address(gate(slug), form, status=422)
    return see_other("organizer.event", slug=form.slug.data, after="address")
