"""Takes the pictures of the README and of docs/organizers.md from a running site with the demo community in it.

    make run                                                  # in one terminal; it prints a link that signs in
    .venv/bin/python docs/screenshots.py http://127.0.0.1:8000/organizer/sign-in/…    # in another, with that link

They are written to docs/images/. Uses the same Chromium as the tests.
"""

import sys
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402 - found from the project's root
from playwright.sync_api import Browser, BrowserContext  # noqa: E402 - as above

from tests.support import browser as chromium  # noqa: E402 - as above

IMAGES: Final = ROOT / "docs" / "images"
EVENT: Final = "/events/kubesphere-meetup-beijing-demo"
MANAGED: Final = f"/organizer{EVENT}"
# Flat colours: a palette holds them in a third of the bytes.
COLORS: Final = 128


class Picture(NamedTuple):
    """One picture: which page, how wide, in which language and theme."""

    name: str
    path: str
    width: int
    locale: str
    theme: Literal["light", "dark"]


PICTURES: Final = (
    Picture("home-zh", "/", 1280, "zh-CN", "light"),
    Picture("event-zh", EVENT, 1280, "zh-CN", "light"),
    Picture("event-phone-zh", EVENT, 375, "zh-CN", "light"),
    Picture("sign-up-phone-zh", f"{EVENT}#sign-up", 375, "zh-CN", "dark"),
    Picture("event-en-dark", EVENT, 1280, "en-GB", "dark"),
)
MANAGING: Final = (
    Picture("organizer-new-en", "/organizer/events/new", 1280, "en-GB", "light"),
    Picture("organizer-overview-en", MANAGED, 1280, "en-GB", "light"),
    Picture("organizer-details-zh", f"{MANAGED}/details", 1280, "zh-CN", "light"),
    Picture("organizer-agenda-en", f"{MANAGED}/agenda", 1280, "en-GB", "light"),
    Picture("organizer-sign-up-en", f"{MANAGED}/sign-up", 1280, "en-GB", "light"),
    Picture("organizer-move-en", f"{MANAGED}/schedule", 1280, "en-GB", "dark"),
    Picture("organizer-team-en", "/organizer/team", 1280, "en-GB", "light"),
    Picture("organizer-history-en", f"{MANAGED}/history", 1280, "en-GB", "light"),
    Picture("organizer-message-en", f"{MANAGED}/messages/new", 1280, "en-GB", "light"),
    Picture("organizer-phone-zh", MANAGED, 375, "zh-CN", "dark"),
)


def take(sign_in_link: str) -> None:
    """Write every picture: the first screen of its page, as a visitor or a signed-in organizer sees it."""
    parts = urlsplit(sign_in_link)
    base_url = f"{parts.scheme}://{parts.netloc}"
    IMAGES.mkdir(exist_ok=True)
    with chromium.launched() as browser:
        for picture in PICTURES:
            _take(_context(browser, picture, base_url), picture)
        cookies = _signed_in(browser, sign_in_link, base_url)
        for picture in MANAGING:
            context = _context(browser, picture, base_url)
            context.add_cookies(cookies)  # type: ignore[arg-type]  # what it gave is what it takes
            _take(context, picture)


def _signed_in(browser: Browser, link: str, base_url: str) -> list[object]:
    context = _context(browser, MANAGING[0], base_url)
    page = context.new_page()
    page.goto(link)
    with page.expect_navigation():
        page.locator("main button[type=submit]").first.click()
    cookies: list[object] = list(context.cookies())
    context.close()
    return cookies


def _context(browser: Browser, picture: Picture, base_url: str) -> BrowserContext:
    return chromium.new_context(
        browser,
        width=picture.width,
        locale=picture.locale,
        javascript=True,
        color_scheme=picture.theme,
        base_url=base_url,
    )


def _take(context: BrowserContext, picture: Picture) -> None:
    page = context.new_page()
    page.goto(picture.path, wait_until="networkidle")
    path = IMAGES / f"{picture.name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(COLORS).save(path, optimize=True)
    context.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script itself, and the link
        raise SystemExit(__doc__)
    take(sys.argv[1])
