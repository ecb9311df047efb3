"""Every action has words in both languages, and values are said as people say them."""

import ast
import re
from pathlib import Path

import pytest

from app.core.i18n import speaking
from app.history import words

ACTION = re.compile(r"[a-z_]+\.[a-z_]+|signed_in|signed_out|proved")
APP = Path(__file__).parents[2] / "app"


def strings(node, tree):
    """Return every text that an expression can be: itself, either side of a condition, or what a name is given."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, ast.IfExp):
        return strings(node.body, tree) | strings(node.orelse, tree)
    if isinstance(node, ast.Name):
        given = [
            each.value
            for each in ast.walk(tree)
            if isinstance(each, ast.Assign | ast.AnnAssign)
            and each.value is not None
            and node.id
            in {getattr(target, "id", None) for target in getattr(each, "targets", [None]) or [None]}
            | {getattr(getattr(each, "target", None), "id", None)}
        ]
        return set().union(*(strings(value, tree) for value in given))
    return set()


def recorded_actions():
    """Return each action that is recorded anywhere in the source, with the place.

    Given to `record` itself, to a function of the same file that hands it on, or to any function as `action`.
    """
    found = {}
    for path in sorted(APP.rglob("*.py")):
        tree = ast.parse(path.read_text())
        recorders = {"record", *hand_on(tree)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            arguments = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
            arguments += node.args if _called(node) in recorders else []
            given = set().union(*(strings(argument, tree) for argument in arguments))
            for action in filter(ACTION.fullmatch, given):
                found.setdefault(action, f"{path.relative_to(APP)}:{node.lineno}")
    return found


def hand_on(tree):
    """Yield the functions of a file that record what their caller names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and "action" in {argument.arg for argument in node.args.args}:
            yield node.name


def _called(call):
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_action_that_is_recorded_has_words_in_both_languages(app):
    actions = recorded_actions()

    with speaking("zh"):
        missing = {action: place for action, place in actions.items() if words.of_action(action) == action}
        chinese = words.known_actions()
    with speaking("en"):
        english = words.known_actions()

    assert {"event.created", "organizer.removed", "organizer.withdrawn", "event_team.removed", "history.undone"} <= (
        actions.keys()
    )
    assert missing == {}, "give them words: app/history/words.py says how"
    assert chinese.keys() == english.keys()
    assert [action for action in chinese if chinese[action] == english[action]] == []


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", None, ""),
        ("title", {}, ""),
        ("title", {"en": "Spring"}, "Spring"),
        ("title", {"en": "Spring", "zh": "春"}, "中文: 春\nEnglish: Spring"),
        ("is_all_day", False, "No"),
        ("attendance", 0, "0"),
        ("state", "published", "Published"),
        ("starts_at", "2026-05-30T05:00:00+00:00", "Saturday, 30 May 2026 13:00"),
        ("summary", "2026-05-30T05:00:00 is no instant", "2026-05-30T05:00:00 is no instant"),
        ("tags", ["ai", "edge"], "ai, edge"),
        ("credits", [{"role": "host", "name": {"zh": "青云"}, "url": None}], "青云"),
        ("role", "door", "Door"),
        ("action", "event.created", "Event created"),
        ("unknown", {"a": 1, "b": None}, "a: 1"),
    ],
)
def test_value_is_said_in_words(app, field, value, said):
    with speaking("en"):
        assert words.of_value(field, value, "Asia/Shanghai") == said


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_what_has_no_words_is_shown_by_its_name(app):
    assert (words.of_action("comet.seen"), words.of_field("tail")) == ("comet.seen", "tail")
