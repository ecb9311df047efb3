"""The organizers' page of an agenda: its items in order, each with a page, and one-click changes."""

from datetime import date

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import PATH, actor, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.community.rules import local_day
from app.community.site import site
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import LANGUAGES, Language, Texts
from app.core.i18n import gettext as _
from app.core.versions import ClashError
from app.events import rules
from app.events.agenda import people, queries, service, words
from app.events.agenda.findings import Finding, findings
from app.events.agenda.forms import SessionForm, kind_choices
from app.events.agenda.times import minutes_of
from app.events.agenda.values import Start, empty_values, start_of, values_of
from app.events.managed import Managed, managed_event
from app.events.models import Event, Session, SessionKind
from app.web.bodies import takes
from app.web.pages import see_other

bp = Blueprint("agenda", __name__, url_prefix=f"{PATH}/events/<slug>/agenda")

_ID_MAX = 2**31 - 1  # of the column
# A talk in two languages with a long abstract, as a browser writes it.
_BYTES_MAX = 256 * 1024


def managed_agenda(slug: str) -> Managed:
    """Return the event with its agenda, for whoever may edit it."""
    return managed_event(slug, signed_in_organizer(), Permission.EDIT, options=queries.with_agenda())


def _event_id(slug: str) -> int:
    return managed_event(slug, signed_in_organizer(), Permission.EDIT).event.id


def _to(slug: str, done: str, session_id: int | None = None) -> BaseResponse:
    anchor = {"item": str(session_id), "_anchor": f"session-{session_id}"} if session_id else {}
    return see_other(".index", slug=slug, done=done, **anchor)


def _kept(slug: str) -> str:
    """Return the address of the form that was just saved, of which the browser need keep nothing any more."""
    done, item = request.args.get("done"), request.args.get("item", type=int)
    if done == "changed" and item is not None and 0 < item <= _ID_MAX:
        return url_for(".change", slug=slug, session_id=item, lang=None)
    endpoint = {"added": ".add", "pasted": ".preview"}.get(done or "")
    return url_for(endpoint, slug=slug, lang=None) if endpoint else ""


@bp.get("")
def index(slug: str) -> Response:
    """Show the agenda by day, with what looks wrong."""
    managed = managed_agenda(slug)
    event = managed.event
    found = findings(event, event.sessions)
    by_session: dict[int, list[Finding]] = {}
    for finding in found:
        by_session.setdefault(finding.session.id, []).append(finding)
    return manage_page(
        "events/manage/agenda.html",
        permissions=managed.permissions,
        event=event,
        days=rules.agenda_days(event),
        has_tracks=any(session.track for session in event.sessions),
        findings=found,
        by_session=by_session,
        sentence=words.sentence,
        kind_names=dict(kind_choices()),
        minutes_of=minutes_of,
        start_of=start_of,
        pauses=words.pause_names(),
        done=words.done(request.args.get("done")),
        kept=_kept(slug),
        removal=queries.last_removal(event.id),
    )


@bp.get("/sessions/new")
def new(slug: str) -> Response:
    """Show the form of a new item."""
    managed = managed_agenda(slug)
    event = managed.event
    last = _after(event)
    follows = not event.sessions or any(session.starts_at for session in event.sessions)
    values = empty_values(start=Start.FOLLOWS if follows else Start.OPEN) | {"track": str(last.track if last else 0)}
    kind = request.args.get("kind", "")
    if kind in {each.value for each in SessionKind}:
        values["kind"] = kind
    return _page(managed, SessionForm(data=values), after=last)


def _after(event: Event) -> Session | None:
    wanted = request.values.get("after", type=int)
    if wanted is None:
        return event.sessions[-1] if event.sessions else None
    return queries.item(event, wanted)


@bp.post("/sessions")
@takes(_BYTES_MAX)
def add(slug: str) -> BaseResponse:
    """Add an item."""
    managed = managed_agenda(slug)
    form = SessionForm(request.form, data=empty_values())
    form.speakers.add(request.form.getlist("leader"))
    after = _after(managed.event)
    if "preview" in request.form:
        return _page(managed, form, after=after, is_preview=True)
    if not _is_valid(form):
        return _page(managed, form, after=after, status=422)
    try:
        session_id = service.add(
            managed.event.id, form.taken(), after=after.id if after else None, by=actor(), now=utc_now()
        )
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, form, after=after, status=422)
    return _to(slug, "added", session_id)


@bp.get(f"/sessions/<int(max={_ID_MAX}):session_id>")
def edit(slug: str, session_id: int) -> Response:
    """Show one item with everything about it."""
    managed = managed_agenda(slug)
    session = queries.item(managed.event, session_id)
    form = SessionForm(data=values_of(session, managed.event))
    form.speakers.know(part.person for part in session.speakers)
    return _page(managed, form, session)


@bp.post(f"/sessions/<int(max={_ID_MAX}):session_id>")
@takes(_BYTES_MAX)
def change(slug: str, session_id: int) -> BaseResponse:
    """Save one item."""
    managed = managed_agenda(slug)
    session = queries.item(managed.event, session_id)
    form = SessionForm(request.form, data=values_of(session, managed.event))
    form.speakers.add(request.form.getlist("leader"))
    if "preview" in request.form:
        return _page(managed, form, session, is_preview=True)
    if not _is_valid(form):
        return _page(managed, form, session, status=422)
    try:
        service.change(managed.event.id, session_id, form.taken(), seen=form.seen, by=actor(), now=utc_now())
    except BadInputError as error:
        form.refuse(error)
        return _page(managed, form, session, status=422)
    except ClashError as error:
        form.show(error)
        form.speakers.resolve()
        return _page(managed_agenda(slug), form, session, status=409)
    return _to(slug, "changed", session_id)


def _is_valid(form: SessionForm) -> bool:
    is_valid = form.validate()
    return form.speakers.resolve() and is_valid


def _page(
    managed: Managed,
    form: SessionForm,
    session: Session | None = None,
    *,
    after: Session | None = None,
    status: int = 200,
    is_preview: bool = False,
) -> Response:
    if is_preview:
        form.speakers.resolve()
    event, now = managed.event, utc_now()
    found = [finding for finding in findings(event, event.sessions) if session and finding.session.id == session.id]
    today: date = local_day(now, site().time_zone)
    return manage_page(
        "events/manage/session.html",
        status,
        permissions=managed.permissions,
        event=event,
        session=session,
        after=after,
        form=form,
        findings=found,
        sentence=words.sentence,
        choices=people.choices(today=today, now=now),
        written=people.written,
        previews=_previews(form) if is_preview else None,
    )


def _previews(form: SessionForm) -> list[tuple[Language, Texts]]:
    """Return the abstract in each language it is written in, alone: nothing falls back in a preview."""
    return [(each, Texts(**{each: text})) for each in LANGUAGES if (text := form.abstract.text_in(each))]


@bp.post(f"/sessions/<int(max={_ID_MAX}):session_id>/position")
def move(slug: str, session_id: int) -> BaseResponse:
    """Put an item elsewhere: `to` is up, down, or a place counted from 0."""
    event_id, to = _event_id(slug), request.form.get("to", "")
    if to in {"up", "down"}:
        step = -1 if to == "up" else 1
        service.move(event_id, session_id, step, is_step=True, by=actor(), now=utc_now())
    elif to.isascii() and to.isdigit():
        service.move(event_id, session_id, int(to[:9]), by=actor(), now=utc_now())
    else:
        raise BadInputError(_("Where to? Please use the buttons of the page."))
    return _to(slug, "moved", session_id)


@bp.post(f"/sessions/<int(max={_ID_MAX}):session_id>/removal")
def remove(slug: str, session_id: int) -> BaseResponse:
    """Take an item out of the agenda."""
    service.remove(_event_id(slug), session_id, by=actor(), now=utc_now())
    return _to(slug, "removed")


@bp.post(f"/restorations/<int(max={_ID_MAX}):entry_id>")
def restore(slug: str, entry_id: int) -> BaseResponse:
    """Bring back what the last step took away."""
    service.restore(_event_id(slug), entry_id, by=actor(), now=utc_now())
    return _to(slug, "restored")


@bp.post("/pauses")
def add_pause(slug: str) -> BaseResponse:
    """Add a break, the check-in … with its usual duration."""
    event_id, pause = _event_id(slug), service.PAUSES.get(request.form.get("pause", ""))
    if pause is None:
        raise BadInputError(_("Please use the buttons of the page."))
    after = request.form.get("after", type=int)
    session_id = service.add_pause(event_id, pause, after=after, by=actor(), now=utc_now())
    return _to(slug, "added", session_id)


@bp.post("/times")
def reckon_times(slug: str) -> BaseResponse:
    """Reckon the times from the durations."""
    has_times = service.reckon_times(_event_id(slug), by=actor(), now=utc_now())
    return _to(slug, "timed" if has_times else "no-times")


@bp.post("/times/removal")
def clear_times(slug: str) -> BaseResponse:
    """Make the agenda a mere list."""
    service.clear_times(_event_id(slug), by=actor(), now=utc_now())
    return _to(slug, "untimed")
