"""A wish for attendees stands in an address, and is the same when it is read again."""

from datetime import date

import pytest
from werkzeug.datastructures import MultiDict

from app.attendees.wanted import Wanted
from app.registrations.models import RegistrationState

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
