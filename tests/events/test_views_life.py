"""An organizer's pages about an event's life: each says what will happen, then does it, then says so."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.accounts.service import add_organizer
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.i18n import Texts
from app.core.times import local_of
from app.events import life
from app.events.models import Event, EventState
from app.events.previews import preview_token
from app.history.service import THE_SITE
from tests.support.factories import sign_up_as, soon
from tests.support.organizers import signed_in

DRAFT, PUBLIC = "/organizer/events/draft", "/organizer/events/public"
DAY = timedelta(days=1)


@pytest.fixture
def draft(make_event):
    return make_event("draft", state=EventState.DRAFT, starts_at=soon(), questions=[{}])


@pytest.fixture
def public(make_event):
    return make_event("public", starts_at=soon())


@pytest.fixture
def organizer(app):
    return signed_in(app)


def state_of(db, event):
    return db.scalar(select(Event.state).where(Event.slug == event.slug))


def test_publishing_says_what_it_means_what_is_missing_and_what_was_done(db, draft, organizer):
    page = organizer.get(f"{DRAFT}/publication?lang=en").text
    answer = organizer.post(f"{DRAFT}/publication?lang=en")
    overview = organizer.get(answer.location).text

    assert "Everybody can see the event then" in page
    assert "<li>An agenda</li>" in page
    assert "<li>A venue" not in page
    assert (answer.status_code, state_of(db, draft)) == (303, EventState.PUBLISHED)
    assert "The event is public now." in overview


def test_second_organizer_who_publishes_is_told(draft, organizer):
    organizer.post(f"{DRAFT}/publication")

    answer = organizer.post(f"{DRAFT}/publication?lang=en")
    page = organizer.get(f"{DRAFT}/publication?lang=en").text

    assert answer.status_code == 409
    assert "This event is public at the moment." in answer.text
    assert "This event is public at the moment." in page
    assert "Publish now" not in page


def test_time_to_publish_is_read_by_the_clocks_of_the_event(db, draft, organizer):
    at = (utc_now() + DAY).replace(second=0, microsecond=0)

    answer = organizer.post(f"{DRAFT}/publication/time", data={"at": f"{local_of(at, 'Asia/Shanghai'):%Y-%m-%dT%H:%M}"})
    page = organizer.get(f"{answer.location}&lang=en").text

    db.expire_all()
    assert (answer.status_code, db.get(Event, draft.id).publish_at) == (303, at)
    assert "It publishes itself on" in page
    assert organizer.post(f"{DRAFT}/publication/time/removal").status_code == 303
    db.expire_all()
    assert db.get(Event, draft.id).publish_at is None


@pytest.mark.parametrize("at", ["", "soon", "2001-01-01T10:00"])
def test_time_to_publish_that_is_none_is_shown_again_with_what_is_wrong(draft, organizer, at):
    answer = organizer.post(f"{DRAFT}/publication/time", data={"at": at})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'href="#at"' in answer.text


def test_time_that_the_clocks_skip_is_refused(make_event, organizer):
    make_event("berlin", state=EventState.DRAFT, zone="Europe/Berlin", starts_at=soon() + timedelta(days=3650))

    # The last Sunday in March of that zone.
    answer = organizer.post("/organizer/events/berlin/publication/time?lang=en", data={"at": "2030-03-31T02:30"})

    assert answer.status_code == 422
    assert "the clocks are set forward" in answer.text


def test_unpublishing_is_offered_only_while_nobody_is_registered(db, public, organizer):
    before = organizer.get(f"{PUBLIC}?lang=en").text
    sign_up_as(public, "ada")
    after = organizer.get(f"{PUBLIC}?lang=en").text
    page = organizer.get(f"{PUBLIC}/withdrawal?lang=en").text
    answer = organizer.post(f"{PUBLIC}/withdrawal")

    assert "Unpublish" in before
    assert "Unpublish" not in after
    assert "Cancel it instead" in page
    assert "Make it a draft again" not in page
    assert (answer.status_code, state_of(db, public)) == (409, EventState.PUBLISHED)


def test_event_is_unpublished(db, public, client, organizer):
    answer = organizer.post(f"{PUBLIC}/withdrawal")

    assert (answer.status_code, state_of(db, public)) == (303, EventState.DRAFT)
    assert client.get("/events/public").status_code == 404


def test_cancelling_asks_for_a_reason_and_says_who_is_told(db, public, client, organizer):
    sign_up_as(public, "ada")
    sign_up_as(public, "bob")

    page = organizer.get(f"{PUBLIC}/cancellation?lang=en").text
    empty = organizer.post(f"{PUBLIC}/cancellation?lang=en", data={"reason-zh": " "})
    answer = organizer.post(f"{PUBLIC}/cancellation?lang=en", data={"reason-en": "The venue is flooded."})
    overview = organizer.get(answer.location).text

    assert "2 people are registered; each gets an e-mail. It leaves in 10 minutes" in page
    assert (empty.status_code, 'href="#reason"' in empty.text) == (422, True)
    assert (answer.status_code, state_of(db, public)) == (303, EventState.CANCELLED)
    assert "Those who registered get an e-mail in 10 minutes." in overview
    assert "The venue is flooded." in overview
    assert "The venue is flooded." in client.get("/events/public").text


def test_cancellation_is_taken_back_on_the_same_page(db, public, organizer):
    life.cancel_event(public.id, Texts(en="Flooded."), by=THE_SITE, now=utc_now())

    page = organizer.get(f"{PUBLIC}/cancellation?lang=en").text
    answer = organizer.post(f"{PUBLIC}/cancellation/removal", data={"note-en": "It is dry."})

    assert "Let it take place after all" in page
    assert (answer.status_code, state_of(db, public)) == (303, EventState.PUBLISHED)


def test_draft_is_deleted_and_is_gone_from_the_dashboard(db, draft, organizer):
    page = organizer.get(f"{DRAFT}/deletion?lang=en").text
    answer = organizer.post(f"{DRAFT}/deletion")

    assert "This cannot be undone." in page
    assert (answer.status_code, answer.location) == (303, "/organizer/")
    assert db.scalars(select(Event.id)).all() == []
    assert organizer.get(DRAFT).status_code == 404


def test_address_is_changed_and_the_page_says_what_stays(db, public, organizer):
    page = organizer.get(f"{PUBLIC}/address?lang=en").text
    wrong = organizer.post(f"{PUBLIC}/address?lang=en", data={"slug": "no good"})
    answer = organizer.post(f"{PUBLIC}/address?lang=en", data={"slug": "Shenzhen-2031"})
    after = organizer.get("/organizer/events/shenzhen-2031/address?lang=en").text

    assert "goes on leading here for ever" in page
    assert (wrong.status_code, 'value="no good"' in wrong.text, 'href="#slug"' in wrong.text) == (422, True, True)
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/organizer/events/shenzhen-2031")
    assert re.search(r"<li><code>\S+/events/public</code></li>", after)


def test_preview_shows_the_draft_to_whoever_has_the_link_and_to_nobody_s_index(draft, client):
    response = client.get(f"/preview/{preview_token(draft)}?lang=en")

    assert response.status_code == 200
    assert "This is a preview." in response.text
    assert "Cloud native meetup 1" in response.text
    assert "Question 0" in response.text
    assert "<fieldset disabled>" in response.text
    assert "<form" not in response.text
    assert "canonical" not in response.text
    assert {name: response.headers[name] for name in ("Cache-Control", "X-Robots-Tag", "Referrer-Policy")} == {
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "same-origin",
    }
    assert "Set-Cookie" not in response.headers


def test_preview_that_was_renewed_or_made_up_shows_nothing(draft, client, organizer):
    old = preview_token(draft)

    organizer.post(f"{DRAFT}/preview-link")

    for token in (old, "1-aaaaaaaaaaaaaaaaaaaaaa", "x"):
        answer = client.get(f"/preview/{token}?lang=en")
        assert (answer.status_code, "Cloud native" in answer.text) == (404, False)


def test_preview_leads_on_once_the_event_is_public(public, client):
    answer = client.get(f"/preview/{preview_token(public)}")

    assert (answer.status_code, answer.location) == (303, "/events/public")


@pytest.mark.parametrize(
    ("role", "status"), [(Role.EDITOR, 403), (Role.VIEWER, 403), (Role.DOOR, 403), (Role.ORGANIZER, 200)]
)
def test_steps_are_for_those_who_may_publish(app, db, public, draft, role, status):
    add_organizer(normalise("eve@example.com"), role=role, now=utc_now())
    eve = signed_in(app, "eve@example.com")

    seen = {eve.get(f"{PUBLIC}/{page}").status_code for page in ("schedule", "cancellation", "withdrawal", "address")}
    done = [eve.post(f"{DRAFT}/{page}").status_code for page in ("publication", "preview-link", "deletion")]

    assert seen == {status}
    if status == 403:
        assert (done, state_of(db, draft)) == ([403, 403, 403], EventState.DRAFT)
