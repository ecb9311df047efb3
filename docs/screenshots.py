"""Takes the pictures of the README from a running site with the demo community in it.

    make run                                  # in one terminal
    .venv/bin/python docs/screenshots.py      # in another; an address other than http://127.0.0.1:8000 as argument

They are written to docs/images/. Uses the same Chromium as the tests.
"""

import sys
from pathlib import Path
from typing import Final, Literal, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support import browser as chromium  # noqa: E402 - found from the project's root

IMAGES: Final = ROOT / "docs" / "images"
EVENT: Final = "/events/kubesphere-meetup-beijing-demo"


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


def take(base_url: str) -> None:
    """Write every picture: the first screen of its page, as a visitor sees it."""
    IMAGES.mkdir(exist_ok=True)
    with chromium.launched() as browser:
        for picture in PICTURES:
            context = chromium.new_context(
                browser,
                width=picture.width,
                locale=picture.locale,
                javascript=True,
                color_scheme=picture.theme,
                base_url=base_url,
            )
            page = context.new_page()
            page.goto(picture.path, wait_until="networkidle")
            page.screenshot(path=IMAGES / f"{picture.name}.png")
            context.close()


if __name__ == "__main__":
    take(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
