"""The benchmarks still run: at a size that shows nothing but that."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench import client
from bench.report import Budget, Report
from bench.serving import FLAGS, Serving

ROOT = Path(__file__).parents[1]
PATH_ALONE = {"PATH": "/usr/bin:/bin"}


def run(output, *arguments):
    command = [sys.executable, "-m", "bench", "--tiny", "--engine", "sqlite", "--output", str(output), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)


def test_parts_inside_the_process_run(tmp_path):
    done = run(tmp_path, "pages", "feed", "lists", "numbers")

    assert done.returncode == 0, done.stderr
    written = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}
    assert set(written) == {"pages-sqlite", "feed-sqlite", "lists-sqlite", "numbers-sqlite"}
    assert all(content["figures"] and content["plans"] for content in written.values())
    # Counted, not timed: these hold on any machine.
    statements = [f for f in written["pages-sqlite"]["figures"] if f["name"].startswith("statements") and "budget" in f]
    assert [figure["verdict"] for figure in statements] == ["ok", "ok"]


def test_the_server_is_started_as_make_run_does():
    recipe = re.search(r"^run:\n?.*?granian(.*?)wsgi:app", (ROOT / "Makefile").read_text(), re.DOTALL | re.MULTILINE)

    assert recipe is not None
    words = recipe[1].replace("\\", " ").split()
    said = {"--host", "--port", "--workers"}
    kept = [word for at, word in enumerate(words) if word not in said and words[at - 1] not in said]
    assert sorted(kept) == sorted(FLAGS)


def test_load_counts_every_answer():
    request = client.get("/")

    with Serving("bench.hello:app", PATH_ALONE) as server:
        load = client.load(server.port, request, seconds=0.1, connections=4, processes=2, server_cpu=server.cpu)

    assert load.answers > 0
    assert load.statuses == {"200": load.answers}
    assert 0 < load.median <= load.slowest


def test_load_stops_at_a_server_that_is_not_there():
    with Serving("bench.hello:app", PATH_ALONE) as server:
        port = server.port

    with pytest.raises(RuntimeError, match="could not reach"):
        client.load(port, client.get("/"), seconds=0.1, connections=1)


def test_report_tells_a_budget_that_is_missed(capsys, tmp_path):
    report = Report("trial", "sqlite")

    report.add("kept", [3.0, 1.0, 2.0], "ms", Budget("at most", 2))
    report.add("missed", 0.5, "times", Budget("at least", 0.6))
    report.add("kept once undisturbed", [9.0, 1.5, 8.0], "ms", Budget("at most", 2, judges_best=True))
    report.write(tmp_path)

    assert [(figure.value, figure.verdict) for figure in report.figures] == [(2.0, "ok"), (0.5, "OVER"), (8.0, "ok")]
    assert "OVER" in capsys.readouterr().out.splitlines()[1]
    assert json.loads((tmp_path / "trial-sqlite.json").read_text())["figures"][0]["high"] == 3.0
