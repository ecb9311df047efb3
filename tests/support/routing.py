"""Thousands of applications in one run, all with the same addresses: what finds and builds them is made once a worker.

Werkzeug compiles two functions and an expression for each rule of each application, nearly all of what making one
costs. They depend on the rules alone, so applications whose rules are the same can look into the same table.
"""

import threading
from typing import Any, Final

from flask import Flask
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

_OF_RULE = (
    *("rule", "endpoint", "subdomain", "host", "build_only", "alias", "websocket", "strict_slashes", "merge_slashes"),
    *("redirect_to", "provide_automatic_options"),
)
_OF_MAP = (
    *("default_subdomain", "strict_slashes", "merge_slashes", "redirect_defaults", "host_matching"),
    *("sort_parameters", "sort_key"),
)
# What was made so far: by all that it depends on, the table that matches and the one that builds.
_known: Final[dict[object, tuple[StateMachineMatcher, dict[Any, list[Rule]]]]] = {}
_one_at_a_time: Final = threading.Lock()


class SharedMap(Map):
    """Werkzeug's map, whose rules are bound when it is first asked, and not at all where an earlier map had the same.

    A rule that is added later, or only here, makes the map bind all of its own: nothing is added to another's table.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Begin with no rules."""
        self._given: list[Rule] = []
        super().__init__(*args, **options)

    def add(self, rulefactory: RuleFactory) -> None:
        """Take a rule, or several."""
        self._given.extend(rulefactory.get_rules(self))
        self._remap = True

    def update(self) -> None:
        """Find the tables of these rules, or make them."""
        if not self._remap:
            return
        with _one_at_a_time:
            key = self._key()
            if key not in _known:
                self._bind_all()
                _known[key] = self._matcher, self._rules_by_endpoint
            self._matcher, self._rules_by_endpoint = _known[key]
            self._remap = False

    def _bind_all(self) -> None:
        self._matcher, self._rules_by_endpoint = StateMachineMatcher(self.merge_slashes), {}
        for rule in self._given:
            rule.bind(self, rebind=True)
            if not rule.build_only:
                self._matcher.add(rule)
            self._rules_by_endpoint.setdefault(rule.endpoint, []).append(rule)
        super().update()  # puts both in order

    def _key(self) -> object:
        """Return all that the table depends on."""
        rules = [
            (
                *(getattr(rule, name, None) for name in _OF_RULE),
                repr(rule.defaults),
                rule.methods and frozenset(rule.methods),
            )
            for rule in self._given
        ]
        own = [getattr(self, name) for name in _OF_MAP]
        return (*own, frozenset(self.converters.items()), *rules)


def share_addresses() -> None:
    """Let every application made from now on use the table of those before it."""
    Flask.url_map_class = SharedMap
