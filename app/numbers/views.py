"""The numbers of one event: sign-ups, sources, who comes, what they answered; as pages, pictures and files."""

from collections.abc import Sequence

from flask import Blueprint, Response, request

from app.accounts.gate import PATH, signed_in_organizer
from app.accounts.pages import manage_page
from app.accounts.rights import Permission
from app.core.clock import utc_now
from app.core.errors import NotFoundError
from app.core.i18n import gettext as _
from app.events.managed import Managed, managed_event
from app.events.rules import is_over
from app.numbers import answer_charts, event_charts, queries
from app.numbers.charts import Chart
from app.numbers.figures import figure, file, picture

bp = Blueprint("numbers", __name__, url_prefix=f"{PATH}/events/<slug>/numbers")


def _managed(slug: str) -> Managed:
    return managed_event(slug, signed_in_organizer(), Permission.SEE)


@bp.get("")
def index(slug: str) -> Response:
    """Show how many signed up, when and from where, and how many will come."""
    managed, now = _managed(slug), utc_now()
    event = managed.event
    places, links = queries.places(event.id), queries.links_of(event.id)
    counts = event_charts.counts(places, queries.capacity(event.id))
    earlier = queries.earlier(event.id, now=now)
    over = is_over(event, now=now)
    charts = [
        event_charts.sign_ups(event, counts.capacity, now=now),
        event_charts.sources(places, links),
        event_charts.show_rates(earlier, counts, is_over=over),
    ]
    return manage_page(
        "numbers/event.html",
        permissions=managed.permissions,
        event=event,
        counts=counts,
        ways=queries.ways(event.id),
        forecast=None if over else event_charts.expected(earlier, counts),
        is_over=over,
        figures=[figure(chart, ".", {"slug": slug}) for chart in charts if chart],
        as_of=now,
    )


@bp.get("/answers")
def answers(slug: str) -> Response:
    """Show companies, cities, choices and ticks; of all else how many answered."""
    managed = _managed(slug)
    found, still_there = _answers(managed)
    return manage_page(
        "numbers/answers.html",
        permissions=managed.permissions,
        event=managed.event,
        still_there=still_there,
        figures=[figure(chart, ".", {"slug": slug}) for chart in found.charts],
        only_counted=found.only_counted,
        as_of=utc_now(),
    )


def _answers(managed: Managed, *, only: str | None = None) -> tuple[answer_charts.Answers, int]:
    event_id = managed.event.id
    still_there = event_charts.counts(queries.places(event_id), None).still_there
    sees_people = Permission.SEE_ATTENDEES in managed.permissions
    return answer_charts.of_event(event_id, still_there, sees_people=sees_people, only=only), still_there


@bp.get("/charts/<key>.svg")
def chart(slug: str, key: str) -> Response:
    """Answer one chart as a picture of the page, as wide as asked for."""
    return picture(_chart(_managed(slug), key), request.args.get("width", type=int))


@bp.get("/files/<key>.<suffix>")
def download(slug: str, key: str, suffix: str) -> Response:
    """Answer one chart as a file: SVG, PNG, or its table as XLSX."""
    return file(_chart(_managed(slug), key), suffix, name=f"{slug}-{key}")


def _chart(managed: Managed, key: str) -> Chart:
    event, now = managed.event, utc_now()
    found: Sequence[Chart | None] = []
    if key == event_charts.SIGN_UPS:
        found = [event_charts.sign_ups(event, queries.capacity(event.id), now=now)]
    elif key == event_charts.SOURCES:
        found = [event_charts.sources(queries.places(event.id), queries.links_of(event.id))]
    elif key == event_charts.SHOW_RATES:
        counts = event_charts.counts(queries.places(event.id), None)
        earlier = queries.earlier(event.id, now=now)
        found = [event_charts.show_rates(earlier, counts, is_over=is_over(event, now=now))]
    elif key.startswith(answer_charts.PREFIX):
        found = [each for each in _answers(managed, only=key)[0].charts if each.key == key]
    if not found or found[0] is None:
        raise NotFoundError(_("There is no such chart, or nothing to show in it yet."))
    return found[0]
