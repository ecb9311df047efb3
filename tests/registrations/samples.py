"""What the tests of the sign-up form type, and what they ask."""

from sqlalchemy import select

from app.core.i18n import Texts
from app.registrations.models import Answer, QuestionKind

ADA = {"name": "Ada", "email": "ada@example.com"}
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}
ENGLISH = {"Accept-Language": "en"}


def everything(*, required: bool = False):
    """One question of each kind."""
    options = [{"value": "a", "label": {"zh": "甲", "en": "A"}}, {"value": "b", "label": {"zh": "乙"}}]
    return [
        {"key": kind.value, "kind": kind, "is_required": required, "label": Texts(zh=f"问{kind}", en=f"Ask {kind}")}
        | ({"options": options} if "choice" in kind.value else {})
        for kind in QuestionKind
    ]


def answers(db):
    db.expire_all()
    return {answer.question.key: answer.value for answer in db.scalars(select(Answer))}
