"""Thousands of applications in one run, all with the same addresses: what builds an address is compiled once a worker.

Werkzeug compiles two functions for each rule of each application, nine tenths of what making one costs. Each is a pure
function of the rule's text and defaults, and takes the rule itself as its first argument.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_compile: Callable[..., Any] = Rule._compile_builder
_builders: dict[tuple[object, ...], Any] = {}


def _remembered(rule: Any, append_unknown: bool = True) -> Any:  # noqa: FBT001, FBT002 - Werkzeug's own signature
    key = (rule.rule, repr(rule._trace), repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile(rule, append_unknown)
    return _builders[key]


def remember_builders() -> None:
    """Let every application made from now on use the builders of those before it."""
    Rule._compile_builder = _remembered  # type: ignore[method-assign, assignment]  # the tests' own business, see above
