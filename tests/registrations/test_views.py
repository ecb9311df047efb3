import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events.models import EventState
from app.mail.models import Letter
from app.registrations.models import Question, Registration
from app.registrations.rules import token_of
from tests.registrations.samples import ADA, CHINESE, ENGLISH, answers, everything
from tests.support.factories import sign_up_as, states


def own_path(registration):
    return f"/r/{token_of(registration)}"


def test_signing_up_answers_with_a_redirect_to_the_page_that_says_what_happens_now(db, make_event, send_form, client):
    event = make_event()

    answer = send_form(event, **ADA, headers=ENGLISH)
    page = client.get(answer.location, headers=ENGLISH)

    assert (answer.status_code, answer.location) == (303, f"/events/{event.slug}/registered")
    assert page.status_code == 200
    assert f"/events/{event.slug}.ics" in page.text
    assert "ada" not in page.text.lower()
    assert states(event) == {"ada": "confirmed"}
    row = db.scalars(select(Registration)).one()
    assert (row.name, row.email, row.language, row.ticket_type_id) == (
        "Ada",
        "ada@example.com",
        "en",
        event.ticket_types[0].id,
    )


@pytest.mark.parametrize(
    ("language", "words"), [(ENGLISH, "At most 100 characters, please."), (CHINESE, "最多 100 个字。")]
)
def test_a_name_of_two_hundred_characters_is_refused_in_a_sentence(db, make_event, send_form, language, words):
    event = make_event()
    name = "聚" * 200

    refused = send_form(event, name=name, email="ada@example.com", headers=language)
    kept = send_form(event, name="聚" * 100, email="ada@example.com", headers=language)

    assert (refused.status_code, refused.text.count(words)) == (422, 2)  # above the form and beside the field
    assert name in refused.text
    assert kept.status_code == 303
    assert [row.name for row in db.scalars(select(Registration))] == ["聚" * 100]


def test_the_letter_speaks_the_language_the_visitor_read(db, make_event, send_form):
    event = make_event()

    send_form(event, **ADA, headers=CHINESE)
    send_form(event, name="Bob", email="bob@example.com", headers=ENGLISH)

    assert db.execute(select(Letter.to_email, Letter.language).order_by(Letter.id)).all() == [
        ("ada@example.com", "zh"),
        ("bob@example.com", "en"),
    ]


def test_the_answer_is_the_same_for_a_new_a_known_and_a_waiting_address(make_event, send_form, client):
    event = make_event(capacity=1)

    answers = [
        send_form(event, **ADA),
        send_form(event, **ADA),
        send_form(event, name="Bob", email="bob@example.com"),
    ]

    assert {(answer.status_code, answer.location, answer.data) for answer in answers} == {
        (303, f"/events/{event.slug}/registered", answers[0].data)
    }
    assert {name for answer in answers for name, _value in answer.headers} == {
        name for name, _value in answers[0].headers
    }


def test_the_form_of_one_ticket_type_asks_nothing_about_it_and_of_two_it_does(make_event, client):
    one = make_event()
    two = make_event(
        ticket_types=[
            {"slug": "on-site", "capacity": 1},
            {"slug": "online", "capacity": None, "name": Texts(zh="线上", en="Online")},
            {"slug": "staff", "capacity": 5, "is_public": False, "name": Texts(zh="工作人员", en="Staff only")},
        ]
    )

    pages = [client.get(f"/events/{event.slug}", headers=ENGLISH).text for event in (one, two)]

    assert [page.count('type="radio"') for page in pages] == [0, 2]
    assert "Staff only" not in pages[1]


def test_a_hidden_ticket_type_cannot_be_taken_by_its_number(make_event, send_form):
    event = make_event(
        ticket_types=[{"slug": "on-site", "capacity": 1}, {"slug": "staff", "capacity": 5, "is_public": False}]
    )

    answer = send_form(event, **ADA, ticket_type=str(event.ticket_types[1].id))

    assert answer.status_code == 422
    assert states(event) == {}


def test_a_machine_that_fills_the_hidden_field_is_asked_to_clear_it(make_event, send_form):
    event = make_event()

    answer = send_form(event, **ADA, website="https://spam.example", headers=ENGLISH)

    assert answer.status_code == 422
    assert "must stay empty" in answer.text
    assert states(event) == {}


@pytest.mark.parametrize("stamp", ["", "0" * 32, "1700000000" + "x" * 22])
def test_a_form_that_was_never_shown_is_asked_for_again(make_event, send_form, stamp):
    event = make_event()

    answer = send_form(event, **ADA, stamp=stamp, headers=ENGLISH)

    assert answer.status_code == 422
    assert "send the form again" in answer.text
    assert 'value="ada@example.com"' in answer.text
    assert states(event) == {}


class TestTooQuick:
    @pytest.fixture
    def settings(self):
        return {"SIGN_UP_SECONDS_MIN": "60"}

    def test_a_form_sent_at_once_is_asked_for_again(self, make_event, send_form):
        event = make_event()

        answer = send_form(event, **ADA, headers=ENGLISH)

        assert answer.status_code == 422
        assert "very quick" in answer.text
        assert states(event) == {}


class TestTooOften:
    @pytest.fixture
    def settings(self):
        return {"SIGN_UP_RATE": "2 per minute"}

    def test_the_third_sign_up_of_a_minute_gets_a_page_that_says_wait(self, make_event, send_form):
        event = make_event()

        sent = [send_form(event, name=name, email=f"{name}@example.com", headers=ENGLISH) for name in "abc"]

        assert [answer.status_code for answer in sent] == [303, 303, 429]
        assert "wait a minute" in sent[2].text
        assert sent[2].headers["Retry-After"] == "60"
        assert states(event) == {"a": "confirmed", "b": "confirmed"}


@pytest.mark.parametrize(
    "values",
    [
        {"state": EventState.CANCELLED},
        {"sign_up_closes_at": utc_now() - timedelta(minutes=1)},
        {"sign_up_opens_at": utc_now() + timedelta(days=1)},
        {"starts_at": utc_now() - timedelta(days=2)},
        {"ticket_types": []},
    ],
    ids=["cancelled", "closed", "not yet", "over", "elsewhere"],
)
def test_an_event_that_takes_no_sign_ups_shows_no_form_and_takes_none(make_event, send_form, client, values):
    event = make_event(**values)

    page = client.get(f"/events/{event.slug}")
    answer = send_form(event, **ADA)

    assert page.status_code == 200
    assert 'name="email"' not in page.text
    assert answer.status_code == 422
    assert states(event) == {}


def test_a_full_event_offers_the_waiting_list(make_event, client):
    event = make_event(capacity=1)
    sign_up_as(event, "ada")

    page = client.get(f"/events/{event.slug}", headers=ENGLISH).text

    assert "waiting list" in page
    assert 'name="email"' in page


def test_a_draft_and_an_unknown_event_are_not_there(make_event, send_form, client):
    draft = make_event(state=EventState.DRAFT)

    answers = [
        client.get(f"/events/{draft.slug}"),
        client.get("/events/no-such-event"),
        client.get(f"/events/{draft.slug}/registered"),
        send_form(draft, **ADA),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert states(draft) == {}


def test_another_site_cannot_sign_anybody_up(make_event, send_form):
    event = make_event()

    answer = send_form(event, **ADA, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert states(event) == {}


def test_one_s_own_page_shows_the_registration_to_nobody_else(make_event, client):
    event = make_event()
    ada = sign_up_as(event, "ada", full_name="Ada Lovelace")
    path = own_path(ada)

    own, forged, foreign = (client.get(p) for p in (path, path[:-1] + ("A" if path[-1] != "A" else "B"), "/r/short"))

    assert (own.status_code, forged.status_code, foreign.status_code) == (200, 404, 404)
    assert "Ada Lovelace" in own.text
    assert "Lovelace" not in forged.text
    assert own.headers["Cache-Control"] == "private, no-store"
    assert own.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in own.headers["X-Robots-Tag"]


def test_a_revoked_link_opens_nothing(db, make_event, client):
    event = make_event()
    ada = sign_up_as(event, "ada")
    path = own_path(ada)

    ada.token_version += 1
    db.commit()

    assert client.get(path).status_code == 404


def test_answers_can_be_corrected(db, make_event, client):
    event = make_event(questions=everything())
    questions = {q.key: q.id for q in db.scalars(select(Question))}
    ada = sign_up_as(event, "ada", answers={questions["short_text"]: "old", questions["number"]: 4})
    path = own_path(ada)

    shown = client.get(path).text
    sent = client.post(f"{path}/answers", data={"name": "Ada L.", "q_short_text": "new", "q_checkbox": "y"})
    refused = client.post(f"{path}/answers", data={"name": "", "q_short_text": "newer"})

    assert 'value="old"' in shown
    assert 'value="4"' in shown
    assert (sent.status_code, refused.status_code) == (303, 422)
    assert answers(db) == {"short_text": "new", "checkbox": True}
    assert db.scalar(select(Registration.name)) == "Ada L."


def test_giving_the_place_back_passes_it_on(make_event, client):
    event = make_event(capacity=1)
    ada = sign_up_as(event, "ada")
    bob = sign_up_as(event, "bob")
    path, waiting = own_path(ada), client.get(own_path(bob), headers=ENGLISH).text

    sent = client.post(f"{path}/cancellation")
    again = client.post(f"{path}/cancellation")
    after = client.get(path)

    assert re.search(r"\b1\b", waiting)
    assert (sent.status_code, again.status_code, after.status_code) == (303, 303, 200)
    assert states(event) == {"ada": "cancelled", "bob": "confirmed"}
    assert "/cancellation" not in after.text


def test_the_event_page_asks_the_database_three_times_at_most(make_event, client, count_statements):
    one = make_event(questions=everything()[:1])
    many = make_event(
        questions=everything(),
        ticket_types=[{"slug": slug, "capacity": 5, "name": Texts(en=slug)} for slug in ("a", "b", "c")],
    )
    client.get(f"/events/{one.slug}")  # the site's own row is kept from here on

    counts = []
    for path in [f"/events/{event.slug}" for event in (one, many)]:
        with count_statements() as seen:
            client.get(path)
        counts.append(len(seen))

    assert counts[0] == counts[1] <= 3, seen


def test_signing_up_takes_eight_statements_at_most(make_event, send_form, client, count_statements):
    event = make_event(capacity=1, questions=everything()[:2])
    path = f"/events/{event.slug}/registrations"
    stamp = re.search(r'name="stamp" value="([^"]+)"', client.get(f"/events/{event.slug}").text)[1]

    counts = []
    for name in ("ada", "bob", "bob"):
        form = {"name": name, "email": f"{name}@example.com", "stamp": stamp, "website": "", "q_short_text": "x"}
        with count_statements() as seen:
            assert client.post(path, data=form).status_code == 303
        counts.append(len(seen))

    assert max(counts) <= 8, counts
    assert states(event) == {"ada": "confirmed", "bob": "waiting"}


@pytest.mark.parametrize("verb", ["answers", "cancellation"])
def test_a_registration_for_a_cancelled_event_is_shown_and_stays_as_it_is(db, make_event, client, verb):
    event = make_event()
    path = own_path(sign_up_as(event, "ada"))
    event.state = EventState.CANCELLED
    db.commit()

    shown = client.get(path, headers=ENGLISH)
    refused = client.post(f"{path}/{verb}", data={"name": "Ada L."}, headers=ENGLISH)

    assert (shown.status_code, refused.status_code) == (200, 409)
    assert "This event is cancelled." in shown.text
    assert "<form" not in shown.text
    assert db.execute(select(Registration.name, Registration.state)).all() == [("ada", "confirmed")]
