"""A mail server on loopback that takes everything and counts it, in a process of its own.

`python -m bench.smtp_sink` prints its port when it listens, and answers each line on its standard input with the
number of letters so far.
"""

import asyncio
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Takes every letter and forgets it."""

    def __init__(self) -> None:
        self.taken = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.taken += 1
        return "250 OK"


async def _serve() -> None:
    loop, sink = asyncio.get_running_loop(), Sink()
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink.example", loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(sink.taken, flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
