"""Every package we ask for is pinned, hashed, and has its reason in docs/decisions."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REASONS = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text().lower()


def asked_for(name: str) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / f"{name}.in").read_text().splitlines())
    return {re.split(r"[\[<>=;\s]", line)[0] for line in lines if line and not line.startswith("-")}


def pinned(name: str) -> dict[str, int]:
    """Return each pinned package with the number of its hashes."""
    text = (ROOT / f"{name}.txt").read_text()
    packages = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    return {package.split("==")[0]: package.count("--hash=sha256:") for package in packages}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_lock_holds_what_is_asked_for_with_hashes(name):
    locked = pinned(name)

    assert asked_for(name) - set(locked) == set(), "run `make lock`"
    assert {package for package, hashes in locked.items() if not hashes} == set()


def test_each_package_has_its_reason():
    wanted = {
        name for name in asked_for("requirements") | asked_for("requirements-dev") if not name.startswith("types-")
    }

    assert {name for name in wanted if name not in REASONS} == set()


def test_both_locks_agree():
    def version(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z][\w.-]*)==([^\s;\\]+)", (ROOT / f"{name}.txt").read_text(), re.MULTILINE))

    site, tests = version("requirements"), version("requirements-dev")

    assert {name: tests[name] for name in site.keys() & tests.keys()} == {
        n: site[n] for n in site.keys() & tests.keys()
    }
