"""The organizers' pages about venues, as a browser without scripts uses them."""

import re

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import City, Venue
from tests.support.factories import LONG_AGO
from tests.support.organizers import signed_in

PIN = "/organizer/venues/gehua/pin?lang=en"


@pytest.fixture
def browser(app, make_event):
    make_event()
    return signed_in(app)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1].replace("&#34;", '"')


def in_beijing() -> None:
    with transaction() as session:
        session.scalars(select(Venue)).one().city = session.scalars(select(City)).one()


def test_venue_is_added_and_leads_to_its_pin(browser, db):
    answer = browser.post(
        "/organizer/venues/new",
        data={"name-zh": "大厦", "address-zh": "某路", "city": "", "new_city": "上海", "seen": "{}"},
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/organizer/venues/shanghai-venue/pin?done=added")
    assert browser.get(answer.headers["Location"]).status_code == 200


def test_venue_without_a_name_is_refused_and_what_was_typed_is_kept(browser, db):
    answer = browser.post("/organizer/venues/new?lang=en", data={"address-zh": "某路 9 号"})

    assert answer.status_code == 422
    assert "in one language at least" in answer.text
    assert "某路 9 号" in answer.text
    assert len(db.scalars(select(Venue)).all()) == 1


def test_venue_is_changed_on_its_page(browser, db):
    page = browser.get("/organizer/venues/gehua")

    answer = browser.post(
        "/organizer/venues/gehua",
        data={"name-zh": "歌华", "city": "", "seen": hidden(page.text, "seen")},
    )

    assert answer.headers["Location"] == "/organizer/venues/gehua?done=saved"
    assert db.scalars(select(Venue)).one().name == Texts(zh="歌华")


def test_point_in_a_link_is_shown_to_be_confirmed_and_only_then_kept(browser, db):
    in_beijing()

    page = browser.post(
        PIN, data={"pin": "https://uri.amap.com/marker?position=116.414744,39.941404", "datum": "wgs84"}
    )
    before = db.scalars(select(Venue)).one().latitude
    answer = browser.post(
        "/organizer/venues/gehua/point",
        data={"latitude": hidden(page.text, "latitude"), "longitude": hidden(page.text, "longitude")},
    )

    assert (page.status_code, before, answer.status_code) == (200, None, 303)
    assert "AMap, GCJ-02" in page.text
    assert "uri.amap.com/marker?position=116.414744%2C39.941404" in page.text
    venue = db.scalars(select(Venue)).one()
    assert (venue.latitude, venue.longitude) == pytest.approx((39.94, 116.4085), abs=0.0002)


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("https://surl.amap.com/4xNrCG1g3a", "short link"),
        ("https://www.google.com/maps/place/Gehua+Tower", "holds no point"),
        ("in the middle of town", "Neither the link"),
        ("", "Please paste"),
    ],
)
def test_paste_without_a_point_is_refused_with_what_to_do(browser, pasted, words):
    page = browser.post(PIN, data={"pin": pasted, "datum": "wgs84"})

    assert (page.status_code, words in page.text) == (422, True)
    assert "Is this the place?" not in page.text


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("31.2304, 121.4737", "This point is 1,067 km away from Beijing."),
        ("48.8584, 2.2945", "This point is 8,2"),
        ("116.4085, 39.94", "116.4085 is no latitude"),
    ],
    ids=["another city", "another country", "the wrong way round"],
)
def test_point_that_cannot_be_right_is_told_with_what_was_found(browser, db, pasted, words):
    in_beijing()

    page = browser.post(PIN, data={"pin": pasted, "datum": "wgs84"})

    assert (page.status_code, words in page.text) == (200, True), page.text


def test_exchanged_numbers_that_are_both_possible_are_told(browser, db):
    with transaction() as session:
        session.scalars(select(Venue)).one().city = City(slug="berlin", name=Texts(en="Berlin"))

    page = browser.post(PIN, data={"pin": "13.40, 52.52", "datum": "wgs84"})

    assert "please check their order" in page.text


def test_other_venues_of_a_city_that_is_not_known_say_where_it_is(browser, db):
    with transaction() as session:
        city = City(slug="somewhere", name=Texts(en="Somewhere"))
        session.scalars(select(Venue)).one().city = city
        there = {"latitude": 30.0, "longitude": 110.0}
        session.add(Venue(slug="other", name=Texts(en="Other"), city=city, revised_at=LONG_AGO, **there))

    far = browser.post(PIN, data={"pin": "32.0, 110.0", "datum": "wgs84"})
    near = browser.post(PIN, data={"pin": "30.1, 110.0", "datum": "wgs84"})

    assert "km away from Somewhere" in far.text
    assert "km away from" not in near.text


def test_point_abroad_is_told_where_nothing_is_known_of_the_city(browser):
    abroad = browser.post(PIN, data={"pin": "48.8584, 2.2945", "datum": "wgs84"})
    at_home = browser.post(PIN, data={"pin": "39.94, 116.41", "datum": "wgs84"})

    assert "not in mainland China" in abroad.text
    assert "not in mainland China" not in at_home.text


@pytest.mark.parametrize("point", [{}, {"latitude": "91", "longitude": "0"}, {"latitude": "nan", "longitude": "0"}])
def test_point_that_is_none_is_not_kept(browser, db, point):
    answer = browser.post("/organizer/venues/gehua/point", data=point)

    assert (answer.status_code, db.scalars(select(Venue)).one().latitude) == (422, None)


def test_pin_is_removed(browser, db):
    browser.post("/organizer/venues/gehua/point", data={"latitude": "39.9", "longitude": "116.4"})

    answer = browser.post("/organizer/venues/gehua/point/removal")

    assert (answer.status_code, db.scalars(select(Venue)).one().latitude) == (303, None)
