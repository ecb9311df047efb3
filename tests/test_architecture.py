"""The house keeps its form: who may import whom, how long a thing may be, what a template may hold, what a name may be.

The rules are those of docs/architecture.md; each test names what it found as `file:line`.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A room imports itself and those before it.
ROOMS = [
    "core", "web", "mail", "history", "accounts", "community", "events", "calendar", "wording", "work",
    "registrations", "exchange", "attendees", "exports", "imports", "messages", "numbers", "organizer",
]  # fmt: skip
# Within a room, from the bottom up; a file of another name (signals, waitlist, maps …) may stand anywhere between,
# but no path through it may lead upwards.
LAYERS = {
    "models": 0,
    "rules": 1,
    "queries": 2,
    "mails": 3,
    "service": 4,
    "receivers": 5,
    "tasks": 5,
    "forms": 6,
    "views": 7,
    "views_manage": 7,
    "api": 7,
    "setup": 8,
}
# A library that one room hides from all others.
HIDDEN = {"icalendar": "calendar", "flask_mail": "mail", "granian": None, "celery": "core"}

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 70
LINES_OF_A_TEMPLATE = 150
LINES_OF_A_SCRIPT = 100
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}

# `|safe` turns escaping off: only for what was made safe where it was made. Template: reason.
SAFE = {
    "events/_text.html": "Markdown rendered and cleaned by nh3 in app/web",
}

PYTHON = [*sorted(path for top in ("app", "bench", "tests") for path in (ROOT / top).rglob("*.py")), ROOT / "wsgi.py"]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
SCRIPTS = sorted(path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in PYTHON if path.is_relative_to(ROOT / "app")}


@cache
def imports_of(path: Path) -> list[tuple[int, str]]:
    """Return the line and the full name of everything the file imports; `from a import b` gives `a.b`."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: write the full name of what you import"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def module_imported(name: str) -> str | None:
    """Return the module of ours that holds this name; None for what is not ours."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else None


def layer_of(module: str) -> int | None:
    """Return how high in its room a module stands; None for a file without a fixed place."""
    parts = module.split(".")
    if len(parts) < 3:
        return None
    stem = parts[2]
    return LAYERS.get(stem, LAYERS["views"] if stem.startswith(("views_", "api_")) else None)


def imports_within_the_room(module: str) -> Iterator[tuple[int, str]]:
    for line, name in imports_of(MODULES[module]):
        target = module_imported(name)
        if target and target != module and room_of(target) == room_of(module):
            yield line, target


def highest_reached(module: str, seen: set[str]) -> tuple[int, str]:
    """Return the highest layer that a module without a fixed place leads to, and the module found there."""
    seen.add(module)
    best = (-1, module)
    for _line, target in imports_within_the_room(module):
        layer = layer_of(target)
        if layer is not None:
            best = max(best, (layer, target))
        elif target not in seen:
            best = max(best, highest_reached(target, seen))
    return best


def test_every_package_of_app_is_a_known_room():
    packages = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}

    assert packages <= set(ROOMS), "name its place in ROOMS and in docs/architecture.md"


def test_rooms_import_only_lower_rooms():
    wrong = []
    for module, path in MODULES.items():
        room = room_of(module)
        for line, name in imports_of(path):
            target = module_imported(name)
            if room is None or target is None or target == "app.config":
                continue
            other = room_of(target)
            if other is None or ROOMS.index(other) > ROOMS.index(room):
                wrong.append(f"{name_of(path)}:{line} imports {name}")

    assert wrong == []


def test_layers_of_a_room_import_only_lower_layers():
    wrong = []
    for module, path in MODULES.items():
        layer = layer_of(module)
        if layer is None:
            continue
        for line, target in imports_within_the_room(module):
            fixed = layer_of(target)
            reached, where = (fixed, target) if fixed is not None else highest_reached(target, {module})
            if reached > layer:
                wrong.append(f"{name_of(path)}:{line} reaches up to {where}")

    assert wrong == []


def test_only_views_know_the_request():
    # The room `web` is about requests; elsewhere views, APIs, forms, gates and the wiring may know them.
    wrong = []
    for module, path in MODULES.items():
        stem = module.split(".")[2] if module.count(".") >= 2 else ""
        layer = layer_of(module)
        if room_of(module) in {None, "web"} or stem == "gate" or (layer or 0) >= LAYERS["forms"]:
            continue
        wrong += [
            f"{name_of(path)}:{line}" for line, name in imports_of(path) if name in {"flask.request", "flask.session"}
        ]

    assert wrong == []


def test_hidden_libraries_stay_in_their_room():
    wrong = []
    for module, path in MODULES.items():
        for line, name in imports_of(path):
            library = name.split(".")[0]
            if library in HIDDEN and room_of(module) != HIDDEN[library]:
                wrong.append(f"{name_of(path)}:{line} imports {library}")

    assert wrong == []


# The history is append-only: this function alone may change what it holds.
MAY_CHANGE_THE_HISTORY = {("app.history.service", "forget_person"), ("app.history.service", "forget_organizer")}
COLUMNS_OF_AN_ENTRY = {
    "at",
    "action",
    "organizer_id",
    "session_id",
    "event_id",
    "registration_id",
    "subject",
    "changes",
}


def changes_of_the_history(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what changes or deletes entries of the history: statements on their table, and entries that are held."""
    imported = [
        (node.module, alias)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (node.module or "").startswith("app.history")
    ]
    names = {alias.asname or alias.name for module, alias in imported if alias.name == "Entry"}
    modules = {alias.asname or alias.name for module, alias in imported if f"{module}.{alias.name}".endswith(".models")}

    def is_entry(node: ast.AST) -> bool:
        return (isinstance(node, ast.Name) and node.id in names) or (
            isinstance(node, ast.Attribute)
            and node.attr == "Entry"
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
        )

    def speaks_of_entries(node: ast.AST) -> bool:
        return any(is_entry(inner) for inner in ast.walk(node))

    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="update" | "delete"), args=[table, *_]) if speaks_of_entries(table):
                yield node
            case ast.Call(func=ast.Attribute(attr="update" | "delete", value=inner), args=given) if any(
                speaks_of_entries(each) for each in (inner, *given[:1])
            ):
                yield node
            case ast.Call(func=ast.Attribute(attr="delete"), args=[ast.Name(id="entry")]) if names or modules:
                yield node
            case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id="entry"), *_]):
                yield node
            case ast.Attribute(attr=attr, ctx=ast.Store() | ast.Del()) if attr in COLUMNS_OF_AN_ENTRY and (
                names or modules or (isinstance(node.value, ast.Name) and node.value.id == "entry")
            ):
                yield node
            case ast.Constant(value=str() as text) if re.search(r"(?i)\b(update|delete\s+from)\s+history\b", text):
                yield node


def test_history_is_only_added_to():
    wrong = []
    for module, path in MODULES.items():
        tree = tree_of(path)
        allowed = {
            inner
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and (module, node.name) in MAY_CHANGE_THE_HISTORY
            for inner in ast.walk(node)
        }
        wrong += [f"{name_of(path)}:{node.lineno}" for node in changes_of_the_history(tree) if node not in allowed]

    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        "session.execute(update(Entry).values(subject=''))",
        "session.execute(sqlalchemy.delete(Entry))",
        "session.execute(update(models.Entry))",
        "session.execute(Entry.__table__.delete())",
        "session.query(Entry).where(True).update({})",
        "session.delete(entry)",
        "session.execute(text('DELETE FROM history'))",
        "found.subject = ''",
        "entry.changes |= {}",
        "setattr(entry, 'at', now)",
        "del entry.subject",
    ],
)
def test_a_change_of_the_history_is_seen(line):
    head = "from app.history.models import Entry\nfrom app.history import models\n"
    harmless = (
        "session.execute(select(Entry).where(Entry.id == 1))\nupdate(Event).values(subject='')\nentry = Entry(at=now)"
    )

    assert len(list(changes_of_the_history(ast.parse(head + line)))) == 1
    assert list(changes_of_the_history(ast.parse(head + harmless))) == []


def test_tests_stand_where_their_room_is():
    known = {*ROOMS, "journeys", "races", "migrations", "docs", "support"}

    folders = {path.parent.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/**/test_*.py")}

    assert folders <= known


@pytest.mark.parametrize(
    ("paths", "limit"),
    [(PYTHON, LINES_OF_A_FILE), (TEMPLATES, LINES_OF_A_TEMPLATE), (SCRIPTS, LINES_OF_A_SCRIPT)],
    ids=["python", "templates", "scripts"],
)
def test_files_are_short(paths, limit):
    long = {name_of(path): len(path.read_text().splitlines()) for path in paths}

    assert {name: lines for name, lines in long.items() if lines > limit} == {}


def test_functions_are_short():
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in PYTHON
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: lines for name, lines in long.items() if lines > LINES_OF_A_FUNCTION} == {}


def test_names_say_what_they_hold():
    words = re.compile(r"[A-Z]?[a-z]+")
    wrong = [name_of(path) for path in PYTHON if BANNED_NAMES & set(path.relative_to(ROOT).with_suffix("").parts)]
    wrong += [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in MODULES.values()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and BANNED_NAMES & {word.lower() for word in words.findall(node.name)}
    ]

    assert wrong == []


def found_in_templates(pattern: str, *, except_under: str = "-") -> list[str]:
    expression = re.compile(pattern, re.IGNORECASE)
    found = []
    for path in TEMPLATES:
        inside = str(path.relative_to(ROOT / "templates"))
        if inside.startswith(except_under):
            continue
        text = path.read_text()
        found += [f"{inside}:{text.count(chr(10), 0, match.start()) + 1}" for match in expression.finditer(text)]
    return found


def test_templates_hold_no_script():
    # JSON-LD is data, which the Content-Security-Policy lets be.
    inline = found_in_templates(r"<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)")
    handlers = found_in_templates(r"<[^>]*\son[a-z]+\s*=\s*[\"'{]")
    addresses = found_in_templates(r"javascript:")

    assert inline + handlers + addresses == []


def test_templates_hold_no_style():
    # A letter has no other place for its style.
    found = found_in_templates(r"<style\b|<[^>]*\sstyle\s*=", except_under="mail/")

    assert found == []


def test_templates_ask_nothing_of_a_third_party():
    found = found_in_templates(r"""(?:src|srcset|poster)\s*=\s*["']https?:|<link[^>]*href=["']https?:|@import""")

    assert found == []


def test_templates_turn_escaping_off_only_where_allowed():
    found = [
        place for place in found_in_templates(r"\|\s*safe\b|\{%-?\s*autoescape") if place.split(":")[0] not in SAFE
    ]

    assert found == []
