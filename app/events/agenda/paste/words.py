"""What the words of a row say: which kind of item it is, who speaks, of which company."""

import re
from typing import Final, NamedTuple

from app.events.models import SessionKind

SPEAKERS_MAX: Final = 12


class Named(NamedTuple):
    """Somebody as they stand in the text."""

    name: str
    company: str = ""


# The first that fits counts. Those of the second list are words of talks too, so they count where nobody speaks.
_KINDS: Final = (
    (SessionKind.LIGHTNING, r"闪电演讲|闪电分享|lightning"),
    (SessionKind.PANEL, r"圆桌|对谈|座谈|panel|round\s?table|fireside"),
    (SessionKind.WORKSHOP, r"workshop|工作坊|动手|实操|实战演练|hands[- ]?on"),
    (SessionKind.CHECK_IN, r"签到|报到|check[- ]?in|^registration"),
)
_PAUSES: Final = (
    (SessionKind.BREAK, r"茶歇|休息|午餐|午饭|午休|晚餐|用餐|就餐|\bbreak\b|\blunch\b|\bdinner\b|\bcoffee\b|\btea\b"),
    (SessionKind.OPENING, r"开场|开幕|致辞|致词|欢迎|\bopening\b|\bwelcome\b|闭幕|结束语|\bclosing\b"),
    (SessionKind.NETWORKING, r"自由交流|交流|合影|抽奖|社交|networking|group photo|mingle|lucky draw|social"),
    (SessionKind.VIDEO, r"视频|\bvideo\b"),
)
_HAN_NAME: Final = r"[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{1,6}[·•・][\u3400-\u9fff]{1,8}"
_LATIN_NAME: Final = r"[A-Z][\w'’.-]*(?:\s+(?:[a-z]{2,3}\s+)?[A-Z][\w'’.-]*){0,3}"
_NAME: Final = re.compile(rf"(?:{_HAN_NAME}|{_LATIN_NAME})(?:\s*/\s*(?:{_HAN_NAME}|{_LATIN_NAME}))?")
_LABEL: Final = re.compile(
    r"^(?:讲师|主讲人?|演讲人|演讲嘉宾|分享人|分享嘉宾|嘉宾|主持人?|speakers?|presenters?|hosts?|by)(?:\s*[:：]\s*|\s+)",
    re.IGNORECASE,
)
_COMPANY: Final = re.compile(
    r"(?:公司|科技|集团|银行|大学|学院|研究院|研究所|实验室|中心|社区|软件|网络|证券|保险|云|工程师|架构师|经理|总监"
    r"|负责人"
    r"|Inc\.?|Ltd\.?|LLC|Corp\.?|Labs?|University|Cloud|Bank|Group|Technolog\w+|Community|CTO|CEO)$",
    re.IGNORECASE,
)
_IN_BRACKETS: Final = re.compile(r"\s*[(（\[【<《]\s*([^()（）\[\]【】<>《》]*)\s*[)）\]】>》]\s*")
# Outside of brackets alone.
_BETWEEN: Final = re.compile(r"\s*(?:[、,，;；&＆\n]|\s(?:and|和|与)\s)\s*(?![^(（]*[)）])", re.IGNORECASE)
_BEFORE_WHO: Final = re.compile(r"\s*(?:——|—|–|\s-{1,2}\s|\s?[|｜]\s?|\sby\s|\s{3,}|\t)\s*", re.IGNORECASE)
_AT: Final = re.compile(r"\s[@＠]\s?")
_AFFILIATION: Final = re.compile(r"\s+[@＠]\s*|\s*[@＠]\s+|\s+[-–—|｜]\s+|\s*——\s*")


def kind_of(title: str, *, has_speakers: bool) -> SessionKind:
    """Return which kind of item a title speaks of; a talk where nothing says otherwise."""
    for kind, pattern in _KINDS if has_speakers else (*_KINDS, *_PAUSES):
        if re.search(pattern, title, re.IGNORECASE):
            return kind
    return SessionKind.TALK


def speakers_in(text: str) -> tuple[Named, ...]:
    """Return everybody a cell names, with what stands in brackets, or behind the name, as their company."""
    found: list[Named] = []
    for part in _BETWEEN.split(_LABEL.sub("", text.strip())):
        words = part.strip(" .。:：")
        if not words or words in {"-", "--", "—", "/", "无", "待定", "TBD", "TBA", "tbd"}:
            continue
        if found and not found[-1].company and _COMPANY.search(words) and not _IN_BRACKETS.search(words):
            found[-1] = found[-1]._replace(company=words)
        else:
            found.append(_named(words))
    return tuple(found[:SPEAKERS_MAX])


def labelled_speakers(text: str) -> tuple[Named, ...]:
    """Return the speakers of a line that says nothing else, such as `讲师：张三`; none for any other line."""
    label = _LABEL.match(text.strip())
    return speakers_in(text) if label and _are_names(text.strip()[label.end() :]) else ()


def _named(words: str) -> Named:
    bracket = _IN_BRACKETS.search(words)
    if bracket and bracket.start():
        return Named(words[: bracket.start()].strip(), bracket[1].strip())
    name, *rest = _AFFILIATION.split(words, maxsplit=1)
    if rest:
        return Named(name.strip(), rest[0].strip())
    first, _space, last = words.partition(" ")
    han = re.compile(_HAN_NAME)
    if last and han.fullmatch(last.split()[-1]) and (_COMPANY.search(first) or not han.fullmatch(first)):
        before = words.rsplit(None, 1)[0]
        if re.search(r"[\u3400-\u9fff]", before) or _COMPANY.search(before):
            return Named(last.split()[-1], before)  # 青云科技 张三
    if last and han.fullmatch(first) and not _NAME.fullmatch(words):
        return Named(first, last.strip())  # 张三 青云科技 架构师
    return Named(words)


def split_title(text: str) -> tuple[str, tuple[Named, ...]]:
    """Return title and speakers of a cell that holds both, as `标题 — 张三 (公司)`; no speakers of any other cell."""
    for match in [*reversed(list(_BEFORE_WHO.finditer(text))), *_AT.finditer(text)]:
        title, who = text[: match.start()].strip(), text[match.end() :].strip()
        if title and who and _are_names(who):
            return title, speakers_in(who)
    label = re.search(
        r"[\s,，;；(（]*(?:讲师|主讲人?|演讲人|演讲嘉宾|分享人|分享嘉宾|嘉宾|speakers?)\s*[:：]\s*", text, re.IGNORECASE
    )
    if label and label.start():
        return text[: label.start()].strip(), speakers_in(text[label.end() :].rstrip(")）"))
    return text.strip(), ()


def _are_names(text: str) -> bool:
    if _LABEL.match(text):
        return True
    people = speakers_in(text)
    return bool(people) and all(_NAME.fullmatch(person.name) for person in people)
