"""The six digits from a letter: one of a million, five guesses, ten minutes, once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import codes, mails, queries, rules, service
from app.accounts.models import SignInLink, SignInSession
from app.accounts.sessions import Browser
from app.core.addresses import normalise
from app.core.clock import utc_now
from app.core.errors import BadInputError, NotFoundError
from app.core.i18n import speaking
from app.history.models import Entry
from app.history.service import Actor
from app.mail.models import Letter

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ADA, BOB = normalise("ada@example.com"), normalise("bob@example.com")
HERE = Browser("Firefox/1 Linux")


@pytest.fixture
def ada(app):
    service.add_organizer(ADA, name="Ada", now=NOW)
    return ADA


def newest(db):
    return db.scalars(select(SignInLink).order_by(SignInLink.id.desc()).limit(1)).one()


def ask(db, address=ADA, *, now=NOW):
    """Ask for a letter; return its digits and its link's token."""
    codes.request_letter(address, language="en", now=now)
    link = newest(db)
    return rules.typed_code_of(link), rules.token_of(link)


def other_than(code):
    """Return five wrong codes."""
    return [f"{(int(code) + number) % 10**6:06}" for number in range(1, 6)]


def sessions(db):
    return db.scalar(select(func.count()).select_from(SignInSession))


def test_code_signs_in_and_is_written_down(ada, db):
    code, _token = ask(db)

    secret = codes.sign_in_by_code(ADA, code, HERE, now=NOW + timedelta(minutes=9, seconds=59))

    session = queries.live_session(secret, now=NOW + timedelta(minutes=10))
    (entry,) = db.scalars(select(Entry))
    assert (len(code), code.isdigit()) == (6, True)
    assert (session.organizer.name, session.user_agent) == ("Ada", "Firefox/1 Linux")
    assert (entry.action, entry.organizer_id, entry.session_id, entry.subject, entry.changes) == (
        "signed_in",
        session.organizer_id,
        session.id,
        "Ada",
        {"way": [None, "code"]},
    )


def test_code_is_not_stored(ada, db):
    code, _token = ask(db)

    row = newest(db)
    stored = [str(getattr(row, column.key)) for column in SignInLink.__table__.columns]
    assert [value for value in stored if code in value or "ada" in value.lower()] == []


@pytest.mark.parametrize("how", ["wrong", "used", "link used", "yesterday's", "too old", "guessed at", "stranger's"])
def test_code_that_does_not_hold_is_refused_with_the_same_words(ada, db, how):
    code, token = ask(db)
    typed, address, later = code, ADA, NOW
    if how == "wrong":
        typed = other_than(code)[0]
    elif how == "used":
        codes.sign_in_by_code(ADA, code, HERE, now=NOW)
    elif how == "link used":
        service.sign_in(token, user_agent="", now=NOW)
    elif how == "yesterday's":
        later = NOW + timedelta(days=1)
        ask(db, now=later)
    elif how == "too old":
        later = NOW + timedelta(minutes=10)
    elif how == "guessed at":
        for wrong in other_than(code):
            with pytest.raises(BadInputError):
                codes.sign_in_by_code(ADA, wrong, HERE, now=NOW)
    else:
        typed, _ = ask(db, BOB)
        address = BOB
    before = sessions(db)

    with speaking("en"), pytest.raises(BadInputError) as refusal:
        codes.sign_in_by_code(address, typed, HERE, now=later)

    assert refusal.value.message.startswith("This code is wrong, has been used, or is too old.")
    assert refusal.value.field == "code"
    assert sessions(db) == before


def test_link_is_refused_once_its_code_was_used(ada, db):
    code, token = ask(db)
    codes.sign_in_by_code(ADA, code, HERE, now=NOW)

    with pytest.raises(NotFoundError):
        service.sign_in(token, user_agent="", now=NOW)

    assert sessions(db) == 1


def test_hundred_guesses_void_the_code_after_five_and_never_the_link(ada, db):
    code, token = ask(db)
    wrong = [f"{number:06}" for number in range(101) if f"{number:06}" != code][:100]

    for guess in wrong:
        with pytest.raises(BadInputError):
            codes.sign_in_by_code(ADA, guess, HERE, now=NOW)
    with pytest.raises(BadInputError):
        codes.sign_in_by_code(ADA, code, HERE, now=NOW)
    by_guessing = sessions(db)
    service.sign_in(token, user_agent="", now=NOW)

    assert newest(db).wrong_codes == 5
    assert (by_guessing, sessions(db)) == (0, 1)


def test_four_wrong_codes_are_forgiven(ada, db):
    code, _token = ask(db)
    for wrong in other_than(code)[:4]:
        with pytest.raises(BadInputError):
            codes.sign_in_by_code(ADA, wrong, HERE, now=NOW)

    assert queries.live_session(codes.sign_in_by_code(ADA, code, HERE, now=NOW), now=NOW) is not None


def test_code_of_any_open_letter_is_taken(ada, db):
    first, _ = ask(db)
    second, _ = ask(db, now=NOW + timedelta(minutes=1))

    codes.sign_in_by_code(ADA, first, HERE, now=NOW + timedelta(minutes=2))
    codes.sign_in_by_code(ADA, second, HERE, now=NOW + timedelta(minutes=2))

    assert sessions(db) == 2


def test_guesses_at_one_address_do_not_touch_another_s_letters(ada, db):
    service.add_organizer(BOB, now=NOW)
    code, _token = ask(db)

    for wrong in other_than(code):
        with pytest.raises(BadInputError):
            codes.sign_in_by_code(BOB, wrong, HERE, now=NOW)

    assert newest(db).wrong_codes == 0


def guess_at(code, *, now=NOW):
    for wrong in other_than(code):
        with pytest.raises(BadInputError):
            codes.sign_in_by_code(ADA, wrong, HERE, now=now)


def test_letters_that_were_guessed_at_hold_back_no_other_but_its_code(ada, db):
    for _ in range(3):
        code, _token = ask(db)
        guess_at(code)
    at_once = db.scalar(select(func.count()).select_from(Letter))
    codes.request_letter(ADA, language="en", now=NOW)
    too_many = db.scalar(select(func.count()).select_from(Letter))
    within_the_hour, later = NOW + timedelta(minutes=59), NOW + timedelta(minutes=61)
    code, token = ask(db, now=within_the_hour)
    with pytest.raises(BadInputError):
        codes.sign_in_by_code(ADA, code, HERE, now=within_the_hour)
    service.sign_in(token, user_agent="", now=within_the_hour)
    code, _token = ask(db, now=later)
    codes.sign_in_by_code(ADA, code, HERE, now=later)

    assert (at_once, too_many) == (3, 3)
    assert db.scalar(select(func.count()).select_from(Letter)) == 5
    assert sessions(db) == 2


def test_fifteen_guesses_an_hour_are_taken_whatever_number_of_letters_is_asked_for(ada, db):
    for minute in range(60):
        now = NOW + timedelta(minutes=minute)
        codes.request_letter(ADA, language="en", now=now)
        guess_at(rules.typed_code_of(newest(db)), now=now)

    counted = db.scalars(select(SignInLink.wrong_codes).order_by(SignInLink.id)).all()
    assert counted[:3] == [5, 5, 5]
    assert set(counted[3:]) == {rules.NO_CODE}
    assert len(counted) == 3 * 6


def test_letter_used_by_its_link_still_counts_as_guessed_at(ada, db):
    for _ in range(3):
        code, token = ask(db)
        guess_at(code)
        service.sign_in(token, user_agent="", now=NOW)

    ask(db)

    assert newest(db).wrong_codes == rules.NO_CODE


@pytest.mark.parametrize("language", ["en", "zh"])
def test_letter_without_a_code_has_the_link_alone(ada, db, language):
    now = utc_now()
    code, token = ask(db, now=now)
    (letter,) = db.scalars(select(Letter))
    with speaking(language):
        whole = mails.sign_in(letter)
        guess_at(code, now=now)
        db.expire_all()
        bare = mails.sign_in(letter)

    spaced = f"{code[:3]} {code[3:]}"
    why = {"en": "There is no code in this e-mail", "zh": "这封邮件里没有验证码"}[language]
    assert [(spaced in each, token in each, why in each) for each in (whole.text, whole.html)] == [
        (True, True, False)
    ] * 2
    assert [(spaced in each, token in each, why in each) for each in (bare.text, bare.html)] == [
        (False, True, True)
    ] * 2


def test_proofs_guessed_at_hold_back_others_for_an_hour(ada, db):
    _secret, me = proving(db, ada)
    for _ in range(3):
        codes.request_proof(me, language="en", now=NOW)
        for wrong in other_than(rules.typed_code_of(newest(db))):
            with pytest.raises(BadInputError):
                codes.prove_by_code(me, wrong, now=NOW)
    codes.request_proof(me, language="en", now=NOW + timedelta(minutes=59))
    within_the_hour = db.scalar(select(func.count()).select_from(Letter))
    codes.request_proof(me, language="en", now=NOW + timedelta(minutes=61))

    assert within_the_hour == 3
    assert db.scalar(select(func.count()).select_from(Letter)) == 4


def test_link_of_a_command_has_no_code_and_is_not_harmed_by_guesses(ada, db):
    token = service.link_for_command(ADA, now=NOW)
    code = rules.typed_code_of(newest(db))

    for guess in [code, *other_than(code)]:
        with pytest.raises(BadInputError):
            codes.sign_in_by_code(ADA, guess, HERE, now=NOW)

    assert queries.live_session(service.sign_in(token, user_agent="", now=NOW), now=NOW) is not None


def proving(db, ada):
    """Return somebody who signed in an hour ago."""
    an_hour_ago = NOW - timedelta(hours=1)
    secret = service.sign_in(service.link_for_command(ada, now=an_hour_ago), user_agent="", now=an_hour_ago)
    session = queries.live_session(secret, now=NOW)
    return secret, Actor(organizer_id=session.organizer_id, session_id=session.id)


def test_proof_is_given_by_the_code_from_its_own_letter(ada, db):
    secret, me = proving(db, ada)
    sign_in_code, _ = ask(db)
    codes.request_proof(me, language="en", now=NOW)
    proof = newest(db)

    with pytest.raises(BadInputError):
        codes.prove_by_code(me, sign_in_code, now=NOW)
    before = rules.is_proved(queries.live_session(secret, now=NOW), now=NOW)
    codes.prove_by_code(me, rules.typed_code_of(proof), now=NOW)
    db.expire_all()
    session = queries.live_session(secret, now=NOW)

    half_an_hour = timedelta(minutes=30)
    assert (before, rules.is_proved(session, now=NOW)) == (False, True)
    assert rules.is_proved(session, now=NOW + half_an_hour - timedelta(seconds=1))
    assert not rules.is_proved(session, now=NOW + half_an_hour)


@pytest.mark.parametrize("how", ["used", "too old", "guessed at", "of another browser"])
def test_proof_that_does_not_hold_is_refused(ada, db, how):
    _secret, me = proving(db, ada)
    codes.request_proof(me, language="en", now=NOW)
    code, later = rules.typed_code_of(newest(db)), NOW
    if how == "used":
        codes.prove_by_code(me, code, now=NOW)
    elif how == "too old":
        later = NOW + timedelta(minutes=10)
    elif how == "guessed at":
        for wrong in other_than(code):
            with pytest.raises(BadInputError):
                codes.prove_by_code(me, wrong, now=NOW)
    else:
        _secret, me = proving(db, ada)

    with pytest.raises(BadInputError):
        codes.prove_by_code(me, code, now=later)


def test_code_of_a_proof_signs_nobody_in(ada, db):
    _secret, me = proving(db, ada)
    codes.request_proof(me, language="en", now=NOW)
    proof = newest(db)
    before = sessions(db)

    with pytest.raises(BadInputError):
        codes.sign_in_by_code(ADA, rules.typed_code_of(proof), HERE, now=NOW)
    with pytest.raises(NotFoundError):
        service.sign_in(rules.token_of(proof), user_agent="", now=NOW)

    assert sessions(db) == before


def test_unknown_address_costs_the_same_statements(ada, db, count_statements):
    seen = {}
    for name, address in (("known", ADA), ("unknown", BOB)):
        db.expire_all()
        with count_statements() as statements:
            codes.request_letter(address, language="en", now=NOW)
        seen[name] = [line.split(maxsplit=3)[:3] for line in statements]
        with count_statements() as statements, pytest.raises(BadInputError):
            codes.sign_in_by_code(address, "000000", HERE, now=NOW)
        seen[f"{name} guessed"] = [line.split(maxsplit=3)[:3] for line in statements]

    # All but the letter itself: the same reads, the same writes, one commit.
    assert [line for line in seen["known"] if line[2] != "letters"] == seen["unknown"]
    assert len(seen["known"]) == len(seen["unknown"]) + 1
    assert seen["known guessed"] == seen["unknown guessed"]
