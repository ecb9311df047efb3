"""What a search for attendees looks at, and the order of a list by name: written wherever a name is.

Chinese names are found by characters, by their pinyin in full and by its initials: 王小明 by 王小, wangxiaoming, wxm.
`anyascii` gives one reading a character; what people with that character in their name say instead stands below.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice, product
from typing import Any, Final

from anyascii import anyascii
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import aliased

from app.core.db import db, require_transaction, transaction
from app.registrations.models import Answer, Purpose, Question, Registration

TEXT_MAX: Final = 600  # of the column
SORT_MAX: Final = 200
COMPANY_KEY: Final = "company"
# Rows filled in one transaction: short enough that sign-ups do not wait for it on SQLite.
STEP: Final = 500
_NAME_MAX: Final = 100
# A Chinese character is a syllable; of other scripts, a word is.
_PART: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]|[^\s\u3400-\u9fff\U00020000-\U0003ffff]+")
_SPELLINGS_MAX: Final = 4  # of one name
WORDS_MAX: Final = 8  # of one search
# Written out, not bound: the partial index is found by its predicate alone.
_UNWRITTEN: Final = sql("registrations.search_text = '' AND registrations.erased_at IS NULL")


def _readings(text: str) -> Mapping[str, tuple[str, ...]]:
    pairs = (part.split(":") for part in text.split())
    return {character: tuple(said.split("/")) for character, said in pairs}


# As a surname, at the beginning: how it is said, the commonest first.
_SURNAMES: Final = _readings(
    "曾:zeng 单:shan 單:shan 解:xie 仇:qiu 区:ou 區:ou 查:zha 乐:yue/le 樂:yue/le 朴:piao 翟:zhai/di 盖:ge/gai "
    "覃:qin/tan 缪:miao 繆:miao 折:she 员:yun 員:yun 秘:bi 繁:po 都:du 种:chong 祭:zhai 句:gou 郇:xun/huan "
    "召:shao 郗:xi/chi 藏:zang 贠:yun 纪:ji 尉:wei/yu 谌:chen/shen 隗:wei/kui 黑:he 车:che 宓:mi/fu 令:ling "
    "冼:xian 洗:xian 薄:bo 柏:bai/bo 牟:mou/mu 那:na 长:zhang 長:zhang"
)
_DOUBLE_SURNAMES: Final[Mapping[str, tuple[str, str]]] = {
    "尉迟": ("yu", "chi"), "尉遲": ("yu", "chi"), "万俟": ("mo", "qi"), "萬俟": ("mo", "qi"), "单于": ("chan", "yu"),
    "長孫": ("zhang", "sun"), "长孙": ("zhang", "sun"), "澹台": ("tan", "tai"),
}  # fmt: skip
# Elsewhere in a name: characters that are said in two ways, and those with a ü, which keyboards have as v.
_ELSEWHERE: Final = _readings(
    "长:chang/zhang 長:chang/zhang 乐:le/yue 樂:le/yue 行:xing/hang 重:chong/zhong 朝:chao/zhao 晟:sheng/cheng "
    "茜:qian/xi 盛:sheng/cheng 曾:zeng/ceng 传:chuan/zhuan 单:dan/shan 筠:yun/jun 柏:bai/bo "
    "吕:lv/lu/lyu 呂:lv/lu/lyu 女:nv/nu 绿:lv/lu 律:lv/lu 旅:lv/lu 侣:lv/lu 率:shuai/lv 略:lve/lue 履:lv/lu"
)


def plain(text: str) -> str:
    """Return a text as it is compared: half-width, without case, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words_of(search: str) -> tuple[str, ...]:
    """Return the words of a search as they are compared, each once; at most eight."""
    return tuple(dict.fromkeys(plain(search).split()))[:WORDS_MAX]


def search_text(*, name: str, email: str, code: str, company: str = "") -> str:
    """Return what a search for this person looks at: of something that is very long, the beginning."""
    known = plain(name)[:_NAME_MAX]
    # Without its spaces too: 王 小明 is found by 王小明, and Ada Lovelace by adalovelace.
    parts = [known, known.replace(" ", ""), plain(code), plain(email)]
    for spelling in _spellings(known):
        parts += ["".join(spelling), "".join(syllable[0] for syllable in spelling)]
    return " ".join(dict.fromkeys(part for part in [*parts, plain(company)] if part))[:TEXT_MAX]


def sort_name(name: str) -> str:
    """Return what a list by name is sorted by: the pinyin syllable by syllable, then the name itself."""
    known = plain(name)[:_NAME_MAX]
    spellings = _spellings(known)
    return f"{' '.join(spellings[0])} {known}"[:SORT_MAX] if spellings else known[:SORT_MAX]


def columns(*, name: str, email: str, code: str, company: str = "") -> dict[str, str]:
    """Return the two columns of a registration that follow from the others, for its INSERT or UPDATE."""
    return {
        "search_text": search_text(name=name, email=email, code=code, company=company),
        "sort_name": sort_name(name),
    }


def company_among(questions: Iterable[Question], answers: Mapping[int, Any]) -> str:
    """Return whom somebody works for, going by their answers to these questions; "" if it was not asked or said."""
    said = (answers.get(question.id) for question in questions if tells_company(question))
    return next((value for value in said if value and isinstance(value, str)), "")


def tells_company(question: Question) -> bool:
    """Tell whether the answers to this question are what a search by company looks at.

    None that pages show masked: who may not read them could find them out by searching.
    """
    return not question.is_masked and (question.purpose is Purpose.COMPANY or question.key == COMPANY_KEY)


def renew(registration_ids: Sequence[int]) -> int:
    """Write the columns of these registrations anew from what they are now; return how many. Two statements.

    Takes part in the caller's transaction, after its other writes. Who was erased is left alone.
    """
    session = require_transaction()
    session.flush()
    of_question = aliased(Question)
    company = (
        select(Answer.value)
        .join(of_question, of_question.id == Answer.question_id)
        .where(
            Answer.registration_id == Registration.id,
            ~of_question.is_masked,
            or_(of_question.purpose == Purpose.COMPANY, of_question.key == COMPANY_KEY),
        )
        .order_by(of_question.position, of_question.id)
        .limit(1)
        .correlate(Registration)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Registration.id, Registration.name, Registration.email, Registration.code, company)
        .where(Registration.id.in_(registration_ids), Registration.erased_at.is_(None))
        .order_by(Registration.id)
    ).all()
    values = []
    for row in rows:
        said = row[4] if isinstance(row[4], str) else ""
        values.append({"id": row.id, **columns(name=row.name, email=row.email, code=row.code, company=said)})
    if values:
        session.execute(update(Registration), values)
    return len(values)


def answered(question_id: int) -> ColumnElement[bool]:
    """Return the condition on `Registration` that singles out who has answered a question."""
    return Registration.id.in_(select(Answer.registration_id).where(Answer.question_id == question_id))


def forget(which: ColumnElement[bool]) -> None:
    """Let the duty write these registrations anew: what their search text says may be gone. In the transaction."""
    require_transaction().execute(
        update(Registration).where(which, Registration.erased_at.is_(None)).values(search_text=""),
        execution_options={"synchronize_session": False},
    )


def fill(_now: datetime) -> int:
    """Write the columns of the next registrations that have none; return how many. A duty.

    Rows of before, and those whose company was deleted. Any number may run at once, and each may be killed.
    """
    unwritten = select(Registration.id).where(_UNWRITTEN).order_by(Registration.id).limit(STEP)
    is_any = db.session.scalar(unwritten.limit(1)) is not None
    db.session.commit()
    if not is_any:
        return 0
    with transaction() as session:
        return renew(session.scalars(unwritten.with_for_update(skip_locked=True)).all())


def _spellings(name: str) -> list[tuple[str, ...]]:
    """Return how a name that is not plain ASCII may be said, the likeliest first; nothing for one that is."""
    if name.isascii():
        return []
    ways: list[tuple[str, ...]] = []
    double = _DOUBLE_SURNAMES.get(name[:2])
    if double:
        ways += [(double[0],), (double[1],)]
    for position, part in enumerate(_PART.findall(name[len(ways) :]), start=len(ways)):
        known = _SURNAMES.get(part) if position == 0 else None
        readings = known or _ELSEWHERE.get(part) or (anyascii(part).casefold().replace(" ", ""),)
        ways += [readings] if readings[0] else []
    return [syllables for syllables in islice(product(*ways), _SPELLINGS_MAX) if syllables]
