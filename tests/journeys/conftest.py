"""The whole site for a browser: the demo community, the real server, a mail server that letters arrive at."""

import re
from collections.abc import Callable
from pathlib import Path

import mailparser
import pytest
from flask import Flask

from app.core.clock import utc_now
from app.exchange.load import load
from tests.support.server import Server
from tests.support.smtp import SmtpServer

DEMO = Path(__file__).parents[2] / "app" / "demo"


@pytest.fixture
def site(app: Flask, make_server: Callable[..., Server], smtp_server: SmtpServer) -> Server:
    """The running site with the real community in it."""
    load([DEMO], now=utc_now())
    return make_server(
        DUTIES="thread",
        DUTY_PAUSE="0.1",
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=str(smtp_server.port),
        MAIL_SECURITY="none",
        SIGN_UP_SECONDS_MIN="0.5",
    )


@pytest.fixture
def letter(smtp_server: SmtpServer) -> Callable[[int], mailparser.MailParser]:
    """Wait for the n-th letter and read it as a mail client does."""
    return lambda number: mailparser.parse_from_bytes(smtp_server.wait_for(number, seconds=60)[number - 1].raw)


def link_in(letter: mailparser.MailParser, part: str) -> str:
    """Return the address in the letter's text that contains this."""
    found = re.search(rf"\S+{re.escape(part)}\S*", letter.text_plain[0])
    assert found, letter.text_plain[0]
    return found[0]
