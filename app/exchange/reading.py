"""YAML files as plain values, with the line every value stands on.

A small and strict part of YAML 1.2: mappings, lists, text, numbers, true and false, null. `13:00`, `no` and
`2020-07-01` are text, as everybody expects, and not the base-60 number, the boolean and the date of YAML 1.1.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Final

import yaml

from app.exchange.mistakes import ROOT, Mistake, Path, field_name

DEPTH_MAX: Final = 40
_SUFFIXES: Final = (".yaml", ".yml")
_TAG: Final = "tag:yaml.org,2002:"
_BASE: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is


class _Loader(_BASE):  # type: ignore[misc, valid-type]  # one of two classes, chosen when the program starts
    """Tells plain scalars apart by the core schema of YAML 1.2 (10.3.2), without octal and hexadecimal numbers."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - the name is PyYAML's


for _kind, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]{0,17})$", list("-+0123456789")),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(_pattern), _first)


@dataclass(slots=True)
class Document:
    """One file: its name as given, its value, and the line of every value and key by path."""

    file: str
    value: object = None
    lines: dict[Path, int] = field(default_factory=dict)

    def known_part(self, path: Path) -> Path:
        """Return the path without the parts that do not exist in the file."""
        known: Path = ROOT
        for part in path:
            if (*known, part) in self.lines:
                known = (*known, part)
        return known

    def mistake(self, path: Path, sentence: str, *, missing: str = "") -> Mistake:
        """Say what is wrong at this path; `missing` names a field that should be there."""
        known = self.known_part(path)
        shown = field_name((*known, missing) if missing else known)
        return Mistake(self.file, self.lines.get(known, 1), shown, sentence)


def read(paths: Iterable[FilePath]) -> tuple[list[Document], list[Mistake]]:
    """Read these files, and the YAML files in these folders by name; return what could be read, and what could not."""
    documents: list[Document] = []
    mistakes: list[Mistake] = []
    seen: set[FilePath] = set()
    for path in _files(paths, mistakes):
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        document = _read_one(path, mistakes)
        if document is not None:
            documents.append(document)
    return documents, mistakes


def _files(paths: Iterable[FilePath], mistakes: list[Mistake]) -> Iterator[FilePath]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
        if not inside:
            mistakes.append(Mistake(str(path), 0, "", "There is no .yaml file in this folder."))
        yield from inside


def _read_one(path: FilePath, mistakes: list[Mistake]) -> Document | None:
    """Return the file's content; None, and a mistake, when it cannot even be read."""
    name = str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        mistakes.append(Mistake(name, 0, "", f"This file cannot be read: {error.strerror}."))
        return None
    try:
        text = data.decode("utf-8-sig")
        if _is_too_deep(text):
            mistakes.append(Mistake(name, 1, "", f"Values lie in each other more than {DEPTH_MAX} deep."))
            return None
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        mistakes.append(Mistake(name, line, "", "This line is not UTF-8 text: save the file as UTF-8."))
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        mistakes.append(Mistake(name, line, "", f"This is not YAML: {error.problem or error.context}."))
        return None
    except yaml.YAMLError as error:
        mistakes.append(Mistake(name, 1, "", f"This is not YAML: {error}."))
        return None
    if node is None:
        mistakes.append(Mistake(name, 1, "", "The file is empty."))
        return None
    document = Document(name)
    document.value = _Reader(document, mistakes).value(node, ROOT)
    return document


def _is_too_deep(text: str) -> bool:
    """Tell whether lists lie in lists without end: to compose them would overflow the stack. Ours are six deep."""
    depth = 0
    for event in yaml.parse(text, Loader=_BASE):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            return True
    return False


@dataclass(slots=True)
class _Reader:
    """Turns the nodes of one file into values, and notes their lines."""

    document: Document
    mistakes: list[Mistake]
    seen: set[int] = field(default_factory=set)

    def value(self, node: yaml.Node, path: Path) -> object:
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self.seen:
            # An alias can make a small file unfold into gigabytes; no file of ours needs one.
            self._mistake(path, "Anchors and aliases are not used here: write the value out.")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, item in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            # The line of the key: where one looks for a field, also when its value begins further down.
            self.document.lines.setdefault((*path, name), key.start_mark.line + 1)
            if not isinstance(key, yaml.ScalarNode):
                self._mistake((*path, name), "A key must be a word.")
            elif name in values:
                line = key.start_mark.line + 1
                shown = field_name((*path, name))
                self.mistakes.append(Mistake(self.document.file, line, shown, "This key is there twice."))
            else:
                values[name] = self.value(item, (*path, name))
        return values

    def _scalar(self, node: yaml.Node, path: Path) -> object:
        text = str(node.value)
        match node.tag.removeprefix(_TAG):
            case "str":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text)
            case "float":
                return float(text)
            case tag:
                self._mistake(path, f"The tag {tag} is not used here.")
                return None

    def _mistake(self, path: Path, sentence: str) -> None:
        self.mistakes.append(self.document.mistake(path, sentence))
