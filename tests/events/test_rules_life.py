"""Every step in an event's life × every standing it may be in: taken or refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.i18n import Texts
from app.events.audience import People
from app.events.models import EventState
from app.events.rules_life import Standing, Step, possible_steps, refusal, standing

DRAFT = Standing(
    EventState.DRAFT,
    has_begun=False,
    is_over=False,
    has_title=True,
    is_scheduled=False,
    was_public=False,
    people=People(),
)
PUBLISHED = replace(DRAFT, state=EventState.PUBLISHED, was_public=True)
CANCELLED = replace(PUBLISHED, state=EventState.CANCELLED)
SOMEBODY, SOMEBODY_LEFT = People(now=1, ever=1), People(now=0, ever=1)
OVER = {"has_begun": True, "is_over": True}

# What is possible, by where the event stands; everything else is refused.
TABLE = {
    "a draft": (DRAFT, {Step.PUBLISH, Step.SCHEDULE, Step.MOVE, Step.DELETE}),
    "a draft without a title": (replace(DRAFT, has_title=False), {Step.MOVE, Step.DELETE}),
    "a draft of yesterday": (replace(DRAFT, **OVER), {Step.MOVE, Step.DELETE}),
    "a draft that has begun": (replace(DRAFT, has_begun=True), {Step.PUBLISH, Step.SCHEDULE, Step.MOVE, Step.DELETE}),
    "a draft that publishes itself": (
        replace(DRAFT, is_scheduled=True),
        {Step.PUBLISH, Step.SCHEDULE, Step.UNSCHEDULE, Step.MOVE, Step.DELETE},
    ),
    "a draft that was public": (replace(DRAFT, was_public=True), {Step.PUBLISH, Step.SCHEDULE, Step.MOVE}),
    "a draft somebody signed up for": (
        replace(DRAFT, people=SOMEBODY_LEFT),
        {Step.PUBLISH, Step.SCHEDULE, Step.MOVE},
    ),
    "public": (PUBLISHED, {Step.UNPUBLISH, Step.MOVE, Step.CANCEL}),
    "public, somebody is registered": (replace(PUBLISHED, people=SOMEBODY), {Step.MOVE, Step.CANCEL}),
    "public, somebody was registered": (
        replace(PUBLISHED, people=SOMEBODY_LEFT),
        {Step.UNPUBLISH, Step.MOVE, Step.CANCEL},
    ),
    "under way": (
        replace(PUBLISHED, has_begun=True, people=SOMEBODY),
        {Step.MOVE, Step.CANCEL, Step.RECAP},
    ),
    "over": (replace(PUBLISHED, **OVER), {Step.MOVE, Step.RECAP}),
    "cancelled": (CANCELLED, {Step.TAKE_BACK}),
    "cancelled, somebody is registered": (replace(CANCELLED, people=SOMEBODY), {Step.TAKE_BACK}),
    "cancelled, and over": (replace(CANCELLED, **OVER), set()),
}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", TABLE)
def test_each_step_is_taken_or_refused_by_the_table(app, name):
    at, possible = TABLE[name]

    assert possible_steps(at) == possible
    # Whatever is refused says why.
    assert all(refusal(step, at) for step in Step if step not in possible)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_standing_is_read_from_the_event(make_event):
    event = make_event(state=EventState.DRAFT)
    people = People(now=2, ever=3)

    before = standing(event, people, now=event.starts_at - timedelta(microseconds=1))
    begun = standing(event, people, now=event.starts_at)
    over = standing(event, people, now=event.ends_at)
    event.title, event.publish_at, event.published_at = Texts(), event.starts_at, event.starts_at

    assert before == replace(DRAFT, people=people)
    assert begun == replace(DRAFT, people=people, has_begun=True)
    assert over == replace(DRAFT, people=people, **OVER)
    assert standing(event, people, now=event.ends_at) == replace(
        DRAFT, people=people, has_title=False, is_scheduled=True, was_public=True, **OVER
    )
