"""What was measured: printed as it comes, as a table at the end of each part, and kept as JSON."""

import json
import os
import platform
import sqlite3
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

_MODEL_LINE: Final = "model name"
_NAME_WIDTH: Final = 58


@dataclass(frozen=True, slots=True)
class Budget:
    """What a figure must keep.

    Of a time several were taken, and the shortest is judged: whatever else the machine does can only lengthen it.
    Of a ratio the median is judged, since its two halves share the machine's moods.
    """

    kind: Literal["at most", "at least"]
    limit: float
    judges_best: bool = False

    def holds(self, value: float) -> bool:
        return value <= self.limit if self.kind == "at most" else value >= self.limit

    def __str__(self) -> str:
        return f"{'<=' if self.kind == 'at most' else '>='} {_number(self.limit)}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. Of several rounds it is the median; `low` and `high` are the extremes."""

    part: str
    engine: str
    name: str
    value: float
    unit: str
    budget: Budget | None = None
    low: float | None = None
    high: float | None = None

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return ""
        best = self.low if self.budget.kind == "at most" else self.high
        judged = best if self.budget.judges_best and best is not None else self.value
        return "ok" if self.budget.holds(judged) else "OVER"

    def line(self) -> str:
        spread = (
            f"  ({_number(self.low)} … {_number(self.high)})" if self.low is not None and self.high is not None else ""
        )
        budget = f"{self.budget!s:>9} {self.verdict:4}" if self.budget else " " * 14
        return f"  {self.name:{_NAME_WIDTH}} {_number(self.value):>10} {self.unit:7} {budget}{spread}"


@dataclass
class Report:
    """The figures of one part on one engine, and the query plans behind them."""

    part: str
    engine: str = ""
    figures: list[Figure] = field(default_factory=list)
    plans: dict[str, list[str]] = field(default_factory=dict)

    def begin(self) -> None:
        print(f"\n{self.part}{f' · {self.engine}' if self.engine else ''}", flush=True)

    def add(self, name: str, value: float | Sequence[float], unit: str, budget: Budget | None = None) -> None:
        """Keep and print a value, or the median of several."""
        values = [value] if isinstance(value, int | float) else list(value)
        spread = (min(values), max(values)) if len(values) > 1 else (None, None)
        figure = Figure(self.part, self.engine, name, statistics.median(values), unit, budget, *spread)
        self.figures.append(figure)
        print(figure.line(), flush=True)

    def add_plan(self, name: str, plan: list[str]) -> None:
        self.plans[name] = plan

    def write(self, folder: Path) -> None:
        """Keep everything as JSON, under the name of the part and the engine."""
        folder.mkdir(parents=True, exist_ok=True)
        name = "-".join(word for word in (self.part.replace(" ", "-"), self.engine) if word)
        figures = [
            {key: value for key, value in asdict(figure).items() if value is not None} | {"verdict": figure.verdict}
            for figure in self.figures
        ]
        content = {"machine": machine(), "figures": figures, "plans": self.plans}
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def machine() -> dict[str, object]:
    """Return what a reader must know to compare: the machine, its load, the versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith(_MODEL_LINE)), platform.machine())
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": model,
        "cores": os.cpu_count(),
        "load_of_the_last_minute": round(os.getloadavg()[0], 2),
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("granian", "flask", "sqlalchemy", "psycopg")},
    }


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
