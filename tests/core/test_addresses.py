"""Addresses are cleaned once, and the same person is known again."""

import pytest

from app.core.addresses import Address, normalise


@pytest.mark.parametrize(
    ("typed", "email", "key"),
    [
        ("ada@example.org", "ada@example.org", "ada@example.org"),
        ("  Ada.Lovelace+News@EXAMPLE.org\n", "Ada.Lovelace+News@example.org", "ada.lovelace+news@example.org"),
        ("ada＠ｅxample。org", "ada@example.org", "ada@example.org"),
        ("ada@例子.中国", "ada@xn--fsqu00a.xn--fiqs8s", "ada@xn--fsqu00a.xn--fiqs8s"),
        ("ada@BÜCHER.example.org", "ada@xn--bcher-kva.example.org", "ada@xn--bcher-kva.example.org"),
        ("\ufeffada@exam\u200bple.org\u202c", "ada@example.org", "ada@example.org"),
        ("12345678@qq.com", "12345678@qq.com", "12345678@qq.com"),
    ],
)
def test_address_is_cleaned(typed, email, key):
    assert normalise(typed) == Address(email=email, key=key)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "ada@localhost",
        "ada lovelace@example.org",
        "ada@example.org, bob@example.org",
        "Ada <ada@example.org>",
        "ada@example.org\r\nBcc: bob@example.org",
        "ada\x00@example.org",
        "ada..l@example.org",
        '"ada l"@example.org',
        "ada@[127.0.0.1]",
        "张三@example.org",
        "a" * 65 + "@example.org",
        "a@" + ".".join(["b" * 62] * 4) + ".org",
    ],
)
def test_address_that_cannot_be_delivered_is_refused(typed):
    with pytest.raises(ValueError, match=r"."):
        normalise(typed)


def test_address_of_this_network_is_taken_only_where_allowed():
    assert normalise("meetup@mail.local", allow_local=True).domain == "mail.local"
    assert normalise("meetup@localhost", allow_local=True).domain == "localhost"
    with pytest.raises(ValueError, match="special-use"):
        normalise("meetup@mail.local")


def test_one_person_has_one_key_however_typed():
    keys = {normalise(typed).key for typed in ("Ada@Example.org", "ADA@EXAMPLE.ORG ", "ａｄａ@example。org")}

    assert keys == {"ada@example.org"}


@pytest.mark.parametrize("typed", ["", "ada", "ada@", "ada@example..org", "ada@example.org.", "a b@localhost"])
def test_what_is_no_address_is_none_on_this_network_either(typed):
    with pytest.raises(ValueError, match=r"."):
        normalise(typed, allow_local=True)


def test_public_address_is_the_same_where_local_ones_are_taken():
    assert normalise("Ada@例子.中国", allow_local=True) == normalise("Ada@例子.中国")
