"""Which device a browser says it runs on, in a few words; what a browser says proves nothing."""

import re
from typing import Final

# In this order: most browsers also claim to be those that come later.
_BROWSERS: Final = (
    ("WeChat", re.compile(r"MicroMessenger/")),
    ("Edge", re.compile(r"Edg(e|A|iOS)?/")),
    ("Opera", re.compile(r"OPR/|Opera")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/")),
    ("Firefox", re.compile(r"Firefox/|FxiOS/")),
    ("Chrome", re.compile(r"Chrome/|CriOS/")),
    ("Safari", re.compile(r"Version/[\d.]+ .*Safari/")),
)
_SYSTEMS: Final = (
    ("iPhone", re.compile(r"iPhone")),
    ("iPad", re.compile(r"iPad")),
    ("Android", re.compile(r"Android")),
    ("HarmonyOS", re.compile(r"OpenHarmony|HarmonyOS")),
    ("Windows", re.compile(r"Windows")),
    ("Mac", re.compile(r"Macintosh|Mac OS X")),
    ("Linux", re.compile(r"Linux")),
)


def device_of(user_agent: str | None) -> str:
    """Return such as `Firefox, Windows` from a User-Agent header; empty when it says nothing that is known."""
    said = [
        next((name for name, sign in known if sign.search(user_agent or "")), "") for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(part for part in said if part)
