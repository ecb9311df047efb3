"""The letters named in docs/mail.md and docs/calendar.md are those that the code writes."""

import re
from pathlib import Path

import pytest

from app.mail import kinds
from app.registrations import mails

DOCS = Path(__file__).parents[2] / "docs"


def rows_under(document: str, heading: str) -> list[list[str]]:
    """Return the rows of the table below a heading, each as its cells, without the head."""
    section = (DOCS / document).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_kind_of_letter_is_in_the_table_and_every_row_is_one(make_app):
    with make_app().app_context():
        written = sorted(kinds._WRITERS)

    rows = rows_under("mail.md", "Every kind of letter")

    assert sorted(kind.strip("`") for kind, *_more in rows) == written


def test_letters_to_many_are_those_that_are_queued_as_such():
    app = Path(mails.__file__).parents[1]
    queued_for_many = {
        path.name for path in app.rglob("*.py") if "priority=Priority.BULK" in path.read_text().replace(" ", "")
    }

    rows = rows_under("mail.md", "Every kind of letter")

    assert {row[3] for row in rows} == {"personal", "bulk"}
    # An import and its undoing send the letters of one sign-up, to many.
    of_one = {"applying.py", "undoing.py"}
    assert queued_for_many - of_one == {"changes.py", "reminders.py", "sending.py"}, "their kinds are the next line"
    assert {row[0].strip("`") for row in rows if row[3] == "bulk"} == {
        "event-changed", "event-cancelled", "reminder", "message",
    }  # fmt: skip


def test_every_letter_about_a_registration_has_a_row_in_the_life_of_an_entry():
    rows = rows_under("calendar.md", "The life of an attendee's entry")

    named = {kind for row in rows for kind in re.findall(r"`([a-z-]+)`", row[1])}

    about_a_registration = {*mails.STATE_OF, *mails._ABOUT_A_CHANGE, *mails._WHILE_LIVE}
    assert named == about_a_registration | {"transfer", "calendar-file"}
