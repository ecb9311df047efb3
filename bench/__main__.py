"""`python -m bench [part …]`: measure, print, keep in bench/results/."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench import (
    event_page,
    exports,
    feed,
    footprint,
    imports,
    letters,
    lists,
    messages,
    numbers,
    organizer,
    pages,
    sign_up,
)
from bench.report import Figure, Report, machine
from bench.stage import ENGINES, ROOT, Engine, Size, Stage, stage

Part = Callable[[Stage, Engine, Report], None]

PARTS: Final[dict[str, Part]] = {
    "event-page": event_page.measure,
    "pages": pages.measure,
    "sign-up": sign_up.measure,
    "feed": feed.measure,
    "footprint": footprint.measure,
    "exports": exports.measure,
    "imports": imports.measure,
    "lists": lists.measure,
    "numbers": numbers.measure,
    "organizer": organizer.measure,
    "letters": letters.measure,
    "messages": messages.measure,
}


def main() -> int:
    asked = _arguments()
    size = Size.tiny() if asked.tiny else replace(Size(), rows=asked.rows, rounds=asked.rounds, seconds=asked.seconds)
    began = time.monotonic()
    print(" · ".join(f"{name} {value}" for name, value in machine().items()))
    figures: list[Figure] = []
    with stage(size) as opened:
        for name in asked.parts or PARTS:
            for engine in asked.engine or ENGINES:
                report = Report(name, engine)
                report.begin()
                PARTS[name](opened, engine, report)
                report.write(asked.output)
                figures += report.figures
    over = [figure for figure in figures if figure.verdict == "OVER"]
    kept = sum(figure.verdict == "ok" for figure in figures)
    print(f"\n{kept} budgets kept, {len(over)} missed, in {time.monotonic() - began:.0f} s.")
    for figure in over:
        print(f"  {figure.part} · {figure.engine}\n{figure.line()}")
    return 1 if over and asked.strict else 0


def _arguments() -> argparse.Namespace:
    usual = Size()
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description="Measure the budgets of the project.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}; default: all")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only this database (may be repeated)")
    parser.add_argument(
        "--rows", type=int, default=usual.rows, help="attendees, letters and events; default %(default)s"
    )
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="of load; default %(default)s")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of load a round; default %(default)s")
    parser.add_argument("--tiny", action="store_true", help="only show that everything runs")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results", help="folder of the JSON files")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a budget is missed")
    asked = parser.parse_args()
    unknown = [part for part in asked.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
