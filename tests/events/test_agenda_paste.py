"""Agendas as people paste them: spreadsheets, Markdown, chats; messy ones."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.agenda.paste.clocks import EndsFirstError, NoSuchClockError, find_duration, find_span
from app.events.agenda.paste.rows import Bad, Trouble, read
from app.events.agenda.paste.words import split_title
from app.events.models import SessionKind

DAY = date(2019, 12, 14)
K = SessionKind


def clock(minutes):
    return None if minutes is None else f"{minutes // 60}:{minutes % 60:02}"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("13:30-14:00", "13:30", "14:00"),
        ("13：30－14：00", "13:30", "14:00"),
        ("13:30–14:00", "13:30", "14:00"),
        ("13:30 —— 14:00", "13:30", "14:00"),
        ("13:30 ~ 14:00", "13:30", "14:00"),
        ("１３：３０～１４：００", "13:30", "14:00"),
        ("13:30 至 14:00", "13:30", "14:00"),
        ("13:30到14:00", "13:30", "14:00"),
        ("13:30 to 14:00", "13:30", "14:00"),
        ("13:30:00 - 14:00:00", "13:30", "14:00"),
        ("13.30-14.00", "13:30", "14:00"),
        ("1330-1400", "13:30", "14:00"),
        ("9:05", "9:05", None),
        ("1:30 PM – 2:15 PM", "13:30", "14:15"),
        ("1:30-2:15 pm", "13:30", "14:15"),
        ("11:30-1:15 pm", "11:30", "13:15"),
        ("9am-10am", "9:00", "10:00"),
        ("9:00 a.m. - 9:30 a.m.", "9:00", "9:30"),
        ("12:15 AM - 1:00 AM", "0:15", "1:00"),
        ("12:00 PM-1:00 PM", "12:00", "13:00"),
        ("下午1:30-2:00", "13:30", "14:00"),
        ("下午 1 点 30 分 - 下午 2 点", "13:30", "14:00"),
        ("下午1点半到2点", "13:30", "14:00"),
        ("上午9点-10点半", "9:00", "10:30"),
        ("中午12:00-13:00", "12:00", "13:00"),
        ("11:30-1:00", "11:30", "13:00"),
        ("23:30-24:00", "23:30", "24:00"),
        ("23:30-00:30", "23:30", "24:30"),
        ("24:00", "24:00", None),
        ("K8s 1.20", None, None),
        ("3 - 5", None, None),
        ("100%", None, None),
        ("2019", None, None),
        ("", None, None),
    ],
)
def test_spans_of_time_are_read(text, start, end):
    span = find_span(text)

    assert (clock(span.start), clock(span.end)) == (start, end) if span else start is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("14:00-13:30", EndsFirstError),
        ("14:00-14:00", EndsFirstError),
        ("13:00-12:00", EndsFirstError),
        ("25:00-26:00", NoSuchClockError),
        ("13:75", NoSuchClockError),
        ("24:30", NoSuchClockError),
    ],
)
def test_spans_that_cannot_be_are_refused(text, error):
    with pytest.raises(error):
        find_span(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("30min", 30), ("45 minutes", 45), ("30分钟", 30), ("40 分", 40), ("20'", 20), ("1h", 60), ("1.5小时", 90),
        ("1小时30分钟", 90), ("2 hours", 120), ("90 mins", 90), ("0 min", None), ("9999 min", None),
        ("K8s", None),
    ],
)  # fmt: skip
def test_durations_are_read(text, minutes):
    found = find_duration(text)

    assert (found[0] if found else None) == minutes


@pytest.mark.parametrize(
    ("text", "title", "speakers"),
    [
        ("标题 — 张三 (公司)", "标题", [("张三", "公司")]),
        ("标题——张三（青云科技）、李四", "标题", [("张三", "青云科技"), ("李四", "")]),
        ("Title - John Doe, Jane Roe", "Title", [("John Doe", ""), ("Jane Roe", "")]),
        ("Title | Ada Lovelace (Babbage & Co)", "Title", [("Ada Lovelace", "Babbage & Co")]),
        ("Title by Grace Hopper", "Title", [("Grace Hopper", "")]),
        ("标题 讲师：张三，京东科技", "标题", [("张三", "京东科技")]),
        ("标题 – 青云科技 张三", "标题", [("张三", "青云科技")]),
        ("标题 - 张三 @ 字节跳动", "标题", [("张三", "字节跳动")]),
        ("Kubernetes - the hard way", "Kubernetes - the hard way", []),
        ("CI/CD 进阶之路 — 从入门到放弃的完整实践", "CI/CD 进阶之路 — 从入门到放弃的完整实践", []),
        ("开场", "开场", []),
    ],
)
def test_titles_with_speakers_are_taken_apart(text, title, speakers):
    found, people = split_title(text)

    assert (found, [tuple(person) for person in people]) == (title, speakers)


def rows(text):
    return [
        (row.line, clock(row.start), row.minutes, row.title, [person.name for person in row.speakers], row.kind)
        for row in read(text, first_day=DAY).rows
    ]


def test_lines_of_a_chat_are_read():
    text = """\
13：00-13：30 签到
13:30-14:10 KubeSphere 的可观测性 — 霍秉杰 (青云科技)

2. 14:10–14:25　茶歇
* 14:25 Serverless on Kubernetes - Ada Lovelace, 李四
15:00-15:30 圆桌：云原生的未来
(15:30-15:40) 闪电演讲
合影留念 10分钟
"""

    assert rows(text) == [
        (1, "13:00", 30, "签到", [], K.CHECK_IN),
        (2, "13:30", 40, "KubeSphere 的可观测性", ["霍秉杰"], K.TALK),
        (4, "14:10", 15, "茶歇", [], K.BREAK),
        (5, "14:25", 35, "Serverless on Kubernetes", ["Ada Lovelace", "李四"], K.TALK),
        (6, "15:00", 30, "圆桌：云原生的未来", [], K.PANEL),
        (7, "15:30", 10, "闪电演讲", [], K.LIGHTNING),
        (8, None, 10, "合影留念", [], K.NETWORKING),
    ]


def test_cells_of_a_spreadsheet_are_read_by_their_headings():
    text = (
        "序号\t时间\t分享主题\t讲师\t公司\t备注\n"
        "1\t13:00-13:30\t签到\t\t\t一楼\n"
        '2\t13:30-14:10\t"两行的\n标题"\t张三\t青云科技\t\n'
        "3\t14:10-14:50\t云原生实践\t李四、王五\t\t\n"
    )

    assert rows(text) == [
        (2, "13:00", 30, "签到", [], K.CHECK_IN),
        (3, "13:30", 40, "两行的 标题", ["张三"], K.TALK),
        (5, "14:10", 40, "云原生实践", ["李四", "王五"], K.TALK),
    ]
    assert read(text, first_day=DAY).rows[1].speakers == (("张三", "青云科技"),)


def test_cells_without_headings_are_read_by_their_looks():
    assert rows("1\t13:00\t13:30\t签到\n2\t13:30\t14:00\tDevOps 实践\t李雷\t字节跳动\n开放讨论\t30 min") == [
        (1, "13:00", 30, "签到", [], K.CHECK_IN),
        (2, "13:30", 30, "DevOps 实践", ["李雷"], K.TALK),
        (3, None, 30, "开放讨论", [], K.TALK),
    ]


def test_a_table_of_markdown_is_read():
    text = """\
| Start | End | Topic | Speaker | Track |
|:------|----:|-------|---------|-------|
| 9:00am | 9:30am | **Registration** | | |
| 9:30am | 10:15am | [Gateway API](https://example.com/a) | Ray Zhou (QingCloud) | Room A |
| 9:30am | 10:00am | Hands-on: operators | TBD | B |
"""

    found = read(text, first_day=DAY)

    assert [(row.title, clock(row.start), row.minutes, row.kind, row.track, row.speakers) for row in found.rows] == [
        ("Registration", "9:00", 30, K.CHECK_IN, 0, ()),
        ("Gateway API", "9:30", 45, K.TALK, 1, (("Ray Zhou", "QingCloud"),)),
        ("Hands-on: operators", "9:30", 30, K.WORKSHOP, 2, ()),
    ]


def test_days_tracks_and_speakers_on_lines_of_their_own_are_read():
    text = """\
12月14日（星期六）
14:00-14:30 A
讲师：张三（公司）
Track 1: 14:30-15:00 B
分会场 2：14:30-15:10 C
第二天
9:00-9:30 D
"""

    assert [
        (row.day.day, clock(row.start), row.title, row.track, [tuple(person) for person in row.speakers])
        for row in read(text, first_day=DAY).rows
    ] == [
        (14, "14:00", "A", 0, [("张三", "公司")]),
        (14, "14:30", "B", 1, []),
        (14, "14:30", "C", 2, []),
        (15, "9:00", "D", 0, []),
    ]


def test_after_midnight_is_the_next_day():
    found = read("22:00-23:30 A\n23:30-0:30 B\n0:30-1:00 C", first_day=DAY)

    assert [(row.day.day, clock(row.start), row.minutes) for row in found.rows] == [
        (14, "22:00", 90), (14, "23:30", 60), (15, "0:30", 30),
    ]  # fmt: skip


def test_lines_that_cannot_be_taken_are_named_with_their_reasons():
    text = "13:00-13:30 签到\n14:00-13:30 倒着\n25:00 没有\n15:00-15:30\n15:30 " + "长" * 301

    found = read(text, first_day=DAY)

    assert [row.title for row in found.rows] == ["签到"]
    assert found.bad == [
        Bad(2, "14:00-13:30 倒着", Trouble.ENDS_FIRST),
        Bad(3, "25:00 没有", Trouble.NO_SUCH_TIME),
        Bad(4, "15:00-15:30", Trouble.NO_TITLE),
        Bad(5, "15:30 " + "长" * 114, Trouble.TITLE_TOO_LONG),
    ]


def test_only_so_many_rows_are_taken():
    found = read("\n".join(f"item {number}" for number in range(150)), first_day=DAY)

    assert len(found.rows) == 100
    assert found.bad == [Bad(101, "item 100", Trouble.TOO_MANY)]


@given(st.text(alphabet=st.sampled_from("19:30-—~\t|ab张三、( )（）点半pm分钟\n@/.,:："), max_size=200))
def test_nothing_that_is_pasted_breaks_it(text):
    found = read(text, first_day=DAY)

    assert all(row.title and (row.start is None or 0 <= row.start <= 24 * 60) for row in found.rows)
    assert all(row.minutes is None or 0 < row.minutes <= 24 * 60 for row in found.rows)
