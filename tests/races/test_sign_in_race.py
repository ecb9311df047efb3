"""Many at once at one letter: the link opens once, the code opens once, and guesses are counted one by one."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update

from app.accounts import codes, rules, service
from app.accounts.models import SignInLink, SignInSession
from app.accounts.sessions import Browser
from app.core.addresses import normalise
from app.core.db import db as database
from app.core.db import transaction
from app.core.errors import AppError
from app.mail.models import Letter

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ADA = normalise("ada@example.com")
HERE = Browser("Firefox/1 Linux")
CROWD, PATIENCE = 10, 60


@pytest.fixture
def at_once(app):
    """Do something in as many threads as there are values, all at the same moment; count what came of it."""

    def run(action, values):
        values = list(values)
        together = threading.Barrier(len(values))

        def one(value):
            with app.app_context():
                try:
                    database.session.connection()
                    database.session.rollback()
                    together.wait(PATIENCE)
                    action(value)
                except AppError as refusal:
                    return type(refusal).__name__
                finally:
                    database.session.remove()
            return "done"

        with ThreadPoolExecutor(len(values)) as pool:
            return Counter(pool.map(one, values))

    return run


@pytest.fixture
def letter(app, db):
    """A letter to Ada: its code and its link's token."""
    service.add_organizer(ADA, now=NOW)
    codes.request_letter(ADA, language="en", now=NOW)
    link = db.scalars(select(SignInLink)).one()
    return rules.typed_code_of(link), rules.token_of(link)


def sessions(db):
    db.rollback()
    return db.scalar(select(func.count()).select_from(SignInSession))


def wrong_codes(code, number):
    return [f"{(int(code) + one) % 10**6:06}" for one in range(1, number + 1)]


def test_link_pressed_by_many_at_once_lets_one_in(letter, at_once, db):
    _code, token = letter

    answers = at_once(lambda _n: service.sign_in(token, user_agent="", now=NOW), range(CROWD))

    assert answers == {"done": 1, "NotFoundError": CROWD - 1}
    assert sessions(db) == 1


def test_code_typed_by_many_at_once_lets_one_in(letter, at_once, db):
    code, _token = letter

    answers = at_once(lambda _n: codes.sign_in_by_code(ADA, code, HERE, now=NOW), range(CROWD))

    assert answers == {"done": 1, "BadInputError": CROWD - 1}
    assert sessions(db) == 1


def test_code_and_link_used_at_once_let_one_in(letter, at_once, db):
    code, token = letter

    def enter(by_code):
        if by_code:
            codes.sign_in_by_code(ADA, code, HERE, now=NOW)
        else:
            service.sign_in(token, user_agent="", now=NOW)

    answers = at_once(enter, [True, False] * 4)

    assert answers["done"] == 1
    assert sessions(db) == 1


def test_guesses_of_many_at_once_are_five(letter, at_once, db):
    code, token = letter

    answers = at_once(lambda guess: codes.sign_in_by_code(ADA, guess, HERE, now=NOW), wrong_codes(code, CROWD))
    late = at_once(lambda guess: codes.sign_in_by_code(ADA, guess, HERE, now=NOW), [code])
    link = at_once(lambda token: service.sign_in(token, user_agent="", now=NOW), [token])

    assert (answers, late, link) == ({"BadInputError": CROWD}, {"BadInputError": 1}, {"done": 1})
    assert sessions(db) == 1
    assert db.scalars(select(SignInLink.wrong_codes)).all() == [rules.WRONG_CODES_MAX]


def test_guesses_race_where_nobody_counts_first(letter, at_once, db):
    """What would happen without the guard: all look, all find room for one more guess."""
    code, _token = letter
    compared, looked = [], threading.Barrier(CROWD)

    def guess(typed):
        seen = database.session.scalars(select(SignInLink.wrong_codes)).one()
        database.session.rollback()
        looked.wait(PATIENCE)
        if seen < rules.WRONG_CODES_MAX:
            compared.append(typed)
            with transaction() as session:
                session.execute(update(SignInLink).values(wrong_codes=SignInLink.wrong_codes + 1))

    at_once(guess, wrong_codes(code, CROWD))

    assert len(compared) == CROWD > rules.WRONG_CODES_MAX


def test_letters_asked_for_by_many_at_once_stay_few(app, at_once, db):
    service.add_organizer(ADA, now=NOW)

    at_once(lambda _n: codes.request_letter(ADA, language="en", now=NOW), range(CROWD))

    db.rollback()
    assert db.scalar(select(func.count()).select_from(Letter)) == rules.OPEN_LINKS_MAX
