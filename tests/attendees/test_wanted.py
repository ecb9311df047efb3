"""A wish for attendees stands in an address, and is the same when it is read again."""

from datetime import date

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.attendees import queries
from app.attendees.wanted import Wanted
from app.core.i18n import Texts
from app.registrations.models import Question, QuestionKind, RegistrationState
from tests.support.factories import sign_up_as

EVERYTHING = Wanted(
    search="王 ada",
    states=(RegistrationState.CONFIRMED, RegistrationState.WAITING),
    ticket_types=(3, 7),
    answers=((5, "yes"), (6, "a:b")),
    tags=("VIP", "讲师"),
    is_checked_in=False,
    signed_up_from=date(2026, 5, 1),
    signed_up_to=date(2026, 5, 31),
    source="weibo",
    lacks_answers=True,
)


@pytest.mark.parametrize("wanted", [Wanted(), EVERYTHING, Wanted(source=""), Wanted(is_checked_in=True)])
def test_wish_is_the_same_when_read_again(wanted):
    assert Wanted.stored(wanted.as_query()) == wanted


def test_empty_wish_is_no_query():
    assert Wanted().as_query() == {}


@pytest.mark.parametrize(
    "query",
    [
        {"status": "nonsense"},
        {"type": "-1"},
        {"type": "9" * 4000},
        {"type": "²"},
        {"answer": "12"},
        {"answer": "x:y"},
        {"answer": "12:"},
        {"in": "perhaps"},
        {"from": "2026-02-30"},
        {"to": "9999-12-31"},
        {"from": "0001-01-01"},
        {"tag": " "},
        {"q": "\n"},
    ],
)
def test_what_cannot_be_read_is_no_wish(query):
    assert Wanted.of(MultiDict(query)) == Wanted()


def test_what_is_asked_twice_is_asked_once_and_too_much_is_cut():
    wanted = Wanted.of(MultiDict([("type", str(number % 30)) for number in range(1000)]))

    assert wanted.ticket_types == tuple(range(20))


QUESTIONS = [
    {"key": "passport", "kind": QuestionKind.SHORT_TEXT, "is_masked": True, "label": Texts(en="Passport")},
    {"key": "town", "kind": QuestionKind.SHORT_TEXT, "label": Texts(en="Town")},
    {"key": "eats", "kind": QuestionKind.ONE_CHOICE, "options": [{"value": "vegan", "label": {"en": "Vegan"}}]},
    {"key": "first", "kind": QuestionKind.CHECKBOX, "label": Texts(en="First time")},
]


def test_answers_that_pages_show_masked_cannot_be_found_out_by_trying(db, make_event):
    event = make_event("meetup", questions=QUESTIONS)
    passport, town = db.scalars(select(Question.id).order_by(Question.position).limit(2)).all()
    sign_up_as(event, "ada", answers={passport: "E12345678", town: "Ulm"})

    def found(answer):
        return queries.number(event, Wanted(answers=(answer,)))

    assert (found((passport, "E12345678")), found((passport, "E87654321"))) == (0, 0)
    assert (found((town, "Ulm")), found((town, "Bonn"))) == (1, 0)


def test_what_is_kept_of_a_wish_holds_nothing_that_was_typed(db, make_event):
    make_event("meetup", questions=QUESTIONS)
    questions = db.scalars(select(Question).order_by(Question.position)).all()
    passport, town, eats, first = (question.id for question in questions)
    chosen = ((eats, "vegan"), (first, "yes"))
    typed = ((passport, "E12345678"), (town, "Ada Lovelace"), (eats, "Ada Lovelace"), (first, "Ada"), (999, "yes"))

    kept = Wanted(search="ada", tags=("vip",), answers=chosen + typed).keepable(questions)

    assert kept == Wanted(tags=("vip",), answers=chosen)
