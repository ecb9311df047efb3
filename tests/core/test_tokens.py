"""Tokens cannot be guessed, confused with one another, or used after their key was taken away."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import tokens

# Nothing here asks the database.
any_database = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

OLD, NEW = "the key of last year, long enough", "the key of this year, long enough"


@any_database
def test_mac_is_short_enough_for_an_address_and_says_the_same_again(app):
    made = tokens.mac("registration", 7, "ada@example.org")

    assert len(made) == 22
    assert set(made) <= set(string.ascii_letters + string.digits + "-_")
    assert made == tokens.mac("registration", 7, "ada@example.org")


@any_database
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b"), ("ab",)),
        (("a", "b"), ("a", "b", "")),
        (("a", "bc"), ("ab", "c")),
        (("a\x1fb",), ("a", "b")),
        (("1:a", "b"), ("1", "a", "b")),
        (("a:1:b",), ("a", "b")),
        (("a", 1), ("a", 11)),
    ],
)
def test_macs_of_different_parts_differ(app, one, other):
    assert tokens.mac(*one) != tokens.mac(*other)


parts = st.lists(st.text(alphabet="a1:\x1f ", max_size=4), min_size=1, max_size=3)


@given(one=parts, other=parts)
def test_macs_are_equal_only_for_equal_parts(one, other):
    assert (tokens.mac(*one, key=NEW) == tokens.mac(*other, key=NEW)) == (one == other)


@any_database
def test_mac_matches_only_itself(app):
    made = tokens.mac("registration", 7)

    assert tokens.mac_matches(made, "registration", 7)
    assert not tokens.mac_matches(made, "registration", 8)
    assert not tokens.mac_matches(made, "feed", 7)


@any_database
@pytest.mark.parametrize("given_text", ["", "x", "x" * 10_000, "报名", "\udcff", "\x00"])
def test_mac_that_is_nonsense_is_refused_calmly(app, given_text):
    assert not tokens.mac_matches(given_text, "registration", 7)


@any_database
def test_mac_of_a_retired_key_holds_until_the_key_is_taken_away(make_app):
    with make_app(SECRET_KEY=OLD).app_context():
        made = tokens.mac("registration", 7)

    with make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=OLD.replace(" ", "") + " " + NEW.replace(" ", "")).app_context():
        unrelated = tokens.mac_matches(made, "registration", 7)
    with make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]).app_context():
        retired = tokens.mac_matches(made, "registration", 7)
        new_ones = tokens.mac("registration", 7)
    with make_app(SECRET_KEY=NEW).app_context():
        taken_away = tokens.mac_matches(made, "registration", 7)

    assert (unrelated, retired, taken_away) == (False, True, False)
    assert new_ones != made


def test_code_is_read_aloud_without_doubt():
    codes = {tokens.new_code() for _ in range(1000)}

    assert len(codes) == 1000
    assert {len(code) for code in codes} == {10}
    assert not set("".join(codes)) & set("01OILUoilu")


def test_secret_is_stored_as_what_it_cannot_be_made_from():
    secret = tokens.new_secret()

    assert len(secret) == 43
    assert len(tokens.hashed(secret)) == 64
    assert secret not in tokens.hashed(secret)
    assert tokens.hashed(secret) == tokens.hashed(secret) != tokens.hashed(tokens.new_secret())


@any_database
def test_digits_are_six_and_as_good_as_thrown(app):
    made = [tokens.digits("trial", number) for number in range(2000)]

    assert {len(digits) for digits in made} == {6}
    assert "".join(made).isdigit()
    assert made[0] == tokens.digits("trial", 0)
    assert made[0] != tokens.digits("other", 0)
    # Of a million, two thousand meet themselves now and then, and each first digit comes up.
    assert len(set(made)) > 1980
    assert {digits[0] for digits in made} == set(string.digits)
