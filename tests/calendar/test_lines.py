"""The fast writer says what icalendar says, and what two other libraries read is what was written."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.calendar import lines, objects
from app.calendar.properties import Component, Property, Verbatim, clean
from tests.calendar.samples import as_ics, as_vobject

PIECES = st.sampled_from(
    [
        *("会议", "，", "👩🏽‍💻", "é", "word ", "\\", "\\n", "\\N", ";", ",", ":", '"', "^"),
        *("\n", "\r\n", "\t", "\x00", "\x0b", "\x85", "\u2028"),
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))


def event_with(**properties: object) -> Component:
    head = [Property("UID", "a"), Property("DTSTAMP", datetime(2019, 12, 2, 4, tzinfo=UTC))]
    start = Property("DTSTART", datetime(2019, 12, 14, 13, tzinfo=ZoneInfo("Asia/Shanghai")))
    return Component("VEVENT", [*head, start, *(Property(name, value) for name, value in properties.items())])


def calendar_with(event: Component) -> Component:
    head = [
        Property("VERSION", Verbatim("2.0")),
        Property("PRODID", "-//t//t//EN"),
        Property("X-WR-CALNAME", "a, b; c"),
    ]
    return Component("VCALENDAR", head, [event])


@settings(max_examples=100, deadline=None)
@given(summary=TEXTS, description=TEXTS, categories=st.lists(TEXTS, min_size=1, max_size=4))
@example(summary="C:\\New", description="\\\\n\\,;", categories=["a,b", ""])
def test_fast_writer_writes_what_icalendar_writes(summary, description, categories):
    component = calendar_with(
        event_with(SUMMARY=summary, DESCRIPTION=description, CATEGORIES=tuple(categories), DTEND=date(2019, 12, 15))
    )

    fast, reference = lines.written(component), objects.written(component)

    assert fast == reference


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_text_is_read_back_whole_by_vobject(text):
    content = lines.written(calendar_with(event_with(SUMMARY=text)))

    # vobject strips each line it reads.
    assert as_vobject(content).vevent.summary.value.strip() == clean(text).strip()


@settings(max_examples=100, deadline=None)
@given(text=TEXTS.map(lambda text: text.replace("\\", "/")))
def test_text_is_read_back_whole_by_ics(text):
    # Without a backslash: ics 0.7.3 takes an escaped one before an n for a line end.
    content = lines.written(calendar_with(event_with(SUMMARY=text)))

    (event,) = as_ics(content).events
    assert (event.name or "") == clean(text)


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(TEXTS, st.text(alphabet="会👩a", min_size=20, max_size=300)))
def test_lines_have_75_octets_and_whole_characters(text):
    content = lines.content_line(Property("SUMMARY", text))

    *pieces, rest = content.split(b"\r\n")
    assert rest == b""
    assert max(map(len, pieces)) <= 75
    assert [piece.decode()[:1] for piece in pieces[1:]] == [" "] * (len(pieces) - 1)
    assert b"".join(piece[1:] if number else piece for number, piece in enumerate(pieces)).decode() == (
        f"SUMMARY:{lines.escaped(text)}"
    )


def test_lines_are_cut_between_characters_and_not_within_an_escape():
    content = lines.content_line(Property("X", "a" * 71 + ";" + "会" * 30))

    assert [len(piece) for piece in content.split(b"\r\n")] == [73, 75, 19, 0]


@pytest.mark.parametrize("text", ["a\nATTENDEE:mailto:x@y", "a\rb"])
def test_line_end_in_an_address_is_refused_by_both_writers(text):
    component = event_with(URL=Verbatim(text))

    with pytest.raises(ValueError, match="line end"):
        lines.written(component)
    with pytest.raises(ValueError, match="CR or LF"):
        objects.written(component)


@pytest.mark.parametrize("text", ['say "hi"', "two\nlines"])
def test_parameter_that_cannot_be_written_is_refused(text):
    with pytest.raises(ValueError, match=r"double quote|line end"):
        lines.content_line(Property("ATTENDEE", Verbatim("mailto:a@b"), (("CN", text),)))


def test_parameter_is_quoted_where_it_must_be():
    line = lines.content_line(Property("ATTENDEE", Verbatim("mailto:a@b"), (("CN", "Doe, Jo"), ("ROLE", "CHAIR"))))

    assert line == b'ATTENDEE;CN="Doe, Jo";ROLE=CHAIR:mailto:a@b\r\n'
