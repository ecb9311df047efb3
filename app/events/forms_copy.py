"""The form that makes one or several events from an earlier one."""

import re
from datetime import date, datetime, time
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than types-wtforms
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms.validators import NumberRange, Optional

from app.core.i18n import gettext as _
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import ngettext
from app.core.times import local_of
from app.events.duplicate import Copies
from app.events.forms_create import new_key
from app.events.forms_parts import Required
from app.events.models import Event
from app.events.repeats import SERIES_MAX, Repeat, days_of
from app.web.fields import TextsField
from app.web.forms import Form, many_lines

EVERY_MAX: Final = 12
_NAME_MAX: Final = 200


class _DayField(DateField):
    """A date; what cannot be read is said in our words, and nothing is nothing."""

    def process_formdata(self, valuelist: Any) -> None:
        """Read it."""
        self.data = None
        try:
            super().process_formdata([text for text in valuelist if text.strip()])
        except ValueError:
            raise ValueError(_("Please give a date, such as 2026-05-30.")) from None


class _ClockField(TimeField):
    """A time of day, as above."""

    def process_formdata(self, valuelist: Any) -> None:
        """Read it."""
        self.data = None
        try:
            super().process_formdata([text for text in valuelist if text.strip()])
        except ValueError:
            raise ValueError(_("Please give a time, such as 13:00.")) from None


class CopyForm(Form):
    """The day, and how it repeats."""

    key = HiddenField()
    day = _DayField(_l("Date"), validators=[Required(_l("Please give a date, such as 2026-05-30."))])
    at = _ClockField(
        _l("Begins at"), validators=[Optional()], description=_l("Left empty: at the same time as before.")
    )
    repeat = RadioField(
        _l("How often"),
        choices=[
            SelectChoice(Repeat.ONCE, _l("Once")),
            SelectChoice(Repeat.WEEKLY, _l("Every so many weeks")),
            SelectChoice(Repeat.MONTHLY, _l("Every so many months, on the same weekday (such as the second Saturday)")),
            SelectChoice(Repeat.DATES, _l("On the dates I list")),
        ],
        default=Repeat.ONCE.value,
    )
    every = IntegerField(
        _l("Every how many weeks or months"),
        validators=[Optional(), NumberRange(1, EVERY_MAX, message=_l("A number from 1 to 12, please."))],
        default=1,
        render_kw={"inputmode": "numeric", "min": 1, "max": EVERY_MAX},
    )
    count = IntegerField(
        _l("How many events"),
        validators=[Optional(), NumberRange(1, SERIES_MAX, message=_l("A number from 1 to 30, please."))],
        default=6,
        render_kw={"inputmode": "numeric", "min": 1, "max": SERIES_MAX},
    )
    dates = TextAreaField(
        _l("More dates"),
        filters=[many_lines],
        description=_l("One a line, such as 2026-05-30."),
        render_kw={"rows": 4, "maxlength": 1000},
    )
    series = TextsField(
        _l("Name of the series"),
        length_max=_NAME_MAX,
        description=_l("Joins these events, such as “Shenzhen monthly meetup”."),
    )

    def validate_dates(self, field: Any) -> None:
        """Read every line as a date."""
        if self.repeat.data != Repeat.DATES:
            return
        wrong = [line for line in (field.data or "").split("\n") if line and _read(line) is None]
        if wrong:
            raise ValidationError(_("This is no date: %(line)s. Write it as 2026-05-30.", line=wrong[0][:40]))
        if self.day.data and len(self.days()) > SERIES_MAX:
            raise ValidationError(
                ngettext("At most %(num)d event at once.", "At most %(num)d events at once.", SERIES_MAX)
            )

    def validate_series(self, field: Any) -> None:
        """Ask for the name of what is several."""
        if self.day.data and not field.errors and len(self.days()) > 1 and not field.data:
            raise ValidationError(_("Please give the series a name, in one language at least."))

    def days(self) -> list[date]:
        """Return the days that are wished for, in order, each once."""
        first: date | None = self.day.data
        if first is None:
            return []
        # A wish that is none is told beside its field.
        repeat = Repeat(self.repeat.data) if self.repeat.data in set(Repeat) else Repeat.ONCE
        if repeat == Repeat.DATES:
            listed = [day for line in (self.dates.data or "").split("\n") if (day := _read(line))]
            return sorted({first, *listed})
        try:
            return days_of(first, repeat, count=self.count.data or 1, every=self.every.data or 1)
        except (ValueError, OverflowError):  # beyond the year 9999
            return [first]

    def copies(self) -> Copies:
        """Return what was filled in, after it was validated."""
        at: time | None = self.at.data
        days = self.days()
        return Copies(days, at, self.series.data if len(days) > 1 else type(self.series.data)())


def _read(line: str) -> date | None:
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", line.strip())
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def copy_form(source: Event, sent: MultiDict[str, str] | None = None, *, now: datetime) -> CopyForm:
    """Return the form for a copy of this event; the present day is only a proposal where the event is still to come."""
    begins = local_of(source.starts_at, source.zone)
    proposal = None if source.starts_at < now else begins.date()
    return CopyForm(sent, data={"key": new_key(), "day": proposal, "at": begins.time()})
