"""The table of addresses in docs/architecture.md and the application say the same."""

import re
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "architecture.md"
# Development only, or served as they are.
UNLISTED = re.compile(r"^/(static|dev/mail)/.+")


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_address_is_in_the_table_and_every_row_is_an_address(make_app):
    table = DOCUMENT.read_text().partition("## Addresses")[2]
    written = set(re.findall(r"^\| `(/[^`]*)` \|", table, re.MULTILINE))
    app = make_app(APP_ENV="development")

    served = {re.sub(r"<\w+\([^)]*\):|<\w+:", "<", rule.rule) for rule in app.url_map.iter_rules()}

    assert written == {address for address in served if not UNLISTED.match(address)}
