"""The charts of the whole community: attendance, who comes back, and who does not come, by city, season and group."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from app.core.i18n import Texts, current_language
from app.core.i18n import gettext as _
from app.core.times import local_of
from app.numbers import site_queries
from app.numbers.charts import Chart, Series, Table
from app.numbers.rules import percent, quarter, season
from app.numbers.site_queries import Past
from app.numbers.words import percent_sign

ATTENDANCE: Final = "attendance"
RETURNING: Final = "returning"
CITIES: Final = "cities"
SEASONS: Final = "seasons"
GROUPS: Final = "groups"
BARS_MAX: Final = 12
QUARTERS_MAX: Final = 20


def of_site(*, now: datetime, only: str | None = None) -> list[Chart]:
    """Return what there is to show; `only`: the key of one chart, of which alone the rows are read."""
    past = site_queries.past_events(now=now)
    makers: dict[str, Callable[[Sequence[Past]], Chart | None]] = {
        ATTENDANCE: attendance,
        RETURNING: returning,
        CITIES: by_city,
        SEASONS: by_season,
        GROUPS: by_group,
    }
    made = [make(past) for key, make in makers.items() if only in {None, key}]
    return [chart for chart in made if chart is not None]


def attendance(past: Sequence[Past]) -> Chart | None:
    """Return how many came, by quarters of a year without a gap; None where no event has counted."""
    counted = [each for each in past if each.came is not None]
    if not counted:
        return None
    quarters: dict[tuple[int, int], list[Past]] = {}
    for each in counted:
        quarters.setdefault(quarter(each.starts_at, each.zone), []).append(each)
    line = _without_gaps(quarters)[-QUARTERS_MAX:]
    held = [quarters.get(each, []) for each in line]
    door = [sum(each.checked_in for each in events) for events in held]
    told = [sum((each.came or 0) for each in events if not each.checked_in) for events in held]
    series = [Series(_("As told in recaps"), told, "second"), Series(_("Checked in at the door"), door)]
    people = sum(door) + sum(told)
    with_door = sum(bool(each.checked_in) for events in held for each in events)
    with_figure = sum(len(events) for events in held) - with_door
    return Chart(
        ATTENDANCE,
        _("Attendance"),
        _(
            "%(people)s people came to %(events)s events since %(since)s.",
            people=f"{people:,}",
            events=sum(len(events) for events in held),
            since=_quarter(line[0]),
        ),
        "columns",
        [_quarter(each) for each in line],
        [each for each in reversed(series) if any(each.values)],
        Table(
            [_("Quarter"), _("Events that counted"), _("Checked in at the door"), _("As told in recaps"), _("Came")],
            [
                [_quarter(each), len(events), door[number], told[number], door[number] + told[number]]
                for number, (each, events) in enumerate(zip(line, held, strict=True))
            ],
        ),
        rests_on=_(
            "%(door)s of these events counted at the door, %(told)s have a figure in their recap, and "
            "%(none)s others have none and are left out. Who came to several events counts at each.",
            door=with_door,
            told=with_figure,
            none=len(past) - len(counted),
        ),
    )


def _without_gaps(quarters: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    numbers = [year * 4 + part - 1 for year, part in quarters]
    return [(number // 4, number % 4 + 1) for number in range(min(numbers), max(numbers) + 1)]


def _quarter(year_and_part: tuple[int, int]) -> str:
    return f"{year_and_part[0]} Q{year_and_part[1]}"


def returning(past: Sequence[Past]) -> Chart | None:
    """Return who of those checked in had come before, at the latest events; None before there are two of them."""
    events = [each for each in past if each.checked_in][-site_queries.RETURNING_MAX :]
    if not events:
        return None
    found = {each.event_id: each for each in site_queries.returning(events)}
    events = [each for each in events if each.id in found]
    if not events:
        return None
    lines = [(_day(each), found[each.id]) for each in events]
    came, before = sum(one.came for _day, one in lines), sum(one.before for _day, one in lines)
    return Chart(
        RETURNING,
        _("Who comes back"),
        _(
            "Of %(came)s people checked in at the last %(events)s events, %(before)s had come before: %(percent)s %%.",
            came=f"{came:,}",
            events=len(lines),
            before=f"{before:,}",
            percent=percent(before, came),
        ),
        "columns",
        [day for day, _one in lines],
        [
            Series(_("Had come before"), [one.before for _day, one in lines]),
            Series(_("Came for the first time"), [one.came - one.before for _day, one in lines], "second"),
        ],
        Table(
            [_("Event"), _("Day"), _("Checked in"), _("Had come before"), _("Percent")],
            [
                [_text(each.title), day, one.came, one.before, percent(one.before, one.came)]
                for each, (day, one) in zip(events, lines, strict=True)
            ],
        ),
        rests_on=_(
            "Events at which people were checked in at the door. Somebody is known again by their e-mail address "
            "alone; whoever has asked to be forgotten is left out."
        ),
    )


def by_city(past: Sequence[Past]) -> Chart | None:
    """Return who did not come, by city."""
    events = [each for each in past if each.has_rate]
    names = site_queries.city_names(events)
    under = [(_text(names.get(each.city_id or 0, Texts())) or _("Without a city"), each) for each in events]
    return _no_shows(CITIES, _("No-shows by city"), _("City"), under)


def by_season(past: Sequence[Past]) -> Chart | None:
    """Return who did not come, by season."""
    names = [
        _("Winter (Dec–Feb)"), _("Spring (Mar–May)"), _("Summer (Jun–Aug)"),
        _("Autumn (Sep–Nov)"),
    ]  # fmt: skip
    under = [(names[season(each.starts_at, each.zone)], each) for each in past if each.has_rate]
    order = {name: place for place, name in enumerate(names)}
    return _no_shows(SEASONS, _("No-shows by season"), _("Season"), under, order=order)


def by_group(past: Sequence[Past]) -> Chart | None:
    """Return who did not come, by group; an event of two groups counts for both."""
    events = {each.id: each for each in past if each.has_rate}
    under = [(_text(name), events[event_id]) for event_id, name in site_queries.groups(list(events.values()))]
    return _no_shows(GROUPS, _("No-shows by group"), _("Group"), under)


def _no_shows(
    key: str, title: str, what: str, under: Sequence[tuple[str, Past]], *, order: Mapping[str, int] | None = None
) -> Chart | None:
    """Return the share that did not come under each name, the highest first or in the order given."""
    together: dict[str, list[Past]] = {}
    for name, each in under:
        together.setdefault(name, []).append(each)
    if not together:
        return None
    lines = []
    for name, events in together.items():
        confirmed = sum(each.confirmed for each in events)
        came = sum(min(each.came or 0, each.confirmed) for each in events)
        lines.append((name, len(events), confirmed, confirmed - came))
    lines.sort(key=lambda line: (order[line[0]],) if order else (-line[3] / line[2], line[0]))
    confirmed, missed = sum(line[2] for line in lines), sum(line[3] for line in lines)
    shown = lines[:BARS_MAX]
    worst = max(lines, key=lambda line: line[3] / line[2])
    return Chart(
        key,
        title,
        _(
            "%(percent)s %% of those with a place did not come; most of all at %(name)s: %(most)s %%.",
            percent=percent(missed, confirmed),
            name=worst[0],
            most=percent(worst[3], worst[2]),
        )
        if len(lines) > 1
        else _("%(percent)s %% of those with a place did not come.", percent=percent(missed, confirmed)),
        "bars",
        [line[0] for line in shown],
        [Series(_("Share that did not come"), [percent(line[3], line[2]) for line in shown])],
        Table(
            [what, _("Events"), _("With a place"), _("Did not come"), _("Percent")],
            [[*line, percent(line[3], line[2])] for line in lines],
        ),
        suffix=percent_sign(),
        notes=[_("of %(people)s", people=f"{line[2]:,}") for line in shown],
        rests_on=_("Events with sign-ups here that counted who came, at the door or in their recap."),
    )


def _day(each: Past) -> str:
    return f"{local_of(each.starts_at, each.zone):%Y-%m-%d}"


def _text(texts: Texts) -> str:
    return texts.in_language(current_language())
