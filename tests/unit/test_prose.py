"""Texts of a knowledge base: the small part of Markdown they may use, and that none of it becomes HTML by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kggraph.web.prose import own_text, rendered, title_of


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo", "<p>one two</p>"),
        ("## Head", "<h2>Head</h2>"),
        ("- a\n- b\n  c", "<ul><li>a</li><li>b   c</li></ul>"),
        ("**x** & y", "<p><strong>x</strong> &amp; y</p>"),
        ("[x](/gaps)", '<p><a href="/gaps">x</a></p>'),
        ("[x](javascript:alert)", "<p>x</p>"),
        ("[x](//evil.example)", "<p>x</p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("# Title\n\nText", "\n<p>Text</p>"),
    ],
)
def test_rendered(text: str, html: str) -> None:
    assert str(rendered(text)) == html


@given(st.text(alphabet="<>&\"'[]()#*- \nahref:/jsx", max_size=80))
def test_no_text_becomes_markup_of_its_own(text: str) -> None:
    html = str(rendered(text))
    for tag in html.split("<")[1:]:
        assert tag.partition(">")[0].partition(" ")[0].lstrip("/") in ("p", "h2", "h3", "ul", "li", "a", "strong")
    assert "javascript:" not in html.replace("&#", "") or 'href="javascript' not in html


def test_files_by_language(tmp_path: Path) -> None:
    (tmp_path / "about.nl.md").write_text("# Over\n\nTekst", "utf-8")
    assert title_of(own_text(tmp_path, "about", "nl")) == "Over"
    assert own_text(tmp_path, "about", "en") == ""
