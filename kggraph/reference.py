"""The parts of the documentation that are made from the code: settings, errors, commands; and, from the shapes, fields.

A page holds them between markers, `<!-- generated: settings -->` and `<!-- end -->`; `kggraph docs` writes them and
`kggraph docs --check` says when a page differs.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from kggraph import errors
from kggraph.config import setting_fields

_PART: Final = re.compile(r"(<!-- generated: ([a-z]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_WIDTH: Final = 100


def pages(folder: Path, commands: click.Group) -> Iterator[tuple[Path, str, str]]:
    """Every page with generated parts: its path, its text, and the text that it should have."""
    parts: dict[str, Callable[[], str]] = {
        "settings": settings_table,
        "errors": errors_table,
        "commands": lambda: commands_help(commands),
    }
    parts["fields"] = lambda: fields_guide(folder.parent)
    for path in sorted(folder.glob("*.md")):
        text = path.read_text("utf-8")
        if _PART.search(text):
            yield path, text, _PART.sub(lambda found: _filled(found, parts), text)


def _filled(found: re.Match[str], parts: Mapping[str, Callable[[], str]]) -> str:
    make = parts.get(found[2])
    return f"{found[1]}\n{make()}\n{found[4]}" if make else found[0]


def fields_guide(root: Path) -> str:
    """Every field of the knowledge base in a folder: term, meaning, form, example and messages."""
    from kggraph.config import load
    from kggraph.editing.page import fields_markdown

    return fields_markdown(load(root, {}))


def settings_table() -> str:
    """A row for each setting: name, default, variable, meaning."""
    rows = ["| setting | default | variable | what it is |", "|---|---|---|---|"]
    for field in setting_fields():
        default = field.default if field.default is not dataclasses.MISSING else {}
        rows.append(
            f"| `{field.name}` | {_toml(default)} | `KGGRAPH_{field.name.upper()}` | {field.metadata['help']} |"
        )
    return "\n".join(rows) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "none"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{part}"' for part in value) + "]`"
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"`{value}`"


def error_classes() -> list[type[errors.KgError]]:
    """Every error class that can be raised, in the order of `kggraph/errors.py`."""
    found = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.KgError) and value.__module__ == errors.__name__
    ]
    return [value for value in found if not value.__subclasses__()]


def errors_table() -> str:
    """A row for each error: code, HTTP status, exit code, title, meaning."""
    rows = ["| code | status | exit | title | meaning |", "|---|---|---|---|---|"]
    for error in error_classes():
        meaning = (inspect.getdoc(error) or "").splitlines()[0]
        rows.append(f"| `{error.code}` | {error.status} | {error.exit_code} | {error.title} | {meaning} |")
    return "\n".join(rows) + "\n"


def commands_help(commands: click.Group) -> str:
    """The help of every command, as the command prints it."""
    sections = []
    with click.Context(commands, info_name="kggraph", max_content_width=_WIDTH, terminal_width=_WIDTH) as parent:
        sections.append(f"## kggraph\n\n```text\n{commands.get_help(parent)}\n```\n")
        for name in commands.list_commands(parent):
            command = commands.commands[name]
            with click.Context(command, parent=parent, info_name=name, terminal_width=_WIDTH) as context:
                sections.append(f"## kggraph {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(sections)
