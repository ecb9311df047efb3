"""What the tests of long work share."""

from datetime import timedelta

import pytest

from app.work import service


@pytest.fixture(autouse=True)
def long_round(monkeypatch):
    """One call does all that is due: how many steps fit into a second is the machine's business."""
    monkeypatch.setattr(service, "ROUND", timedelta(hours=1))
