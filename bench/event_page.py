"""The event page for somebody who is not signed in, beside a bare Flask view on the same server."""

import re
from collections import defaultdict
from contextlib import ExitStack
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from bench import client
from bench.client import Load
from bench.report import Budget, Report
from bench.serving import Serving, fetch
from bench.stage import DEMO_EVENT, Engine, Stage

PATH: Final = f"/events/{DEMO_EVENT}"
BROWSER: Final = "gzip, deflate, br"
CONNECTIONS: Final = 16
_IMPORT: Final = re.compile(r"""(?:import|from)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
_URL: Final = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")


def measure(stage: Stage, engine: Engine, report: Report) -> None:
    url = stage.demo(engine, "event_page")
    size = stage.size
    for workers in (1, 2):
        with ExitStack() as running:
            servers = _servers(running, stage, url, workers)
            ways = _ways(servers)
            loads: dict[str, list[Load]] = defaultdict(list)
            for _round in range(size.rounds):
                for name, (server, request) in ways.items():
                    loads[name].append(_load(servers[server], request, size.seconds))
            _tell(report, loads, f"{workers} worker{'s' if workers > 1 else ''}")
            if workers == 1:
                _transferred(report, servers["site"])


def _servers(running: ExitStack, stage: Stage, url: str, workers: int) -> dict[str, Serving]:
    def serve(target: str, first: str, flags: tuple[str, ...] = (), **settings: str) -> Serving:
        environment = stage.environment(url, **settings)
        return running.enter_context(Serving(target, environment, workers=workers, first=first, flags=flags))

    folder = stage.folder / "static"
    folder.mkdir(exist_ok=True)
    (folder / "hello.txt").write_text("hello")
    mount = ("--static-path-route", "/static", "--static-path-mount", str(folder))
    return {
        "static": serve("bench.hello:app", "/static/hello.txt", mount),
        "hello": serve("bench.hello:app", "/"),
        "site": serve("wsgi:app", PATH),
        "uncached": serve("wsgi:app", PATH, PAGE_CACHE_SECONDS="0"),
    }


def _ways(servers: dict[str, Serving]) -> dict[str, tuple[str, bytes]]:
    """Return what is asked of which server; they take turns, so that all share the machine's moods."""
    asked = {"Accept_Encoding": BROWSER, "Accept_Language": "zh-CN,zh;q=0.9"}

    def known(server: str) -> bytes:
        headers = {name.replace("_", "-"): value for name, value in asked.items()}
        # Each server has an ETag of its own: the page holds its address, and so the port.
        return client.get(PATH, If_None_Match=fetch(servers[server].port, PATH, headers).headers["ETag"], **asked)

    page = client.get(PATH, **asked)
    return {
        "a file, without Python": ("static", client.get("/static/hello.txt")),
        "hello": ("hello", client.get("/", **asked)),
        "200": ("site", page),
        "304": ("site", known("site")),
        "200, page cache off": ("uncached", page),
        "304, page cache off": ("uncached", known("uncached")),
    }


def _load(server: Serving, request: bytes, seconds: float) -> Load:
    client.load(server.port, request, seconds=min(0.3, seconds), connections=CONNECTIONS)  # warms
    return client.load(server.port, request, seconds=seconds, connections=CONNECTIONS, server_cpu=server.cpu)


def _tell(report: Report, loads: dict[str, list[Load]], workers: str) -> None:
    for name, each in loads.items():
        expected = "304" if name.startswith("304") else "200"
        wrong = {status for load in each for status in load.statuses if status != expected}
        if wrong:
            message = f"{name} was answered with {wrong}"
            raise RuntimeError(message)
        report.add(f"{workers}: {name}", [load.rate for load in each], "1/s")
    for name, each in loads.items():
        report.add(f"{workers}: {name}, processor time of the server", [load.server_micros for load in each], "µs")
    report.add(f"{workers}: hello, processor time of the client", [load.client_micros for load in loads["hello"]], "µs")
    report.add(f"{workers}: 200, slowest of a hundred", [load.slowest * 1000 for load in loads["200"]], "ms")
    report.add(f"{workers}: 200 beside hello", _ratios(loads, "200", "hello"), "times", Budget("at least", 0.6))
    # By processor time: at these rates one client, whom a 304 costs as much as a 200, is the limit.
    frugal = [a.server_micros / b.server_micros for a, b in zip(loads["200"], loads["304"], strict=True)]
    report.add(f"{workers}: 304 beside 200, processor time", frugal, "times", Budget("at least", 1))
    report.add(f"{workers}: 304 beside 200", _ratios(loads, "304", "200"), "times")
    off = ", page cache off"
    report.add(f"{workers}: 304 beside 200{off}", _ratios(loads, f"304{off}", f"200{off}"), "times")
    report.add(f"{workers}: 200{off}, beside hello", _ratios(loads, f"200{off}", "hello"), "times")


def _ratios(loads: dict[str, list[Load]], one: str, other: str) -> list[float]:
    return [a.rate / b.rate for a, b in zip(loads[one], loads[other], strict=True)]


class _Resources(HTMLParser):
    """Collects what a browser fetches for a page: styles, scripts, pictures, the icon."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        wanted = {"script": "src", "img": "src", "iframe": "src", "source": "srcset"}.get(tag)
        if tag == "link" and {"stylesheet", "icon", "modulepreload", "preload"} & set((given.get("rel") or "").split()):
            wanted = "href"
        if wanted and given.get(wanted) and not (given[wanted] or "").startswith("data:"):
            self.found.append(given[wanted] or "")


def _transferred(report: Report, site: Serving) -> None:
    """Count what a first visit costs on the wire, heads included, as a browser asks for it."""
    for name, encoding in (("br", BROWSER), ("gzip", "gzip"), ("not encoded", "identity")):
        budget = None if encoding == "identity" else Budget("at most", 30)
        sizes, third = _visit(site.port, encoding)
        report.add(f"transferred for a first visit, {name}", sum(sizes.values()) / 1000, "kB", budget)
        if name == "br":
            for path, size in sizes.items():
                report.add(f"  of it {path}"[:58], size / 1000, "kB")
            report.add("requests to third parties", len(third), "", Budget("at most", 0))
            report.add("cookies set", int("Set-Cookie" in fetch(site.port, PATH).headers), "", Budget("at most", 0))


def _visit(port: int, encoding: str) -> tuple[dict[str, int], set[str]]:
    plain = fetch(port, PATH, {"Accept-Encoding": "identity"}).body.decode()
    page = _Resources()
    page.feed(plain)
    sizes = {"the page": fetch(port, PATH, {"Accept-Encoding": encoding}).transferred}
    third: set[str] = set()
    waiting = [urljoin(PATH, found) for found in page.found]
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        if parts.netloc and parts.hostname not in {"127.0.0.1", "localhost"}:
            third.add(address)
            continue
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if parts.path in sizes:
            continue
        answer = fetch(port, path, {"Accept-Encoding": encoding})
        if answer.status != 200:
            message = f"{path} is answered with {answer.status}"
            raise RuntimeError(message)
        sizes[parts.path] = answer.transferred
        if parts.path.endswith((".js", ".css")):
            text = fetch(port, path, {"Accept-Encoding": "identity"}).body.decode()
            wanted = (_IMPORT if parts.path.endswith(".js") else _URL).findall(text)
            waiting += [urljoin(path, found) for found in wanted if not found.startswith("data:")]
    return sizes, third
