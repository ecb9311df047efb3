"""The letter that says every morning that a list is ready: with a link that asks to sign in, and without the list."""

from app.attendees.queries import number
from app.core.clock import utc_now
from app.core.db import db
from app.core.times import spoken_period
from app.events.models import Event, EventState
from app.exports.models import ExportSchedule
from app.exports.schedules import LETTER, recipients, wanted_of
from app.mail import kinds
from app.mail.kinds import Draft
from app.mail.models import Letter
from app.mail.render import draft
from app.web.pages import public_url


def daily_list(letter: Letter) -> Draft | None:
    """Write it; None when the list was paused, its event is over, or this organizer may take no lists any more."""
    # As they are now: many letters are written with one session.
    schedule = db.session.get(ExportSchedule, letter.ids["schedule"], populate_existing=True)
    event = db.session.get(Event, schedule.event_id, populate_existing=True) if schedule else None
    if schedule is None or event is None or not _is_true(letter, schedule, event):
        return None
    return draft(
        LETTER,
        event=event,
        when=spoken_period(
            event.starts_at, event.ends_at, event.zone, language=letter.language, is_all_day=event.is_all_day
        ),
        layout=schedule.layout,
        people=number(event, wanted_of(schedule.query)),
        address=public_url("exports.schedule", slug=event.slug, schedule_id=str(schedule.id), lang=letter.language),
    )


def _is_true(letter: Letter, schedule: ExportSchedule, event: Event) -> bool:
    is_on = event.state is EventState.PUBLISHED and utc_now() < event.ends_at and schedule.paused_at is None
    # After days without a mail server, one letter and not all of them.
    is_newest = schedule.last_day is not None and schedule.last_day.isoformat() == letter.ids["day"]
    allowed = {organizer.id for organizer in recipients(event.id, schedule.organizer_id)}
    return is_on and is_newest and letter.ids["organizer"] in allowed


def register() -> None:
    """Tell the outbox who writes it."""
    kinds.register(LETTER, daily_list)
