"""Notices of the settings: what is read, and what is said of a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kggraph.config import load
from kggraph.errors import ConfigError
from kggraph.notices import read_notices

GOOD: dict[str, Any] = {
    "concepts": ["https://example.org/a"],
    "title": {"en": "Help"},
    "text": {"en": "There is help."},
    "links": [{"href": "tel:112", "label": {"en": "Call 112"}}],
}


def test_a_notice_is_read() -> None:
    (notice,) = read_notices([GOOD], "notices")
    assert notice.concepts == ("https://example.org/a",)
    assert notice.links[0].href == "tel:112"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"concepts": []}, "needs a list of IRIs"),
        ({"concepts": "https://example.org/a"}, "needs a list of IRIs"),
        ({"title": "Help"}, "needs a text by language"),
        ({"text": {"en": ""}}, "needs a text by language"),
        ({"links": {"href": "x"}}, "needs a list of tables"),
        ({"links": [{"href": "javascript:alert(1)", "label": {"en": "x"}}]}, "must start with one of"),
        ({"links": [{"href": "tel:1", "label": {"en": "x"}, "rel": "y"}]}, "it may have href, label"),
        ({"colour": "red"}, "it may have concepts, links, text, title"),
    ],
)
def test_a_mistake_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_notices([{**GOOD, **change}], "notices")


def test_only_tables_are_notices(tmp_path: Path) -> None:
    (tmp_path / "kggraph.toml").write_text('notices = "call"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"under \[\[notices\]\]"):
        load(tmp_path, {})
