"""Charts as pictures: each kind at each width stays inside its frame, and nothing heavy is held before the first."""

import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from app.numbers import drawing
from app.numbers.charts import Chart, Series, Table

SVG = "{http://www.w3.org/2000/svg}"
NOTHING = Table([], [])
LONG = "北京某某某云计算科技发展有限公司（研究院）与 a very long English name"


def chart(kind, values, *, labels=None, more=(), **given):
    series = [Series("人数", values), *(Series(f"Series {n}", each, "second") for n, each in enumerate(more))]
    names = labels or [str(number) for number in range(len(values))]
    return Chart("key", "标题", "A finding.", kind, names, series, NOTHING, **given)


CHARTS = {
    "one point": chart("lines", [1]),
    "two lines": chart("lines", [1, 2, 100_000], more=[[1, 2, 3]]),
    "lines that are flat": chart("lines", [0, 0, 0], more=[[0, 0, 0]]),
    "one bar": chart("bars", [7], labels=[LONG], notes=["(100 %)"]),
    "bars of nothing": chart("bars", [0, 0]),
    "bars of two names that are shortened alike": chart("bars", [3, 2], labels=[f"{LONG}1", f"{LONG}2"]),
    "columns": chart("columns", [3, None, 5], more=[[1, 2, 3]]),
    "a column of nothing": chart("columns", [0]),
    "shares": chart("columns", [50, 100], suffix=" %", top=100),
}


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("width", drawing.WIDTHS)
def test_every_chart_is_a_picture_of_its_size(name, width):
    drawn = ET.fromstring(drawing.svg(CHARTS[name], width))  # noqa: S314 - drawn by us

    assert (drawn.get("width"), drawn.get("height")) == (str(width), str(drawing.height(CHARTS[name])))
    assert drawn.find(f"{SVG}title").text == "标题"
    assert "nan" not in ET.tostring(drawn, encoding="unicode").lower().replace("finan", "")
    bars = [each for each in drawn.iter(f"{SVG}rect") if "rect" in each.get("class", "").split()]
    if CHARTS[name].kind == "bars":
        assert len(bars) == len(CHARTS[name].labels)


def test_series_are_told_apart_by_more_than_colour():
    drawn = drawing.svg(CHARTS["columns"], 520).decode()

    assert 'id="hatch"' in drawn
    assert "is-main" in drawn
    assert "is-second" in drawn


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_becomes_a_png(name):
    assert drawing.png(CHARTS[name]).startswith(b"\x89PNG")


def test_other_imports_stay_as_they_were():
    assert drawing.svg(CHARTS["columns"], 520)

    assert [finder for finder in sys.meta_path if type(finder).__module__.startswith("pygal")] == []


def test_process_that_has_drawn_no_chart_and_read_no_workbook_holds_nothing_of_it(tmp_path):
    heavy = {"openpyxl", "pygal", "resvg_py", "xlsxwriter"}
    script = f"import app, sys; app.create_app(); print(sorted({heavy} & set(sys.modules)))"
    environment = {"APP_ENV": "testing", "SECRET_KEY": "k" * 40, "DATABASE_URL": f"sqlite:///{tmp_path}/a.sqlite3"}

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)

    assert (ran.stdout.strip(), ran.returncode) == ("[]", 0), ran.stderr
