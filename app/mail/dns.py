"""What the world's name servers say of the domain that letters come from: SPF, DKIM, DMARC, MX; for `flask doctor`.

Mailboxes believe a sender whose domain says who may send for it (SPF, RFC 7208), signs (DKIM, RFC 6376) and says what
to do with the rest (DMARC, RFC 7489). What is missing comes with the line to paste into the domain's zone.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flask import current_app

from app.core.checks import Finding

if TYPE_CHECKING:
    import dns.resolver

# Seconds for one question, with everything that its answer takes.
PATIENCE: Final = 4.0
_PORT: Final = 53
_DMARC: Final = "v=DMARC1"
_SPF: Final = "v=spf1"


class DnsAwayError(Exception):
    """No name server has answered; nothing is known."""


def spf(_now: datetime) -> Finding:
    """See whether the sender's domain says which machines send for it."""
    domain = _domain()
    found = [text for text in _texts(domain) if text.lower().split(" ")[0] == _SPF]
    line = f'{domain}. IN TXT "{_SPF} a:{current_app.config["MAIL_SERVER"]} ~all"'
    if not found:
        return Finding(
            f"{domain} does not say who sends for it",
            f"Publish what your mail provider's page says, or for a server of your own: {line}",
        )
    if len(found) > 1:
        return Finding(f"{domain} has {len(found)} SPF records", "Keep one: several count as none (RFC 7208 4.5).")
    if found[0].rstrip().endswith("+all"):
        return Finding(f"{domain}: {found[0]}", "`+all` lets everybody send in your name: end it with `~all`.")
    return Finding(f"{domain}: {found[0]}")


def dkim(_now: datetime) -> Finding:
    """See whether the key is published that the mail server signs with."""
    selector, domain = current_app.config["MAIL_DKIM_SELECTOR"], _domain()
    if not selector:
        return Finding(
            "not looked for: MAIL_DKIM_SELECTOR is empty",
            "Your mail provider signs letters with a key under a name, the selector: set MAIL_DKIM_SELECTOR to it.",
        )
    name = f"{selector}._domainkey.{domain}"
    keys = [text for text in _texts(name) if "p=" in text]
    if not keys:
        return Finding(
            f"no key at {name}",
            f'Publish the line your mail provider shows: {name}. IN TXT "v=DKIM1; k=rsa; p=…" (or its CNAME).',
        )
    if any(part.strip() == "p=" for part in keys[0].split(";")):
        return Finding(f"the key at {name} is empty, which revokes it", "Publish the key your server signs with now.")
    return Finding(f"a key at {name}")


def dmarc(_now: datetime) -> Finding:
    """See whether the domain says what to do with letters that are not its own."""
    domain = _domain()
    found = [text for text in _texts(f"_dmarc.{domain}") if text.startswith(_DMARC)]
    if not found:
        return Finding(
            f"no record at _dmarc.{domain}",
            f'Publish: _dmarc.{domain}. IN TXT "{_DMARC}; p=none; rua=mailto:postmaster@{domain}"',
        )
    if len(found) > 1:
        return Finding(f"{len(found)} records at _dmarc.{domain}", "Keep one: several count as none (RFC 7489 6.6.3).")
    return Finding(f"_dmarc.{domain}: {found[0]}")


def mx(_now: datetime) -> Finding:
    """See whether answers to the letters can arrive."""
    domain = _domain()
    servers = sorted(str(record.exchange).rstrip(".") for record in _answers(domain, "MX"))
    if any(servers):
        return Finding(f"{domain} takes mail at {', '.join(filter(None, servers[:3]))}")
    # Without MX letters go to the domain's own address (RFC 5321 5.1); an MX of "." takes none (RFC 7505).
    if not servers and (_answers(domain, "A") or _answers(domain, "AAAA")):
        return Finding(f"{domain} takes mail at its own address, if a mail server listens there")
    return Finding(
        f"{domain} takes no mail",
        f"Answers and bounces get lost. Publish: {domain}. IN MX 10 {current_app.config['MAIL_SERVER']}.",
    )


def _domain() -> str:
    sender: str = current_app.config["MAIL_SENDER"]
    return sender.rpartition("@")[2]


def _texts(name: str) -> list[str]:
    return [b"".join(record.strings).decode("utf-8", "replace") for record in _answers(name, "TXT")]


def _answers(name: str, kind: str) -> list[Any]:
    """Return the records of a name; none where there is no such name. Raises DnsAwayError."""
    # Imported by the doctor alone: a serving process has no use for its 5 MB.
    import dns.exception
    import dns.resolver

    try:
        return list(_resolver().resolve(name, kind, lifetime=PATIENCE))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        message = f"the name server does not answer ({type(error).__name__})"
        raise DnsAwayError(message) from error


def _resolver() -> "dns.resolver.Resolver":
    import dns.resolver

    server: str = current_app.config["DNS_SERVER"]
    if not server:
        return dns.resolver.Resolver()
    host, _colon, port = server.partition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [host]
    resolver.port = int(port or _PORT)
    return resolver
