"""Every command of ours is documented where operators look, and nothing is documented that is not there."""

import re
from pathlib import Path

import pytest
from click import Context

ROOT = Path(__file__).parents[2]
# Commands that Flask and its extensions bring along.
THEIRS = {"db", "limiter", "routes", "run", "shell"}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_command_is_in_operating_md(app):
    documented = set(re.findall(r"flask --app wsgi ([a-z-]+)", (ROOT / "docs" / "operating.md").read_text()))

    ours = set(app.cli.list_commands(Context(app.cli))) - THEIRS

    assert documented - THEIRS == ours


def test_every_make_target_of_the_readme_is_one():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"`?make ([a-z]+)", (ROOT / "README.md").read_text()))

    assert {"run", "test"} <= named <= targets
