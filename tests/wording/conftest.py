"""What the tests of letters' texts share."""

import pytest

from app.core.clock import utc_now
from app.core.i18n import Texts
from app.core.versions import Seen
from app.history.service import Actor
from app.wording.kinds import kind_named
from app.wording.queries import values_of
from app.wording.service import save


@pytest.fixture
def write(app):
    """Save a text as somebody who sees what is there: `write(event, "confirmed", body=Texts(en="Hi {name}"))`."""

    def write_text(event, kind="confirmed", *, by=None, seen=None, **parts: Texts):
        present = values_of(event.id, kind_named(kind))
        return save(event.id, kind, present | parts, seen=seen or Seen.of(present), by=by or Actor(), now=utc_now())

    return write_text
