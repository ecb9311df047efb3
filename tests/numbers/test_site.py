"""The numbers of the whole community, whole tables compared, on both engines."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.accounts.models import Organizer, Role
from app.core.clock import utc_now
from app.core.db import transaction
from app.core.i18n import Texts, speaking
from app.events.models import City
from app.numbers import site_charts
from tests.numbers.people import add
from tests.registrations.samples import ENGLISH
from tests.support.organizers import signed_in
from tests.support.people import make_group

NOW = datetime(2021, 1, 1, tzinfo=UTC)


def tables(**given):
    with speaking("en"):
        charts = site_charts.of_site(now=NOW, **given)
    return {chart.key: [list(row) for row in chart.table.rows] for chart in charts}


@pytest.fixture
def past(make_event):
    """Three events that counted, one without sign-ups here, one that counted nobody, and one to come."""
    north, south = make_group("north"), make_group("south")
    xian = City(slug="xian", name=Texts(zh="西安", en="Xi'an"))
    winter = make_event("winter", starts_at=datetime(2019, 12, 7, 6, tzinfo=UTC), groups=[north])
    spring = make_event("spring", starts_at=datetime(2020, 4, 4, 6, tzinfo=UTC), groups=[north, south], city=xian)
    told = make_event("told", starts_at=datetime(2020, 5, 9, 6, tzinfo=UTC), attendance=3)
    make_event("elsewhere", starts_at=datetime(2020, 5, 10, 6, tzinfo=UTC), attendance=100)
    uncounted = make_event("uncounted", starts_at=datetime(2020, 6, 6, 6, tzinfo=UTC))
    make_event("to-come", starts_at=datetime(2021, 6, 6, 6, tzinfo=UTC), attendance=9)
    for name in ("ada", "bob", "cyd"):
        add(winter, at=winter.starts_at, email=f"{name}@example.com", came=name != "cyd")
    for name in ("ada", "cyd", "dan", "eve"):
        add(spring, at=spring.starts_at, email=f"{name}@example.com", came=name != "eve")
    add(spring, at=spring.starts_at, email="bob@example.com", state="cancelled")
    add(told, at=told.starts_at, people=4)
    add(uncounted, at=uncounted.starts_at, people=4)


@pytest.mark.usefixtures("past")
def test_every_figure_is_that_of_the_rows():
    assert tables() == {
        "attendance": [
            ["2019 Q4", 1, 2, 0, 2],
            ["2020 Q1", 0, 0, 0, 0],
            ["2020 Q2", 3, 3, 103, 106],
        ],
        # Ada came to both; Cyd had a place at the first, and did not come.
        "returning": [
            ["Cloud native meetup 1", "2019-12-07", 2, 0, 0],
            ["Cloud native meetup 2", "2020-04-04", 3, 1, 33],
        ],
        "cities": [["Beijing", 2, 7, 2, 29], ["Xi'an", 1, 4, 1, 25]],
        "seasons": [["Winter (Dec–Feb)", 1, 3, 1, 33], ["Spring (Mar–May)", 2, 8, 2, 25]],
        "groups": [["north", 2, 7, 2, 29], ["south", 1, 4, 1, 25]],
    }


@pytest.mark.usefixtures("past")
def test_each_chart_says_what_it_rests_on():
    with speaking("en"):
        charts = {chart.key: chart for chart in site_charts.of_site(now=NOW)}

    assert charts["attendance"].rests_on.startswith(
        "2 of these events counted at the door, 2 have a figure in their recap, and 1 others have none"
    )
    assert charts["attendance"].finding == "108 people came to 4 events since 2019 Q4."
    assert charts["cities"].finding == "27 % of those with a place did not come; most of all at Beijing: 29 %."


@pytest.mark.usefixtures("past")
def test_one_chart_alone_is_the_same():
    for key, rows in tables().items():
        assert tables(only=key) == {key: rows}


def test_site_without_past_events_says_so(app):
    page = signed_in(app).get("/organizer/numbers", headers=ENGLISH)

    assert page.status_code == 200
    assert "Nothing counted yet" in page.text
    assert '<a class="button" href="/organizer/">To the events</a>' in page.text


def test_site_that_counted_nobody_leads_whoever_may_to_the_recaps(app, make_event):
    for number in range(7):
        make_event(f"past-{number}", starts_at=NOW - timedelta(days=30 - number))
    make_event("ahead", starts_at=utc_now() + timedelta(days=30))

    page = signed_in(app).get("/organizer/numbers", headers=ENGLISH).text
    vera = signed_in(app, "vera@example.com", name="Vera")
    with transaction() as session:
        session.execute(update(Organizer).where(Organizer.name == "Vera").values(role=Role.VIEWER))
    viewer = vera.get("/organizer/numbers", headers=ENGLISH).text

    asked = re.findall(r'href="/organizer/events/([a-z0-9-]+)/recap', page)
    assert asked == ["past-6", "past-5", "past-4", "past-3", "past-2"]
    assert "Nothing counted yet" in viewer
    assert "/recap" not in viewer


@pytest.mark.usefixtures("past")
def test_page_and_files_are_answered(app):
    olga = signed_in(app)

    page = olga.get("/organizer/numbers", headers=ENGLISH).text

    assert page.count("<figure") == page.count("<table") == 5
    for key in ("attendance", "returning", "cities", "seasons", "groups"):
        assert olga.get(f"/organizer/numbers/charts/{key}.svg?width=340").mimetype == "image/svg+xml"
        assert olga.get(f"/organizer/numbers/files/{key}.xlsx").status_code == 200
    assert olga.get("/organizer/numbers/charts/made-up.svg").status_code == 404
