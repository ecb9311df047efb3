"""Every letter about an event has a name that people read."""

import pytest

from app.core.i18n import speaking
from app.mail import kinds
from app.messages.words import letter_names


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_every_kind_of_letter_about_an_event_has_a_name(app):
    with speaking("en"):
        assert letter_names().keys() >= kinds.kinds_with_topic()
