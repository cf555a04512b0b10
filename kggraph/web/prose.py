"""Texts that a knowledge base has of its own, in a small part of Markdown: headings, paragraphs, lists, links, strong.

Everything else stays as it is written, and nothing is ever taken for HTML.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

from kggraph.rdf.iris import is_web_iri

_LINK: Final = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")
_STRONG: Final = re.compile(r"\*\*([^*\n]+)\*\*")
_HEADING: Final = re.compile(r"(#{1,3}) +(.+)")


def own_text(folder: Path, name: str, language: str) -> str:
    """The text `NAME.LANGUAGE.md` of a knowledge base; empty when there is none."""
    path = folder / f"{name}.{language}.md"
    return path.read_text("utf-8") if path.is_file() else ""


def rendered(text: str) -> Markup:
    """The text as HTML; a heading of one # is left to the page, which has its own.

    >>> str(rendered("## A & b" + chr(10) * 2 + "See [x](https://e.org/).")).splitlines()
    ['<h2>A &amp; b</h2>', '<p>See <a href="https://e.org/">x</a>.</p>']
    """
    blocks = [block.strip("\n") for block in re.split(r"\n{2,}", text.replace("\r\n", "\n"))]
    return Markup("\n").join(Markup(_block(block)) for block in blocks if block.strip())


def title_of(text: str) -> str:
    """The heading of one # that a text begins with; empty when it has none.

    >>> title_of("# About us")
    'About us'
    """
    first = text.lstrip().partition("\n")[0]
    found = _HEADING.fullmatch(first.strip())
    return found[2] if found and found[1] == "#" else ""


def _block(block: str) -> str:
    heading = _HEADING.fullmatch(block.strip())
    if heading:
        level = len(heading[1])
        return f"<h{level}>{_inline(heading[2])}</h{level}>" if level > 1 else ""
    lines = block.split("\n")
    if all(line.startswith(("- ", "  ")) for line in lines) and lines[0].startswith("- "):
        items = re.split(r"(?:^|\n)- ", block)[1:]
        return f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>"
    return f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    parts, end = [], 0
    for link in _LINK.finditer(text):
        parts += [_strong(text[end : link.start()]), _anchor(link[1], link[2])]
        end = link.end()
    return "".join([*parts, _strong(text[end:])])


def _strong(text: str) -> str:
    return _STRONG.sub(r"<strong>\1</strong>", str(escape(" ".join(text.split("\n")))))


def _anchor(words: str, href: str) -> str:
    is_ours = href.startswith("/") and not href.startswith("//")
    if not (is_ours or href.startswith("mailto:") or is_web_iri(href)):
        return str(escape(words))
    return f'<a href="{escape(href)}">{escape(words)}</a>'
