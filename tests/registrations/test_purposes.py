"""What a question is for, how ID numbers are checked, what a page shows of a masked answer."""

import pytest

from app.core.errors import BadInputError
from app.core.i18n import speaking
from app.registrations import purposes
from app.registrations.models import Purpose, QuestionKind

# Made up, with the right check character (GB 11643).
ID_CARD = "11010519491231002X"

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def english(app):
    with speaking("en"):
        yield


@pytest.mark.parametrize("typed", [ID_CARD, "11010519491231002x", " 110105 19491231 002X ", "440308-19990103-0013"])
def test_the_number_of_an_id_card_is_taken_however_it_is_spaced(typed):
    assert purposes.id_number(typed, is_mainland=True) == "".join(typed.split()).replace("-", "").upper()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("110105194912310021", "compare it digit by digit"),  # the check character
        ("110105194913310029", "compare it digit by digit"),  # the thirteenth month
        ("1101051949123100", "18 characters"),
        ("1.10105E+17", "18 characters"),
        ("E12345678", "18 characters"),
    ],
)
def test_a_number_that_is_none_is_refused_with_the_reason(typed, said):
    with pytest.raises(ValueError, match=said):
        purposes.id_number(typed, is_mainland=True)


@pytest.mark.parametrize(("typed", "kept"), [("e1234 5678", "E12345678"), ("H0123456701", "H0123456701")])
def test_passports_are_taken_by_their_shape(typed, kept):
    assert purposes.id_number(typed, is_mainland=False) == kept


@pytest.mark.parametrize("typed", ["ABC", "=1+1", "12345678901234567890123", "护照123456"])
def test_what_is_no_document_is_refused(typed):
    with pytest.raises(ValueError, match="letters and digits"):
        purposes.id_number(typed, is_mainland=False)


@pytest.mark.parametrize(
    ("answer", "shown"), [(ID_CARD, "••••002X"), ("+8613800138000", "••••8000"), ("1234567", "••••"), ("", "••••")]
)
def test_a_masked_answer_shows_its_last_characters_and_a_short_one_none(answer, shown):
    assert purposes.masked(answer) == shown


def values(**other):
    usual = {"kind": QuestionKind.SHORT_TEXT, "purpose": "", "sponsor": "", "is_masked": False, "is_required": False}
    return usual | {"keep_days": None} | other


CONSENT = {"kind": QuestionKind.CHECKBOX, "purpose": Purpose.SPONSOR_CONSENT}
ID_NUMBER = {"purpose": Purpose.ID_NUMBER, "is_masked": True, "keep_days": 7}


@pytest.mark.parametrize(
    "fitting", [{}, CONSENT | {"sponsor": "Acme"}, ID_NUMBER, {"kind": QuestionKind.PHONE, "purpose": Purpose.PHONE}]
)
def test_a_question_that_serves_its_purpose_is_taken(fitting):
    purposes.refuse_what_does_not_fit(values(**fitting))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"purpose": Purpose.PHONE}, "purpose"),
        ({"kind": QuestionKind.NUMBER, "is_masked": True}, "is_masked"),
        (CONSENT, "sponsor"),
        (CONSENT | {"sponsor": "Acme", "is_required": True}, "is_required"),
        ({"sponsor": "Acme"}, "sponsor"),
        (ID_NUMBER | {"is_masked": False}, "is_masked"),
        (ID_NUMBER | {"keep_days": None}, "keep_days"),
        (ID_NUMBER | {"keep_days": 31}, "keep_days"),
    ],
)
def test_a_question_that_cannot_serve_its_purpose_is_refused(wrong, field):
    with pytest.raises(BadInputError) as refused:
        purposes.refuse_what_does_not_fit(values(**wrong))

    assert refused.value.field == field
