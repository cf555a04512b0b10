"""The style sheets are small and have no rule for what no page has, and no page asks for a colour that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "kggraph" / "web"
SHEETS = tuple(sorted((WEB / "static").glob("*.css")))
MOST_BYTES = 32_000


def _plain(path: Path) -> str:
    return re.sub(r"/\*.*?\*/|url\([^)]*\)", "", path.read_text("utf-8"), flags=re.DOTALL)


def _written() -> str:
    """Everything that writes classes: templates, scripts and the Python that draws."""
    files = [*WEB.rglob("*.html"), *WEB.rglob("*.js"), *WEB.rglob("*.py"), *(WEB.parent / "publish").glob("*.py")]
    return " ".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_class_of_a_rule_is_written_somewhere(sheet: Path) -> None:
    selectors = " ".join(re.findall(r"([^{};]+)\{", _plain(sheet)))
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))
    written = set(re.findall(r"[\w-]+", _written()))
    # A class with a number is made of its beginning: `hue-{n}`.
    starts = tuple(word for word in written if word.endswith("-"))
    dead = {name for name in classes if name not in written and f"{name.rpartition('-')[0]}-" not in starts}
    assert dead == set()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_custom_property_is_set_and_used(sheet: Path) -> None:
    everything = " ".join(map(_plain, SHEETS)) + _written()
    asked = set(re.findall(r"var\((--[\w-]+)", _plain(sheet)))
    declared = set(re.findall(r"(--[\w-]+)\s*:", _plain(sheet)))
    assert {name for name in asked if not re.search(rf"{name}\s*:", everything)} == set()
    assert {name for name in declared if f"var({name}" not in everything} == set()


def test_the_style_sheet_stays_small() -> None:
    assert (WEB / "static" / "site.css").stat().st_size < MOST_BYTES
