"""What a question's purpose asks of it, how an ID number is checked, and what a page shows of a masked answer. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from app.core.errors import BadInputError
from app.core.i18n import gettext as _
from app.registrations.models import Purpose, QuestionKind

_CHOICES: Final = (QuestionKind.ONE_CHOICE, QuestionKind.SEVERAL_CHOICES)
_TEXTS: Final = (QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT)
# By which kinds of question each purpose can be served.
KINDS_OF: Final[Mapping[Purpose, tuple[QuestionKind, ...]]] = {
    Purpose.COMPANY: (QuestionKind.SHORT_TEXT, QuestionKind.ONE_CHOICE),
    Purpose.CITY: (QuestionKind.SHORT_TEXT, QuestionKind.ONE_CHOICE),
    Purpose.JOB_TITLE: (QuestionKind.SHORT_TEXT, QuestionKind.ONE_CHOICE),
    Purpose.PHONE: (QuestionKind.PHONE,),
    Purpose.ID_NUMBER: (QuestionKind.SHORT_TEXT,),
    Purpose.DIET: (*_TEXTS, *_CHOICES),
    Purpose.SPONSOR_CONSENT: (QuestionKind.CHECKBOX,),
}
# What can be shown by its last characters alone.
MASKABLE: Final = (*_TEXTS, QuestionKind.PHONE)
# An ID number is of no use to anybody when the door is closed.
ID_KEPT_MAX: Final = 30  # days after the event
# What fewer people answered is not shown to those who may not see attendees: it could be one of them.
FEW: Final = 3
# Nor is a question that fewer have answered taken apart for them.
ANSWERS_MIN: Final = 5
MASK: Final = "••••"
_SHOWN: Final = 4
_MAINLAND: Final = re.compile(r"\d{17}[\dX]")
# Passports and permits of Hong Kong, Macao and Taiwan: letters and digits, none of them shorter.
_OTHER: Final = re.compile(r"[A-Z0-9]{5,20}")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


def refuse_what_does_not_fit(values: Mapping[str, Any]) -> None:
    """Raise BadInputError where a question, as a form or a row holds it, cannot serve its purpose, or must not."""
    kind, purpose = QuestionKind(values["kind"]), Purpose(values["purpose"]) if values["purpose"] else None
    if purpose is not None and kind not in KINDS_OF[purpose]:
        raise BadInputError(_("This purpose asks for another way to answer."), field="purpose")
    if values["is_masked"] and kind not in MASKABLE:
        raise BadInputError(_("Only texts and phone numbers can be masked."), field="is_masked")
    if purpose is Purpose.SPONSOR_CONSENT:
        if not values["sponsor"]:
            raise BadInputError(_("Say which sponsor: nobody can agree to something without a name."), field="sponsor")
        if values["is_required"]:
            # PIPL Art. 16, GDPR Art. 7(4): what must be given for a place is no consent.
            raise BadInputError(_("Consent must be free: this box cannot be required."), field="is_required")
    elif values["sponsor"]:
        raise BadInputError(_("Only a consent to share with a sponsor names one."), field="sponsor")
    if purpose is Purpose.ID_NUMBER:
        if not values["is_masked"]:
            raise BadInputError(_("ID numbers are always masked."), field="is_masked")
        if values["keep_days"] is None or values["keep_days"] > ID_KEPT_MAX:
            sentence = _("ID numbers are deleted %(days)d days after the event at the latest.", days=ID_KEPT_MAX)
            raise BadInputError(sentence, field="keep_days")


def id_number(text: str, *, is_mainland: bool) -> str:
    """Return the number of an identity document as it is stored. Raises ValueError with a sentence for its reader.

    A card of mainland China is checked whole (GB 11643: a day of birth, a check character); of others the shape alone.
    """
    number = "".join(text.split()).replace("-", "").upper()
    if not is_mainland:
        if not _OTHER.fullmatch(number):
            raise ValueError(_("Please give the number as it stands in the document: letters and digits."))
        return number
    if not _MAINLAND.fullmatch(number):
        raise ValueError(_("The number of an ID card has 18 characters: 17 digits, then a digit or X."))
    if not is_mainland_id(number):
        raise ValueError(_("This is not the number of an ID card. Please compare it digit by digit."))
    return number


def is_mainland_id(number: str) -> bool:
    """Tell whether this is the number of a mainland Chinese ID card: day of birth and check character agree."""
    if not _MAINLAND.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == number[17]


def masked(value: object) -> str:
    """Return what a page shows of an answer that is masked: its last characters, of a short one none."""
    text = str(value)
    return MASK + (text[-_SHOWN:] if len(text) >= 2 * _SHOWN else "")
