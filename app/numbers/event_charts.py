"""The charts of one event: sign-ups over time, where they came from, and how many come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from babel.dates import format_date

from app.core.i18n import BABEL_LOCALE, current_language
from app.core.i18n import gettext as _
from app.core.times import local_of
from app.events.models import Event
from app.numbers import queries
from app.numbers.charts import Cell, Chart, Series, Table
from app.numbers.models import PartnerLink
from app.numbers.queries import OTHERS, Earlier, Places
from app.numbers.rules import Forecast, Span, forecast, percent, ranked, spans
from app.numbers.words import in_percent, percent_sign
from app.registrations.models import LIVE, SEATED, RegistrationState
from app.registrations.sources import RESERVED
from app.registrations.words import source_name

SIGN_UPS: Final = "sign-ups"
SOURCES: Final = "sources"
SHOW_RATES: Final = "show-rates"
SOURCES_MAX: Final = 12  # bars; the rest is one
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of an event on one line, all from the same rows."""

    by_state: dict[RegistrationState, int]
    came: int
    capacity: int | None

    @property
    def all(self) -> int:
        """Everybody who ever signed up."""
        return sum(self.by_state.values())

    @property
    def seated(self) -> int:
        """Those who have a place."""
        return sum(self.by_state[state] for state in SEATED)

    @property
    def still_there(self) -> int:
        """Those who have not left."""
        return sum(self.by_state[state] for state in LIVE)


def counts(places: Sequence[Places], capacity: int | None) -> Counts:
    """Return the numbers by state, and how many of those with a place were checked in."""
    by_state = dict.fromkeys(RegistrationState, 0)
    for each in places:
        by_state[each.state] += each.number
    came = sum(each.came for each in places if each.state is RegistrationState.CONFIRMED)
    return Counts(by_state, came, capacity)


def sign_ups(event: Event, capacity: int | None, *, now: datetime) -> Chart | None:
    """Return how the sign-ups grew, against the seats; None before the first."""
    ends = queries.first_and_last(event.id)
    if ends is None:
        return None
    line = spans(ends[0], max(ends[1], min(now, event.starts_at)), event.zone)
    found = queries.sign_ups(event.id, line)
    new, left_over = [number for number, _live in found], [live for _number, live in found]
    everybody, still_there = _sums(new), _sums(left_over)
    is_by_day = len(line) < 2 or line[1].day - line[0].day == timedelta(days=1)  # noqa: PLR2004 - a pair
    series = [Series(_("Still there"), still_there), Series(_("Signed up in all"), everybody, "second")]
    if capacity is not None:
        series.append(Series(_("Seats"), [capacity] * len(line), "limit"))
    header = [_("Day") if is_by_day else _("Begins"), _("New sign-ups"), _("Signed up in all"), _("Still there")]
    rows: list[list[Cell]] = [
        [span.day.isoformat(), new[number], everybody[number], still_there[number]] for number, span in enumerate(line)
    ]
    return Chart(
        SIGN_UPS,
        _("Sign-ups over time"),
        _growth(local_of(ends[0], event.zone).date(), everybody[-1], still_there[-1], capacity),
        "lines",
        _labels(line),
        series,
        Table(header, rows),
        rests_on=_(
            "Counted from the sign-ups themselves, by the days of %(zone)s. Who has left since is counted among those "
            "who signed up, and not among those still there.",
            zone=event.zone,
        ),
    )


def _labels(line: Sequence[Span]) -> list[str]:
    """Return a short name for each point: its day, or its month where each is one."""
    by_month = len(line) > 1 and line[-1].day - line[-2].day > timedelta(days=_WEEK)
    return [f"{span.day:%Y-%m}" if by_month else spoken_day(span.day) for span in line]


def _growth(first: date, everybody: int, still_there: int, capacity: int | None) -> str:
    since = spoken_day(first, with_year=True)
    if capacity is None:
        return _(
            "%(everybody)s people have signed up since %(since)s; %(still)s of them are still there.",
            everybody=f"{everybody:,}",
            still=f"{still_there:,}",
            since=since,
        )
    return _(
        "%(everybody)s people have signed up since %(since)s; %(still)s of them are still there, for %(seats)s seats.",
        everybody=f"{everybody:,}",
        still=f"{still_there:,}",
        since=since,
        seats=f"{capacity:,}",
    )


def _sums(values: Sequence[int]) -> list[int]:
    total, sums = 0, []
    for value in values:
        total += value
        sums.append(total)
    return sums


def spoken_day(day: date, *, with_year: bool = False) -> str:
    """Return a day as charts write it: short, in the page's language."""
    language = current_language()
    short, long = ("M月d日", "y年M月d日") if language == "zh" else ("d MMM", "d MMM y")
    return str(format_date(day, long if with_year else short, locale=BABEL_LOCALE[language]))


def sources(places: Sequence[Places], links: Sequence[PartnerLink]) -> Chart | None:
    """Return where the sign-ups came from; None where that is known of nobody."""
    names = {link.code: link.name for link in links} | {code: source_name(code) for code in RESERVED}
    signed_up: dict[str, int] = {}
    came: dict[str, int] = {}
    for each in places:
        signed_up[each.source] = signed_up.get(each.source, 0) + each.number
        came[each.source] = came.get(each.source, 0) + each.came
    unknown, unknown_came = signed_up.pop("", 0), came.pop("", 0)
    rest = signed_up.pop(OTHERS, 0)
    if not signed_up:
        return None
    shown, others, groups = ranked(signed_up, limit=SOURCES_MAX)
    total = unknown + rest + sum(signed_up.values())
    lines = [(names.get(code) or code, number, came[code]) for code, number in shown]
    if groups or rest:
        others_came = sum(came.values()) - sum(came[code] for code, _number in shown)
        # How many kinds there are is not counted where they are too many to tell apart.
        others_name = _("Others") if rest else _("Others (%(groups)s)", groups=groups)
        lines.append((others_name, others + rest, others_came))
    if unknown:
        lines.append((_("Not known"), unknown, unknown_came))
    code, number = shown[0]
    return Chart(
        SOURCES,
        _("Where they came from"),
        _(
            "Most of those of whom it is known came by “%(name)s”: %(number)s of %(total)s sign-ups.",
            name=names.get(code) or code,
            number=f"{number:,}",
            total=f"{total:,}",
        ),
        "bars",
        [name for name, _number, _came in lines],
        [Series(_("Sign-ups"), [number for _name, number, _came in lines])],
        Table(
            [_("Came by"), _("Sign-ups"), _("Percent"), _("Came")],
            [[name, number, percent(number, total), arrived] for name, number, arrived in lines],
        ),
        notes=[f"({in_percent(percent(number, total))})" for _name, number, _came in lines],
        rests_on=_(
            "The word behind via= or utm_source= in the address by which they opened the event's page; all who ever "
            "signed up. Came are those checked in at the door."
        ),
    )


def show_rates(counted: Sequence[Earlier], here: Counts, *, is_over: bool) -> Chart | None:
    """Return how many of those with a place came to the earlier events, the latest last; None where none counted."""
    if not counted:
        return None
    lines = [(_label(each), _title(each), each.shown.confirmed, each.shown.came) for each in reversed(counted)]
    if is_over and here.came and here.seated:
        lines.append((_("This one"), _("This event"), here.seated, here.came))
    confirmed, came = sum(line[2] for line in lines), sum(line[3] for line in lines)
    return Chart(
        SHOW_RATES,
        _("How many come"),
        _(
            "At the last %(events)s events that counted, %(came)s of %(confirmed)s people with a place came: "
            "%(percent)s %%.",
            events=len(lines),
            came=f"{came:,}",
            confirmed=f"{confirmed:,}",
            percent=percent(came, confirmed),
        ),
        "columns",
        [line[0] for line in lines],
        [Series(_("Share that came"), [percent(min(each[3], each[2]), each[2]) for each in lines])],
        Table(
            [_("Event"), _("Day"), _("With a place"), _("Came"), _("Percent that came")],
            [
                [title, label, confirmed, came, percent(min(came, confirmed), confirmed)]
                for label, title, confirmed, came in lines
            ],
        ),
        suffix=percent_sign(),
        top=100,
        rests_on=_(
            "Published events that are over, with sign-ups here, at which people were checked in at the door or whose "
            "recap says how many came."
        ),
    )


def _label(each: Earlier) -> str:
    local = local_of(each.starts_at, each.zone)
    return f"{local:%Y-%m-%d}"


def _title(each: Earlier) -> str:
    """Return the event's title, if everybody may read it: whoever helps at one event need not know of all others."""
    return each.title.in_language(current_language()) if each.is_public else _("An event that is in no list")


def expected(counted: Sequence[Earlier], here: Counts) -> Forecast | None:
    """Return how many of those who have a place now will come; None where too little is known."""
    return forecast(here.seated, [each.shown for each in counted])
