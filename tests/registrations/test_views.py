import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.events.models import EventState
from app.mail.models import Letter
from app.registrations.models import Answer, Question, QuestionKind, Registration
from app.registrations.rules import token_of
from tests.support.factories import sign_up_as, states

ADA = {"name": "Ada", "email": "ada@example.com"}
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}
ENGLISH = {"Accept-Language": "en"}


def everything(*, required: bool = False):
    """One question of each kind."""
    options = [{"value": "a", "label": {"zh": "甲", "en": "A"}}, {"value": "b", "label": {"zh": "乙"}}]
    return [
        {"key": kind.value, "kind": kind, "is_required": required, "label": Texts(zh=f"问{kind}", en=f"Ask {kind}")}
        | ({"options": options} if "choice" in kind.value else {})
        for kind in QuestionKind
    ]


def answers(db):
    db.expire_all()
    return {answer.question.key: answer.value for answer in db.scalars(select(Answer))}


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


def test_every_kind_of_answer_is_kept_as_what_it_is(db, make_event, send_form):
    event = make_event(questions=everything())

    answer = send_form(
        event,
        **ADA,
        q_short_text="  青云\t科技 ",
        q_long_text="one\r\ntwo\x00",
        q_one_choice="a",
        q_several_choices=["a", "b"],
        q_checkbox="y",
        q_number="3",
        q_phone="138 0013 8000",
    )

    assert answer.status_code == 303
    assert answers(db) == {
        "short_text": "青云 科技",
        "long_text": "one\ntwo",
        "one_choice": "a",
        "several_choices": ["a", "b"],
        "checkbox": True,
        "number": 3,
        "phone": "+8613800138000",
    }


def test_what_need_not_be_answered_may_be_left_empty(db, make_event, send_form):
    event = make_event(questions=everything())

    answer = send_form(event, **ADA, q_short_text="", q_long_text=" ", q_number="", q_phone="")

    assert answer.status_code == 303
    assert answers(db) == {}


def test_nought_is_an_answer(db, make_event, send_form):
    event = make_event(questions=everything())

    answer = send_form(event, **ADA, q_number="0")

    assert answer.status_code == 303
    assert answers(db) == {"number": 0}


def test_a_choice_that_is_sent_a_thousand_times_is_one_choice(db, make_event, send_form):
    event = make_event(questions=everything())

    answer = send_form(event, **ADA, q_several_choices=["b", *["a"] * 1000])

    assert answer.status_code == 303
    assert answers(db) == {"several_choices": ["b", "a"]}


@pytest.mark.parametrize("name", ["J.R. Smith", "Dr.Wu", "王 A.B.", "Sammy Davis jr.", "will.i.am", "St.John"])
def test_a_name_with_dots_is_a_name(make_event, send_form, name):
    event = make_event()

    answer = send_form(event, name=name, email="ada@example.com")

    assert answer.status_code == 303


def test_what_must_be_answered_is_asked_for_beside_its_field_and_in_the_summary(db, make_event, send_form):
    event = make_event(questions=everything(required=True))

    answer = send_form(event, name="Ada", email="", headers=ENGLISH)

    assert answer.status_code == 422
    fields = ["email", *(f"q_{kind.value}" for kind in QuestionKind)]
    for field in fields:
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}-error"' in answer.text
    assert db.scalar(select(func.count()).select_from(Registration)) == 0


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("email", "ada@", "not a complete e-mail address"),
        ("email", "ada@example.com\r\nBcc: eve@example.com", "not a complete e-mail address"),
        ("name", "x" * 101, "At most 100 characters"),
        ("name", " \t ", "tell us your name"),
        ("name", "Win! https://spam.example/x", "without a web address"),
        ("name", "Win at WWW.spam.example", "without a web address"),
        ("name", "领奖请看spam.com", "without a web address"),
        ("name", "see spam.example/win", "without a web address"),
        ("q_short_text", "x" * 201, "At most 200 characters"),
        ("q_number", "many", "in digits"),
        ("q_number", "1e300", "too large"),
        ("q_number", "nan", "too large"),
        ("q_phone", "12", "phone number"),
        ("q_one_choice", "c", "from the list"),
        ("q_several_choices", "c", "from the list"),
    ],
)
def test_a_bad_entry_is_shown_again_with_its_text_and_a_message(db, make_event, send_form, field, typed, message):
    event = make_event(questions=everything())

    answer = send_form(event, **(ADA | {field: typed, "q_long_text": "kept <as> typed"}), headers=ENGLISH)

    assert answer.status_code == 422
    assert message in answer.text
    assert f'href="#{field}"' in answer.text
    assert "kept &lt;as&gt; typed" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert db.scalar(select(func.count()).select_from(Registration)) == 0


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
