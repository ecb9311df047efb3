"""Applications that share compiled builders build the same addresses as one that compiled its own."""

from werkzeug.routing import Map, Rule

from tests.support import routing


def addresses():
    rules = [
        Rule("/a/<slug>", endpoint="a"),
        Rule("/a/<int:number>/<slug>", endpoint="b"),
        Rule("/c/", endpoint="c", defaults={"page": 1}),
        Rule("/c/<int:page>", endpoint="c"),
    ]
    built = Map(rules).bind("example.org")
    return [
        built.build("a", {"slug": "北京 x"}),
        built.build("a", {"slug": "y", "lang": "zh"}),
        built.build("b", {"number": 7, "slug": "z"}),
        built.build("c", {"page": 1}),
        built.build("c", {"page": 2}),
    ]


def test_shared_builders_build_the_same(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", routing._compile)
        own = addresses()

    assert Rule._compile_builder is routing._remembered
    assert addresses() == addresses() == own == ["/a/%E5%8C%97%E4%BA%AC%20x", "/a/y?lang=zh", "/a/7/z", "/c/", "/c/2"]
