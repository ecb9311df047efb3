"""What a chart shows, apart from how it is drawn: its sentence, its series, and the table with the same values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["lines", "bars", "columns"]
# How a series is drawn, always by more than its colour: filled or solid, dashed, hatched, or as a plain limit.
Look = Literal["main", "second", "limit"]
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values, one for each label of the chart; None where there is none."""

    name: str
    values: Sequence[float | None]
    look: Look = "main"


@dataclass(frozen=True, slots=True)
class Table:
    """The same values to read: what the columns are called, and the rows. The first column names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure. `key` is its name in addresses, `finding` says in a sentence what it shows.

    `kind`: lines over time, horizontal bars of one series, or columns that stand on each other. `suffix` follows each
    value that is written (" %"), `notes` what stands behind each bar's value. `top` is the end of the scale, where it
    is not the highest value. `rests_on` says what the figures are made of.
    """

    key: str
    title: str
    finding: str
    kind: Kind
    labels: Sequence[str]
    series: Sequence[Series]
    table: Table
    suffix: str = ""
    notes: Sequence[str] = field(default=())
    top: float | None = None
    rests_on: str = ""
