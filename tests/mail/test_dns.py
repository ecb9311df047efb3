"""What the doctor says of the sender's domain, asked of a real name server."""

import pytest

from app.config import BadSettingError
from app.core import checks
from app.core.clock import utc_now
from app.mail import dns
from tests.support import network
from tests.support.dns import DnsServer

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

GOOD = {
    "example.org": {"TXT": ['"v=spf1 include:spf.provider.example ~all"', '"other=1"'], "MX": ["10 mx.example.org."]},
    "s1._domainkey.example.org": {"TXT": ['"v=DKIM1; k=rsa; " "p=MIIB"']},
    "_dmarc.example.org": {"TXT": ['"v=DMARC1; p=none"']},
}


@pytest.fixture
def name_server():
    with DnsServer(dict(GOOD)) as server:
        yield server


@pytest.fixture
def settings(name_server):
    return {
        "MAIL_SERVER": "mail.example.org",
        "MAIL_SENDER": "meetup@example.org",
        "MAIL_DKIM_SELECTOR": "s1",
        "DNS_SERVER": name_server.address,
    }


def look(check):
    finding = check(utc_now())
    return finding.is_ok, f"{finding.says} {finding.advice}"


@pytest.mark.parametrize("check", [dns.spf, dns.dkim, dns.dmarc, dns.mx])
def test_a_domain_in_order_is_in_order(app, check):
    assert look(check)[0]


@pytest.mark.parametrize(
    ("name", "records", "check", "says"),
    [
        ("example.org", {"TXT": ['"other=1"']}, dns.spf, 'example.org. IN TXT "v=spf1 a:mail.example.org ~all"'),
        ("example.org", {"TXT": ['"v=spf1 -all"', '"v=spf1 ~all"']}, dns.spf, "Keep one"),
        ("example.org", {"TXT": ['"v=spf1 +all"']}, dns.spf, "~all"),
        ("example.org", None, dns.spf, "v=spf1"),
        ("s1._domainkey.example.org", None, dns.dkim, "s1._domainkey.example.org. IN TXT"),
        ("s1._domainkey.example.org", {"TXT": ['"v=DKIM1; p="']}, dns.dkim, "revokes"),
        ("_dmarc.example.org", None, dns.dmarc, '_dmarc.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@'),
        ("_dmarc.example.org", {"TXT": ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']}, dns.dmarc, "Keep one"),
        ("example.org", {"MX": ["0 ."]}, dns.mx, "example.org. IN MX 10 mail.example.org."),
        ("example.org", None, dns.mx, "takes no mail"),
    ],
)
def test_what_is_missing_comes_with_the_line_to_paste(app, name_server, name, records, check, says):
    if records is None:
        del name_server.records[name]
    else:
        name_server.records[name] = records

    is_ok, words = look(check)

    assert not is_ok
    assert says in words


def test_a_domain_without_mx_takes_mail_at_its_address(app, name_server):
    name_server.records["example.org"] = {"A": ["192.0.2.7"]}

    assert look(dns.mx)[0]


def test_a_selector_that_is_not_said_is_asked_for(app):
    app.config["MAIL_DKIM_SELECTOR"] = ""

    assert "MAIL_DKIM_SELECTOR" in look(dns.dkim)[1]


def test_a_name_server_that_is_silent_is_no_verdict(app, name_server, monkeypatch):
    monkeypatch.setattr(dns, "PATIENCE", 0.3)
    name_server.is_silent = True

    found = dict(checks.run_all(app, now=utc_now()))

    network.attempts()  # the mail server itself, which has a name that nobody may ask for here
    assert found["SPF"].says.startswith("could not be checked: the name server does not answer")
    assert not found["MX"].is_ok


@pytest.mark.parametrize("sender", ["meetup@localhost.localdomain"])
def test_a_sender_of_this_machine_alone_is_asked_of_nobody(make_app, settings, sender):
    app = make_app(**settings | {"MAIL_SENDER": sender})

    assert {"SPF", "DKIM", "DMARC", "MX"}.isdisjoint(check.name for check in app.extensions["checks"])


@pytest.mark.parametrize(("name", "value"), [("DNS_SERVER", "ns.example.org"), ("MAIL_DKIM_SELECTOR", "a b")])
def test_what_cannot_be_asked_stops_the_start(make_app, name, value):
    with pytest.raises(BadSettingError, match=name):
        make_app(**{name: value})
