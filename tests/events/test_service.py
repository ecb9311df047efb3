"""Versions of an event: what raises them, what does not, and who hears of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.core.db import transaction
from app.core.i18n import Texts
from app.events.models import Event, EventState, Tag
from app.events.service import apply_changes, create_event, touch_events
from app.events.signals import event_changed

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
AFTERWARDS = NOW + timedelta(days=60)


def _make(slug: str = "spring", **values: object) -> Event:
    starts_at = NOW + timedelta(days=30)
    given = {"title": Texts(en="Spring"), "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=3)}
    with transaction():
        return create_event(slug, given | values, now=NOW)


def _versions(event: Event) -> tuple[int, int, datetime]:
    return event.sequence, event.revision, event.revised_at


def test_new_event_begins_with_a_uid_of_its_own(app: Flask) -> None:
    one, other = _make("one"), _make("other")

    assert one.uid != other.uid
    assert (_versions(one), one.created_at, one.state) == ((0, 1, NOW), NOW, EventState.DRAFT)


@pytest.mark.parametrize(
    ("values", "sequence"),
    [
        ({"starts_at": NOW + timedelta(days=29)}, 1),
        ({"zone": "Europe/Berlin"}, 1),
        ({"online_url": "https://live.example.org/"}, 1),
        ({"state": EventState.PUBLISHED, "title": Texts(en="Autumn")}, 1),
        ({"title": Texts(en="Autumn")}, 0),
        ({"links": [{"label": {"en": "Album"}, "url": "https://example.org/"}]}, 0),
    ],
)
def test_change_raises_the_versions_that_must_rise(app: Flask, values: dict[str, object], sequence: int) -> None:
    event = _make()

    with transaction():
        is_changed = apply_changes(event, values, now=LATER)

    assert (is_changed, _versions(event)) == (True, (sequence, 2, LATER))


def test_values_that_are_as_they_were_change_nothing(app: Flask) -> None:
    tags = [Tag(slug="web", name=Texts(en="Web")), Tag(slug="ops", name=Texts(en="Ops"))]
    event = _make(tags=tags)
    heard: list[Event] = []

    with event_changed.connected_to(lambda sender, **_more: heard.append(sender)), transaction():
        values = {"title": Texts(en="Spring"), "starts_at": event.starts_at, "tags": list(reversed(tags))}
        is_changed = apply_changes(event, values, now=LATER)

    assert (is_changed, _versions(event), heard) == (False, (0, 1, NOW), [])


def test_change_is_told_in_its_transaction(app: Flask) -> None:
    event = _make()
    heard: list[tuple[str, frozenset[str], bool, datetime, object]] = []

    def refuse(
        sender: Event,
        *,
        fields: frozenset[str],
        for_calendars: bool,
        now: datetime,
        before: Mapping[str, object],
        note: Texts,
    ) -> None:
        heard.append((sender.title.en, fields, for_calendars, now, before["starts_at"]))
        raise RuntimeError

    began_at = event.starts_at
    new = {"title": Texts(en="Autumn"), "starts_at": began_at - timedelta(hours=1)}

    with event_changed.connected_to(refuse), pytest.raises(RuntimeError), transaction():
        apply_changes(event, new, parts=["agenda"], now=LATER)

    assert heard == [("Autumn", frozenset({"title", "agenda", "starts_at"}), True, LATER, began_at)]
    assert (event.title.en, _versions(event)) == ("Spring", (0, 1, NOW))


def test_cancelling_notes_the_instant_and_taking_it_back_forgets_it(app: Flask) -> None:
    event = _make(state=EventState.PUBLISHED)

    with transaction():
        apply_changes(event, {"state": EventState.CANCELLED}, now=LATER)
    cancelled_at = event.cancelled_at
    with transaction():
        apply_changes(event, {"state": EventState.PUBLISHED}, now=LATER)

    assert (cancelled_at, event.cancelled_at, event.sequence) == (LATER, None, 2)


@pytest.mark.parametrize(("now", "sequence"), [(LATER, 1), (AFTERWARDS, 0)], ids=["before", "afterwards"])
def test_change_beside_the_event_reaches_calendars_until_it_is_over(app: Flask, now: datetime, sequence: int) -> None:
    event = _make()

    with transaction():
        touch_events([event], "venue", now=now, for_calendars=True)

    assert _versions(event) == (sequence, 2, now)


@pytest.mark.parametrize("name", ["uid", "slug", "sequence", "revision", "revised_at", "sessions", "colour"])
def test_what_is_not_the_callers_is_refused(app: Flask, name: str) -> None:
    event = _make()

    with pytest.raises(ValueError, match=name), transaction():
        apply_changes(event, {name: 1}, now=LATER)


def test_change_outside_of_a_transaction_is_refused(app: Flask) -> None:
    event = _make()

    with pytest.raises(RuntimeError, match="inside a transaction"):
        apply_changes(event, {"title": Texts(en="Autumn")}, now=LATER)
