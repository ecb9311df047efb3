"""What was done, by whom and when: for the whole site, for one event, as a file; and taking it back."""

from http import HTTPStatus

from flask import Blueprint, Response, redirect, request, stream_with_context
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, require, require_fresh_proof, safe_onward, signed_in_organizer
from app.accounts.pages import manage_page, site_permissions
from app.accounts.rights import Permission
from app.community.site import site
from app.core.clock import utc_now
from app.core.i18n import current_language
from app.events.managed import Managed, managed_event
from app.events.models import Event
from app.history import undo as undoing
from app.history import words
from app.history.models import Entry
from app.organizer import past, past_file, service
from app.organizer.past import Wanted
from app.web.pages import see_other

bp = Blueprint("history", __name__, url_prefix=PATH)

_ID_MAX = 2**31 - 1  # of the column


@bp.get("/history")
def site_wide() -> Response:
    """Show fifty entries of everything that was done here."""
    organizer = require(Permission.SITE)
    return _page(None, site_permissions(organizer), site().time_zone)


@bp.get("/history.csv")
def site_file() -> Response:
    """Send what the page shows, without end, as a file."""
    require(Permission.SITE)
    return _file(None, site().time_zone, "history")


@bp.get("/events/<slug>/history")
def of_event(slug: str) -> Response:
    """Show fifty entries of one event."""
    managed = managed_event(slug, signed_in_organizer(), Permission.HISTORY)
    return _page(managed, managed.permissions, managed.event.zone)


@bp.get("/events/<slug>/history.csv")
def event_file(slug: str) -> Response:
    """Send an event's history as a file."""
    event = managed_event(slug, signed_in_organizer(), Permission.HISTORY).event
    return _file(event, event.zone, f"{event.slug}-history")


@bp.post(f"/history/<int(max={_ID_MAX}):entry_id>/undo")
def undo(entry_id: int) -> BaseResponse:
    """Take back what was done to the site."""
    may = frozenset(map(str, site_permissions(require(Permission.SITE))))
    if undoing.needs_proof(entry_id, event_id=None):
        require_fresh_proof()
    undoing.undo(entry_id, event_id=None, by=actor(), may=may, now=utc_now())
    return _back() or see_other(".site_wide", _anchor="history")


@bp.post(f"/events/<slug>/history/<int(max={_ID_MAX}):entry_id>/undo")
def undo_at_event(slug: str, entry_id: int) -> BaseResponse:
    """Take back what was done to an event, for whoever may do such things."""
    managed = managed_event(slug, signed_in_organizer(), Permission.SEE)
    may = frozenset(map(str, managed.permissions))
    if undoing.needs_proof(entry_id, event_id=managed.event.id):
        require_fresh_proof()
    undoing.undo(entry_id, event_id=managed.event.id, by=actor(), may=may, now=utc_now())
    return _back() or see_other(".of_event", slug=managed.event.slug, _anchor="history")


def last_step(event: Event | None, permissions: frozenset[Permission]) -> tuple[Entry, str, bool] | None:
    """Return what was done just now, in words, and whether it can be undone; asked for by a bare `?done`.

    Pages that say in words of their own what was done give it a value: `?done=saved`.
    """
    if request.args.get("done") != "":
        return None
    may = frozenset(map(str, permissions))
    found = undoing.last_step(event.id if event else None, actor(), may=may, now=utc_now())
    return (found[0], words.of_action(found[0].action), found[1]) if found else None


def _back() -> BaseResponse | None:
    """Return the way to the page that offered the undoing; None where it was the history."""
    path = safe_onward(request.form.get("next"))
    if not path:
        return None
    response = redirect(f"{path}?done", code=HTTPStatus.SEE_OTHER)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(managed: Managed | None, permissions: frozenset[Permission], zone: str) -> Response:
    wanted, event = Wanted.of(request.args), managed.event if managed else None
    before = past.number_of(request.args.get("before"))
    page = past.page(wanted, event_id=event.id if event else None, zone=zone, before=before)
    may = frozenset(map(str, permissions))
    return manage_page(
        "organizer/history_of_event.html" if event else "organizer/history.html",
        permissions=permissions,
        event=event,
        wanted=wanted,
        page=page,
        days=past.by_day(page.lines, zone),
        fates=undoing.fates([line.entry for line in page.lines], may=may, now=utc_now()),
        people=past.people(event.id if event else None),
        actions=words.known_actions(),
        zone=zone,
        is_first=before is None,
    )


def _file(event: Event | None, zone: str, name: str) -> Response:
    wanted, language = Wanted.of(request.args), current_language()
    event_id = event.id if event else None
    # What it says of attendees leaves the site with it.
    require_fresh_proof(is_file=True)
    service.record_download(wanted.as_query(), event_id=event_id, by=actor(), now=utc_now())
    lines = past.all_lines(wanted, event_id=event_id, zone=zone)
    chunks = past_file.chunks(lines, zone=zone, language=language)
    response = Response(stream_with_context(chunks), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
