"""docs/settings.md and app/config.py say the same, both ways."""

import re

from app.config import ROOT, SETTINGS

DOCUMENT = (ROOT / "docs" / "settings.md").read_text()
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$", re.MULTILINE)


def default_in_words(default):
    """Return a default as the document writes it: a folder beside the code without where the code lies."""
    if default is None:
        return "–"
    return f"`{default.removeprefix(f'{ROOT}/')}`" if default else "empty"


def test_every_setting_is_documented_as_it_is_and_nothing_else():
    written = {name: (default, meaning) for name, default, meaning in ROW.findall(DOCUMENT)}

    assert written == {setting.name: (default_in_words(setting.default), setting.meaning) for setting in SETTINGS}


def test_every_setting_is_documented_once():
    names = [name for name, _default, _meaning in ROW.findall(DOCUMENT)]

    assert len(names) == len(set(names))


def test_every_setting_that_is_spoken_of_exists():
    # HOST is the Makefile's alone.
    spoken_of = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)(?:=[^`]*|/[a-z_]+)?`", DOCUMENT)) | set(
        re.findall(r"^([A-Z_]+)=", DOCUMENT, re.MULTILINE)
    )

    assert spoken_of - {setting.name for setting in SETTINGS} == {"HOST"}


def test_other_documents_name_no_setting_that_does_not_exist():
    known = {setting.name for setting in SETTINGS}
    prefixes = tuple({name.partition("_")[0] + "_" for name in known if "_" in name})
    spoken_of = {
        (path.name, name)
        for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        if path.exists()
        for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", path.read_text())
        if name.startswith(prefixes)
    }

    assert {(file, name) for file, name in spoken_of if name not in known} == set()
