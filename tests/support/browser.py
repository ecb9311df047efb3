"""A real browser: Chromium through Playwright, kept from the network, and axe-core for accessibility.

`python -m tests.support.browser` makes sure that there is one, installing it if need be; `make test` calls it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, Response, sync_playwright

from tests.support import debian

HOW_TO_PROVIDE: Final = (
    "The tests need Chromium: install it (Debian: apt-get install chromium fonts-wqy-zenhei), or set CHROMIUM to its "
    "program, or run `.venv/bin/playwright install chromium`."
)
AXE_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE: Final[str] = Axe().axe_script
# Only the findings leave the page: what was looked at, and found good, is long.
_FINDINGS: Final = """async (options) => {
  const { violations } = await axe.run(options);
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map((node) => `${id} (${impact}): ${help}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}"""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DEBIAN_PACKAGES: Final = ("chromium", "fonts-wqy-zenhei")
_SWITCHES: Final = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page asks for beyond this machine is not even looked up.
    # `plain.test` is this machine under a name that no browser trusts: there it sends no Fetch Metadata.
    "--host-resolver-rules=MAP plain.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class ChromiumMissingError(Exception):
    """No Chromium could be found; the message says what to install."""


def chromium() -> str | None:
    """Return Chromium's program from CHROMIUM, the PATH or Playwright's own folder; None when there is none."""
    given = os.environ.get("CHROMIUM")
    if given:
        return shutil.which(given)
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return str(own) if own.exists() else None


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a running browser; raises ChromiumMissingError."""
    program = chromium()
    if program is None:
        raise ChromiumMissingError(HOW_TO_PROVIDE)
    with sync_playwright() as playwright:
        # Chromium's sandbox refuses root.
        sandbox = os.getuid() != 0
        browser = playwright.chromium.launch(executable_path=program, args=list(_SWITCHES), chromium_sandbox=sandbox)
        yield browser
        browser.close()


@dataclass
class Faults:
    """What went wrong in a page without a test having looked: nothing may."""

    console: list[str] = field(default_factory=list)
    script: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to this page from now on."""
        page.on("console", self._heard)
        page.on("pageerror", self._failed)
        page.on("request", self._asked)
        page.on("response", self._answered)

    def found(self) -> list[str]:
        """Return every fault as a line."""
        return [
            *(f"console: {text}" for text in self.console),
            *(f"script error: {text}" for text in self.script),
            *(f"request to a third party: {url}" for url in self.foreign),
            *(f"not served: {text}" for text in self.missing),
        ]

    def _heard(self, message: ConsoleMessage) -> None:
        # A page answered with 404 or 422 on purpose is reported here too; for what a page loads, see `missing`.
        # On plain.test a browser says that it ignores a header which counts on https.
        expected = ("Failed to load resource", "The Cross-Origin-Opener-Policy header has been ignored")
        if message.type in {"error", "warning"} and not message.text.startswith(expected):
            self.console.append(message.text)

    def _failed(self, error: Error) -> None:
        self.script.append(str(error))

    def _asked(self, request: Request) -> None:
        ours = ("http://127.0.0.1:", "http://localhost:", "http://plain.test:", "data:", "blob:", "about:")
        if not request.url.startswith(ours):
            self.foreign.append(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.missing.append(f"{response.status} {response.url}")


def new_context(
    browser: Browser,
    *,
    width: int,
    locale: str,
    javascript: bool,
    color_scheme: Literal["light", "dark"],
    base_url: str | None = None,
) -> BrowserContext:
    """Return a fresh profile of a browser of this width in pixels; below 600 it is a phone's, with touch."""
    phone = width < 600
    return browser.new_context(
        viewport={"width": width, "height": 800},
        locale=locale,
        java_script_enabled=javascript,
        color_scheme=color_scheme,
        base_url=base_url,
        has_touch=phone,
        is_mobile=phone,
        device_scale_factor=2 if phone else 1,
        reduced_motion="reduce",
        timezone_id="Asia/Shanghai",
    )


def axe(page: Page) -> list[str]:
    """Return what axe-core finds on the page under WCAG 2.2 A and AA and its best practices, a line a finding."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    options = {"runOnly": {"type": "tag", "values": AXE_TAGS}, "resultTypes": ["violations"]}
    found: list[str] = page.evaluate(_FINDINGS, options)
    return found


def provide() -> None:
    """Make sure that there is a Chromium: Debian's as root, else Playwright's own; ends with a sentence if not."""
    if chromium():
        return
    if debian.can_install():
        debian.install(*_DEBIAN_PACKAGES)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdout=sys.stderr)
    if not chromium():
        raise SystemExit(HOW_TO_PROVIDE)


if __name__ == "__main__":
    provide()
