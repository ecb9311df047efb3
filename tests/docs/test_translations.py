"""The Chinese catalogue is complete, fresh, sound and compiled: what `make messages` and a translator owe us."""

import io
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "app" / "translations"
PO = FOLDER / "zh_Hans" / "LC_MESSAGES" / "messages.po"
# The same names as in the Makefile's `messages`.
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%")


def texts_in_use() -> set[str | tuple[str, ...]]:
    with (FOLDER / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
    return {tuple(text) if isinstance(text, tuple | list) else text for _file, _line, text, _notes, _context in found}


def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def strings(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_translations_are_fresh():
    translated = {
        message.id if isinstance(message.id, str) else tuple(message.id) for message in catalogue() if message.id
    }

    in_use = texts_in_use()

    assert in_use - translated == set(), "not in the catalogue: run `make messages` and translate"
    assert translated - in_use == set(), "no longer in use: run `make messages`"


def test_translations_are_complete():
    missing = [message.id for message in catalogue() if message.id and not all(strings(message.string))]
    fuzzy = [message.id for message in catalogue() if message.id and message.fuzzy]

    assert missing == []
    assert fuzzy == []


def test_translations_keep_the_placeholders():
    # Chinese has one plural form, which speaks for both English ones: it follows the last of them, the plural.
    wrong = [
        (message.id, text)
        for message in catalogue()
        if message.id
        for text in strings(message.string)
        if text and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(strings(message.id)[-1]))
    ]

    assert wrong == []


def test_translations_are_compiled():
    expected = io.BytesIO()

    write_mo(expected, catalogue())

    assert PO.with_suffix(".mo").read_bytes() == expected.getvalue(), "run `make messages`"


def test_no_template_puts_a_space_between_chinese_sentences():
    """Of 。 a space is no part; right in both languages are `between_sentences()` and the filter `sentences`."""
    # A sentence that ends, then a space, then the next one.
    spaced = re.compile(r'[.!?]"[^{}]*\) \}\}(?:</\w+>)?\s+\{\{ (?:_|ngettext)\(')

    found = {
        path.relative_to(ROOT).as_posix(): match[0]
        for path in (ROOT / "templates").rglob("*.html")
        for match in spaced.finditer(path.read_text(encoding="utf-8"))
    }

    assert found == {}
