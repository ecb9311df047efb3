"""What people may type into the form of an event, and what becomes of it."""

import pytest
from sqlalchemy import func, select

from app.registrations.models import QuestionKind, Registration
from tests.registrations.samples import ADA, ENGLISH, answers, everything


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
