"""The data walk names places in the code; each of them exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = re.findall(r"`(app/[\w/]+\.py):(\w+)`", (ROOT / "docs" / "data-walk.md").read_text())


def test_the_walk_names_places():
    assert len(PLACES) > 20


@pytest.mark.parametrize(("file", "name"), PLACES, ids=[f"{file}:{name}" for file, name in PLACES])
def test_each_place_of_the_walk_is_there(file, name):
    tree = ast.parse((ROOT / file).read_text())

    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}

    assert name in names
