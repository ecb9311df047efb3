"""Lists that are written about every morning: set up, shown to whoever follows the letter's link, paused, ended."""

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import actor
from app.accounts.pages import manage_page
from app.attendees.queries import number, ticket_type_names
from app.attendees.wanted import Wanted
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import current_language
from app.core.i18n import gettext as _
from app.exports import columns as kinds
from app.exports import downloads, queries, schedules
from app.exports.views import ID, bp, send, to_export
from app.registrations.queries import all_questions_of
from app.web.pages import see_other


@bp.post("/exports/schedules")
def add_schedule(slug: str) -> BaseResponse:
    """Write about a layout every morning, with the filter of the address."""
    event = to_export(slug).event
    chosen = request.form.get("layout", type=int)
    if chosen is None or not 0 <= chosen < 2**31:
        raise BadInputError(_("Choose a layout first."))
    wanted = Wanted.of(request.args)
    schedules.add(event, queries.layout(event.id, chosen), wanted, by=actor(), now=utc_now())
    query: dict[str, Any] = wanted.as_query()
    return see_other(".index", slug=slug, done="scheduled", _anchor="daily", **query)


@bp.get(f"/exports/schedules/<{ID}:schedule_id>")
def schedule(slug: str, schedule_id: int) -> Response:
    """Show what is sent, to whom and when, with the way to the file."""
    managed, now = to_export(slug), utc_now()
    event = managed.event
    found = queries.schedule(event.id, schedule_id)
    wanted = schedules.wanted_of(found.query)
    questions = all_questions_of(event.id)
    columns = kinds.chosen(found.layout.columns, questions)
    return manage_page(
        "exports/schedule.html",
        permissions=managed.permissions,
        event=event,
        schedule=found,
        names=kinds.names(columns, event.zone, current_language()),
        people=number(event, wanted),
        filter_told=downloads.filter_told(wanted, ticket_type_names(event.id), questions),
        recipients=schedules.recipients(event.id, found.organizer_id),
        next_at=schedules.next_at(found, event, now=now),
    )


@bp.get(f"/exports/schedules/<{ID}:schedule_id>/file")
def schedule_file(slug: str, schedule_id: int) -> Response:
    """Send the list as it is now."""
    event = to_export(slug).event
    found = queries.schedule(event.id, schedule_id)
    used = kinds.chosen(found.layout.columns, all_questions_of(event.id))
    return send(event, schedules.wanted_of(found.query), used, found.layout.format)


@bp.post(f"/exports/schedules/<{ID}:schedule_id>/pause")
def pause_schedule(slug: str, schedule_id: int) -> BaseResponse:
    """Send no more until it is resumed."""
    schedules.pause(to_export(slug).event, schedule_id, by=actor(), now=utc_now())
    return see_other(".schedule", slug=slug, schedule_id=str(schedule_id))


@bp.post(f"/exports/schedules/<{ID}:schedule_id>/resumption")
def resume_schedule(slug: str, schedule_id: int) -> BaseResponse:
    """Send again from the next morning on."""
    schedules.resume(to_export(slug).event, schedule_id, by=actor(), now=utc_now())
    return see_other(".schedule", slug=slug, schedule_id=str(schedule_id))


@bp.post(f"/exports/schedules/<{ID}:schedule_id>/deletion")
def delete_schedule(slug: str, schedule_id: int) -> BaseResponse:
    """End it."""
    schedules.delete(to_export(slug).event, schedule_id, by=actor(), now=utc_now())
    return see_other(".index", slug=slug, done="deleted", _anchor="daily")
