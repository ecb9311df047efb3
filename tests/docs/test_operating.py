"""What the guide for operators tells a proxy holds for every address there is."""

import re
from pathlib import Path

from app.imports.views import FILE_BYTES_MAX

GUIDE = Path("docs/operating.md").read_text()
UNITS = {"k": 1024, "m": 1024 * 1024}


def test_proxy_takes_bodies_as_long_as_juhui_does():
    sizes = [int(size) * UNITS[unit] for size, unit in re.findall(r"client_max_body_size (\d+)([km]);", GUIDE)]

    assert len(sizes) == 2
    assert max(sizes) >= FILE_BYTES_MAX


def test_every_address_with_a_secret_in_it_is_left_out_of_access_logs(app):
    secret = {rule.rule.partition("<token>")[0] for rule in app.url_map.iter_rules() if "<token>" in rule.rule}
    patterns = [re.compile(each) for each in re.findall(r"^  ~(\^/\S+) +0;", GUIDE, re.MULTILINE)]

    assert len(secret) > 5
    assert [path for path in secret if not any(pattern.match(path) for pattern in patterns)] == []
    assert [path for path in secret if f"`{path}`" not in GUIDE] == []
