"""The golden files have the form that every client takes, and two libraries that did not write them read them alike."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.calendar.samples import STARTS_AT, as_ics, as_vobject, lines_of, values_of

FOLDER = Path(__file__).parent / "golden"
FILES = sorted(path.stem for path in FOLDER.glob("*.ics"))
NOTES = (FOLDER / "README.md").read_text()
# What was sent first and what followed: the same event to every client, and the later one counts.
PAIRS = [
    ("register", "venue-changed"),
    ("register", "zone-changed"),
    ("register", "cancelled"),
    ("register", "left"),
    ("left", "came-back"),
    ("tentative", "promoted"),
    ("venue-changed", "cancelled"),
]
EVENTS = [name for name in FILES if not name.startswith("feed")]


def golden(name: str) -> bytes:
    return (FOLDER / f"{name}.ics").read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_lines_are_short_and_whole(name):
    *lines, rest = golden(name).split(b"\r\n")

    assert rest == b""
    assert max(map(len, lines)) <= 75
    assert not [line for line in lines if b"\n" in line or b"\r" in line]
    assert "".join(line.decode() for line in lines)  # no character is cut in two


@pytest.mark.parametrize("name", FILES)
def test_calendar_has_what_it_must_and_nothing_that_harms(name):
    content = golden(name)

    lines = lines_of(content)
    events = lines.count("BEGIN:VEVENT")
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Juhui//Juhui//EN"]
    required = ("UID", "DTSTAMP", "SEQUENCE", "SUMMARY", "DTEND")
    assert [len(values_of(content, each)) for each in required] == [events] * 5
    assert len({value.lower() for value in values_of(content, "UID")}) == events
    assert not values_of(content, "RDATE")
    assert "BEGIN:VALARM" not in lines
    assert {value.partition(":")[0] for value in values_of(content, "DTSTART")} >= {
        f";TZID={zone[1:]}" for zone in values_of(content, "TZID") if events
    }


@pytest.mark.parametrize("name", EVENTS)
def test_event_is_read_alike_by_two_other_libraries(name):
    content = golden(name)

    theirs, others = as_vobject(content).vevent, next(iter(as_ics(content).events))
    assert theirs.uid.value == others.uid
    assert theirs.location.value == others.location
    if name != "punctuation":  # ics 0.7.3 takes an escaped backslash before an n for a line end
        assert theirs.summary.value == others.name
        assert theirs.description.value == others.description
    if name == "all-day":
        assert (theirs.dtstart.value, theirs.dtend.value) == (date(2020, 7, 1), date(2020, 7, 3))
        assert others.all_day
    else:
        # ics knows zones by name, vobject computes them from our VTIMEZONE.
        assert theirs.dtstart.value.astimezone(UTC) == others.begin.datetime.astimezone(UTC)
        assert theirs.dtend.value.astimezone(UTC) - theirs.dtstart.value.astimezone(UTC) == timedelta(hours=5)


@pytest.mark.parametrize(
    ("name", "starts_at"),
    [
        ("file", STARTS_AT),
        ("berlin", datetime(2026, 7, 4, 12, tzinfo=UTC)),
        ("new-york", datetime(2026, 11, 1, 3, tzinfo=UTC)),
        ("casablanca", datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_start_is_the_instant_that_was_meant(name, starts_at):
    event = as_vobject(golden(name)).vevent

    assert event.dtstart.value.astimezone(UTC) == starts_at


def test_feed_is_read_alike_by_two_other_libraries():
    content = golden("feed")

    theirs = {each.uid.value: each.dtstart.value.astimezone(UTC) for each in as_vobject(content).vevent_list}
    others = {each.uid: each.begin.datetime.astimezone(UTC) for each in as_ics(content).events}
    assert theirs == others
    assert sorted(theirs.values()) == [datetime(2026, 12, day, 6, tzinfo=UTC) for day in (5, 6, 7)]


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_update_keeps_uid_and_raises_sequence(earlier, later):
    before, after = golden(earlier), golden(later)

    assert values_of(before, "UID") == values_of(after, "UID")
    assert as_vobject(before).vevent.uid.value == as_vobject(after).vevent.uid.value
    assert int(as_vobject(after).vevent.sequence.value) > int(as_vobject(before).vevent.sequence.value)


def sections() -> dict[str, str]:
    """Return the sections of the reader's notes by their heading."""
    _before, *parts = re.split(r"^## (.+)$", NOTES, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def explained() -> set[tuple[str, str]]:
    """Return the properties that the notes explain, each with its component."""
    tables = {heading: text for heading, text in sections().items() if heading.startswith("V")}
    return {
        (component, name)
        for heading, text in tables.items()
        for component in heading.split(", ")
        for name in re.findall(r"^\| `([A-Z-]+)` \| .+ \|$", text, re.MULTILINE)
    }


def properties_of(content: bytes) -> set[tuple[str, str]]:
    """Return the properties of a calendar, each with the component it stands in."""
    found, inside = set(), []
    for line in lines_of(content):
        name = re.split("[:;]", line)[0]
        if name == "BEGIN":
            inside.append(line.removeprefix("BEGIN:"))
        elif name == "END":
            inside.pop()
        else:
            found.add((inside[-1], name))
    return found


def test_notes_explain_every_property_of_every_file_and_no_other():
    used = set().union(*(properties_of(golden(name)) for name in FILES))

    known = explained()
    assert used - known == set()
    # The observances of a zone share a table with it: what one of them has is enough.
    assert {name for _component, name in known} - {name for _component, name in used} == set()


def test_notes_have_a_section_for_each_file():
    tables = {"VCALENDAR", "VTIMEZONE, STANDARD, DAYLIGHT", "VEVENT"}

    assert set(sections()) - tables == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_lines_that_the_notes_quote_are_in_the_file(name):
    quoted = re.findall(r"^- `(.+?)`(?: — .+)?$", sections()[name], re.MULTILINE)

    assert quoted
    assert [line for line in quoted if line not in lines_of(golden(name))] == []
