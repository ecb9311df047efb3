"""Moving an event: another time, another place."""

from dataclasses import dataclass

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.gate import actor
from app.core.clock import utc_now
from app.core.errors import BadInputError
from app.core.i18n import current_language, ngettext
from app.core.i18n import gettext as _
from app.core.times import spoken_period
from app.core.versions import ClashError
from app.events import date_warnings, moving
from app.events.forms_life import ScheduleForm
from app.events.managed import Managed
from app.events.models import City, Event, EventState, Mode, Venue
from app.events.moving import Plan, UnreviewedError
from app.events.pages import mode_name
from app.events.rules_life import Step
from app.events.views_life import bp, gate, step_page
from app.web.pages import see_other


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes different, in words."""

    label: str
    was: str
    is_now: str


@bp.get("/schedule")
def schedule(slug: str) -> Response:
    """Show when and where the event is, to be changed."""
    managed = gate(slug, options=moving.loads())
    return _page(managed, ScheduleForm(data=moving.values_of(managed.event)))


@bp.post("/schedule")
def move(slug: str) -> BaseResponse:
    """Show what would change and who is told; sent from there, do it. A draft is changed at once."""
    managed = gate(slug, options=moving.loads())
    form = ScheduleForm(request.form, data=moving.values_of(managed.event))
    if not form.validate():
        return _page(managed, form, status=422)
    try:
        moving.move(managed.event.id, form.wish(), shown=request.form.get("shown", ""), by=actor(), now=utc_now())
    except UnreviewedError:
        return _review(slug, form)
    except ClashError as error:
        form.show(error)
        return _page(gate(slug, options=moving.loads()), form, status=error.status)
    except BadInputError as error:
        form.refuse(error)
        return _page(gate(slug, options=moving.loads()), form, status=error.status)
    after = "saved" if managed.event.state == EventState.DRAFT else "moved"
    return see_other("organizer.event", slug=slug, after=after)


def _review(slug: str, form: ScheduleForm) -> Response:
    managed, now = gate(slug, options=moving.loads()), utc_now()
    plan = moving.plan(managed.event, form.wish(), now=now)
    return _page(managed, form, plan=plan, changes=_changes(managed.event, plan), warnings=_warnings(managed, plan))


def _page(
    managed: Managed,
    form: ScheduleForm,
    *,
    status: int = 200,
    plan: Plan | None = None,
    changes: list[Change] | None = None,
    warnings: list[str] | None = None,
) -> Response:
    return step_page(
        "events/manage/move.html",
        managed,
        Step.MOVE,
        status=status,
        form=form,
        plan=plan,
        changes=changes or [],
        warnings=warnings or [],
        is_draft=managed.event.state == EventState.DRAFT,
    )


def _changes(event: Event, plan: Plan) -> list[Change]:
    language, values = current_language(), plan.values
    times = (event.starts_at, event.ends_at, event.zone, event.is_all_day)
    then = (plan.times.starts_at, plan.times.ends_at, plan.times.zone, plan.times.is_all_day)
    periods = [
        spoken_period(starts_at, ends_at, zone, language=language, is_all_day=is_all_day)
        for starts_at, ends_at, zone, is_all_day in (times, then)
    ]
    pairs = [
        (_("When"), *periods),
        (_("How people attend"), _mode(event.mode), _mode(values["mode"])),
        (_("Where"), _place(event.venue), _place(values["venue"])),
        (_("City"), _city(event.city), _city(values["city"])),
        (_("Online"), event.online_url or "", values["online_url"] or ""),
    ]
    found = [
        Change(label, was or _("not known yet"), to or _("not known yet")) for label, was, to in pairs if was != to
    ]
    moved = [each for each in plan.agenda if (each[0].starts_at, each[0].ends_at) != each[1:]]
    if moved:
        found.append(
            Change(_("Agenda"), "", ngettext("%(num)d item moves along.", "%(num)d items move along.", len(moved)))
        )
    return found


def _mode(mode: Mode | None) -> str:
    return mode_name(mode)


def _place(venue: Venue | None) -> str:
    language = current_language()
    parts = (venue.name.in_language(language), venue.address.in_language(language)) if venue else ()
    return (_(", ")).join(dict.fromkeys(part for part in parts if part))


def _city(city: City | None) -> str:
    return city.name.in_language(current_language()) if city else ""


def _warnings(managed: Managed, plan: Plan) -> list[str]:
    event, times = managed.event, plan.times
    found = []
    if times.starts_at <= utc_now() < times.ends_at:
        found.append(_("By the new time, the event has begun already."))
    if plan.outside:
        found.append(
            ngettext(
                "%(num)d item of the agenda would lie outside the event.",
                "%(num)d items of the agenda would lie outside the event.",
                plan.outside,
            )
        )
    if plan.closes_late:
        found.append(_("Sign-up would close after the start."))
    city: City | None = plan.values["city"]
    city_id = city.id if city else None
    return found + date_warnings.warnings(
        times.starts_at, times.ends_at, times.zone, city_id=city_id, event_id=event.id
    )
