"""Where a sign-up came from: a word in the address of the event's page, which travels on in the form's address.

No cookie and nothing about the person: whoever opens `/events/<slug>?via=zhihu` and signs up there counts for `zhihu`.
"""

import re
from collections.abc import Mapping
from typing import Final

# A partner link's own word goes ahead of what a newsletter's tool has added (utm_source is what all of them add).
PARAMETERS: Final = ("via", "utm_source")
SOURCE_MAX: Final = 60
# How somebody came who was brought in a file, or added by an organizer: no address can say that of itself.
IMPORTED: Final = "import"
BY_HAND: Final = "by hand"
RESERVED: Final = frozenset({IMPORTED, BY_HAND})
_SOURCE: Final = re.compile(rf"[a-z0-9._-]{{1,{SOURCE_MAX}}}")


def clean_source(text: str | None) -> str:
    """Return the word as it is stored, in lower case; empty for anything that is none, and for what is ours to say."""
    word = (text or "").strip().lower()
    return word if _SOURCE.fullmatch(word) and word not in RESERVED else ""


def source_of(query: Mapping[str, str]) -> str:
    """Return what led to a page, by the query of its address; empty where it does not say."""
    return next((word for name in PARAMETERS if (word := clean_source(query.get(name)))), "")
