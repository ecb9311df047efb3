"""A limit that several processes share is counted once for all of them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.races.test_sign_up_race import send, stamp_of
from tests.support import redis_server


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_two_processes_count_sign_ups_together_in_redis(make_event, make_server, tmp_path):
    event, people, allowed = make_event(capacity=None), 24, 5
    with redis_server.running(tmp_path) as address:
        limits = {"RATE_LIMIT_STORAGE": address, "SIGN_UP_RATE": f"{allowed} per hour"}
        with make_server(workers=2, **limits) as server, ThreadPoolExecutor(8) as pool:
            stamp = stamp_of(server, event.slug)

            answers = Counter(pool.map(lambda n: send(server, event.slug, stamp, f"person-{n}"), range(people)))

    assert answers == {303: allowed, 429: people - allowed}
