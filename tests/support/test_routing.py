"""Applications that share their tables find and build the same addresses as one that made its own."""

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from tests.support.routing import SharedMap

RULES = [
    ("/a/<slug>", {"endpoint": "a", "methods": ["GET"]}),
    ("/a/<int:number>/<slug>", {"endpoint": "b"}),
    ("/c/", {"endpoint": "c", "defaults": {"page": 1}}),
    ("/c/<int:page>", {"endpoint": "c"}),
]


def made(kind, *more):
    return kind(Rule(text, **options) for text, options in [*RULES, *more])


def answers(of):
    """Return what a map builds and finds, the refusals too."""
    adapter = of.bind("example.org")
    built = [
        adapter.build("a", {"slug": "北京 x"}),
        adapter.build("a", {"slug": "y", "lang": "zh"}),
        adapter.build("b", {"number": 7, "slug": "z"}),
        adapter.build("c", {"page": 1}),
        adapter.build("c", {"page": 2}),
    ]
    return built, [found(adapter, *asked) for asked in [("/a/x",), ("/a/x", "POST"), ("/c/1",), ("/d",), ("/a/7/z",)]]


def found(adapter, *asked):
    try:
        return adapter.match(*asked)
    except RequestRedirect as error:
        return error.new_url
    except (MethodNotAllowed, NotFound) as error:
        return type(error)


def test_maps_that_share_answer_as_one_of_their_own():
    own = answers(made(Map))

    assert [answers(made(SharedMap)) for _ in range(2)] == [own, own]
    assert own[0] == ["/a/%E5%8C%97%E4%BA%AC%20x", "/a/y?lang=zh", "/a/7/z", "/c/", "/c/2"]
    assert own[1] == [
        ("a", {"slug": "x"}),
        MethodNotAllowed,
        "http://example.org/c/",
        NotFound,
        ("b", {"number": 7, "slug": "z"}),
    ]


def test_a_rule_of_one_map_is_not_found_in_another():
    first, second = made(SharedMap), made(SharedMap)
    before = answers(first)
    second.add(Rule("/d", endpoint="d"))

    assert found(second.bind("example.org"), "/d") == ("d", {})
    assert answers(first) == before
    assert "d" not in {rule.endpoint for rule in first.iter_rules()}


@pytest.mark.parametrize("methods", [None, ["GET"], ["POST"]])
def test_rules_that_differ_in_their_methods_alone_are_not_taken_for_each_other(methods):
    one = made(SharedMap, ("/e", {"endpoint": "e", "methods": methods}))

    assert found(one.bind("example.org"), "/e", "POST") == (MethodNotAllowed if methods == ["GET"] else ("e", {}))


def test_applications_share():
    first, second = Flask("one"), Flask("one")

    assert isinstance(first.url_map, SharedMap)
    assert list(map(id, first.url_map.iter_rules())) == list(map(id, second.url_map.iter_rules()))
