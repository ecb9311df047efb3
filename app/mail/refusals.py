"""What a mail server means by refusing a letter: the code (RFC 5321 4.2), the enhanced code (RFC 3463), the step."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from app.mail.models import Failure

Step = Literal["MAIL", "RCPT", "DATA"]

CLOSING: Final = 421
_FULL: Final = 552
_ENHANCED: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
# RFC 3463 3.2 and 3.3, RFC 7505: nobody there, not there any more, no such domain, takes no mail at all.
_NOBODY: Final = frozenset({(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
_MAILBOX_FULL: Final = (2, 2)
_POLICY_SUBJECT: Final = 7


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that was no yes: its code, its words, and the step it answered."""

    code: int
    words: str
    step: Step

    @property
    def detail(self) -> tuple[int, int] | None:
        """Subject and detail of the enhanced code, such as (1, 1) for 5.1.1; None where there is none."""
        found = _ENHANCED.match(self.words)
        return (int(found[2]), int(found[3])) if found else None

    @property
    def asks_for_patience(self) -> bool:
        """Tell whether the recipient's domain wants fewer letters for now: 421 once it was known whom it is for."""
        return self.code == CLOSING and self.step != "MAIL"


def failure_of(refusal: Refusal) -> Failure:
    """Return why a letter was refused for good."""
    detail = refusal.detail
    if detail is not None and detail[0] == _POLICY_SUBJECT:
        return Failure.POLICY
    if detail == _MAILBOX_FULL or (detail is None and refusal.code == _FULL):
        return Failure.FULL
    if refusal.step == "RCPT" and detail in _NOBODY:
        return Failure.ADDRESS
    return Failure.CONTENT if refusal.step == "DATA" else Failure.REFUSED
