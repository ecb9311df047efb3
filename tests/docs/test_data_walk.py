"""The data walk names places in the code; each of them exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "data-walk.md").read_text()
PLACES = sorted(set(re.findall(r"`(app/[\w/]+\.py):(\w+)`", TEXT)))
HOP = re.compile(r"\| (\d+) \| `app/[\w/]+\.py:\w+` \| [^|]+ \|")


def test_each_walk_names_a_place_for_every_hop_in_order():
    walks = {}
    for part in TEXT.split("\n## ")[1:]:
        title, *lines = part.splitlines()
        rows = [line for line in lines if re.match(r"\| \d", line)]
        if rows:
            walks[title] = [int(found[1]) if (found := HOP.fullmatch(row)) else row for row in rows]

    assert {title: len(hops) for title, hops in walks.items()} == {
        "One sign-up: from the button to the calendar": 28,
        "An event, from idea to published": 21,
        "An event moves: from the button to every calendar": 17,
        "A message to attendees: from the draft to the mailbox": 19,
        "Attendees from a file": 19,
    }
    assert all(hops == list(range(1, len(hops) + 1)) for hops in walks.values())


@pytest.mark.parametrize(("file", "name"), PLACES, ids=[f"{file}:{name}" for file, name in PLACES])
def test_each_place_of_the_walk_is_there(file, name):
    tree = ast.parse((ROOT / file).read_text())

    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}

    assert name in names
