"""Slugs made from names, and the cities that know both of their names."""

from datetime import date

import pytest

from app.core.db import transaction
from app.core.i18n import Texts
from app.events.cities import both_names, middle_of
from app.events.models import EventAddress
from app.events.slugs import event_slug, free_event_slug, is_slug, slugify
from tests.support.factories import LONG_AGO

DAY = date(2026, 5, 30)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("KubeSphere Meetup, Shenzhen!", "kubesphere-meetup-shenzhen"),
        ("  Über  Café ", "uber-cafe"),
        ("云原生", ""),
        ("a" * 300, "a" * 100),
        ("x" * 99 + " y", "x" * 99),
    ],
)
def test_slug_holds_what_an_address_may_hold(text, slug):
    assert slugify(text) == slug
    assert is_slug(slug) or not slug


@pytest.mark.parametrize("text", ["", "A", "a--b", "-a", "a_b", "深圳", "a\n"])
def test_what_is_no_slug_is_told(text):
    assert not is_slug(text)


def test_event_is_named_by_its_english_title_else_by_city_and_day(app):
    assert event_slug(Texts(zh="深圳站", en="Shenzhen Meetup"), city="shenzhen", day=DAY) == "shenzhen-meetup"
    assert event_slug(Texts(zh="深圳站"), city="shenzhen", day=DAY) == "shenzhen-20260530"
    assert event_slug(Texts(zh="线上"), city="", day=DAY) == "meetup-20260530"


def test_slug_that_is_or_was_taken_gets_a_number(app, make_event, count_statements):
    event = make_event("summit")
    with transaction() as session:
        session.add(EventAddress(slug="summit-2", event_id=event.id, created_at=LONG_AGO))

    with count_statements() as seen:
        slug = free_event_slug("summit")

    assert (slug, len(seen)) == ("summit-3", 1)
    assert free_event_slug("new") == "new-2"
    assert free_event_slug("sum") == "sum"
    assert free_event_slug("s_mmit") == "s_mmit"


@pytest.mark.parametrize("typed", ["深圳", "深圳市", "Shenzhen", "shenzhen", " SHENZHEN "])
def test_city_is_known_by_each_of_its_names(typed):
    assert both_names(typed) == Texts(zh="深圳", en="Shenzhen")


def test_city_that_is_not_known_has_the_name_that_was_typed():
    assert (both_names("甲城"), both_names("Somewhere")) == (Texts(zh="甲城"), Texts(en="Somewhere"))
    assert (both_names("xian"), both_names("Hong Kong")) == (
        Texts(zh="西安", en="Xi'an"),
        Texts(zh="香港", en="Hong Kong"),
    )
    assert middle_of(Texts(zh="甲城")) is None
    assert middle_of(Texts(en="Hong Kong")) == (22.32, 114.17)
