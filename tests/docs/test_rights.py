"""The table of rights in docs/organizers.md and the code say the same."""

import re
from pathlib import Path

import pytest

from app.accounts.models import Role
from app.accounts.rights import PERMISSIONS, Permission
from app.accounts.words import PERMISSIONS as PERMISSION_WORDS
from app.accounts.words import ROLES
from app.core.i18n import speaking

# What a permission is for while some of its pages are still to come, as the table says it.
NOTES = {
    Permission.CHECK_IN: " (comes with the door pages)",
}
DOCUMENT = Path(__file__).parents[2] / "docs" / "organizers.md"


def table():
    """Return the rows of the table under "Who may do what", each as its cells."""
    section = DOCUMENT.read_text().partition("## Who may do what")[2].partition("\n## ")[0]
    rows = [re.findall(r"[^|]+", line) for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if not set("".join(row)) <= set("- ")]


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_the_table_of_rights_is_that_of_the_code(make_app):
    with make_app().app_context(), speaking("en"):
        words = {permission: f"{PERMISSION_WORDS[permission]}{NOTES.get(permission, '')}" for permission in Permission}
        names = [str(ROLES[role]) for role in Role]
    expected = [
        [words[permission], *("yes" if permission in PERMISSIONS[role] else "–" for role in Role)]
        for permission in Permission
    ]

    head, *rows = table()

    assert head == ["", *names]
    assert rows == expected
