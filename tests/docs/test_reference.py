"""The documentation tells of everything that exists, and its generated parts are as the code makes them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from kggraph import errors
from kggraph.cli import commands
from kggraph.config import setting_fields
from kggraph.reference import error_classes, pages


def test_generated_parts_are_up_to_date(root: Path) -> None:
    differing = [path.name for path, text, wanted in pages(root / "docs", commands) if text != wanted]
    assert not differing, "run: kggraph docs"


@pytest.mark.parametrize("name", [field.name for field in setting_fields()])
def test_every_setting_is_documented(root: Path, name: str) -> None:
    assert f"| `{name}` |" in (root / "docs" / "settings.md").read_text("utf-8")


@pytest.mark.parametrize("name", list(commands.commands))
def test_every_command_is_documented(root: Path, name: str) -> None:
    assert f"## kggraph {name}\n" in (root / "docs" / "commands.md").read_text("utf-8")


def every_error() -> list[type[errors.KgError]]:
    found: list[type[errors.KgError]] = []
    todo = [errors.KgError]
    while todo:
        error = todo.pop()
        todo += error.__subclasses__()
        found.append(error)
    return [error for error in found if not error.__subclasses__() and error.__module__.startswith("kggraph")]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_has_status_code_title_and_a_row(root: Path, error: type[errors.KgError]) -> None:
    assert error in error_classes()
    assert 400 <= error.status < 600
    assert re.fullmatch(r"[a-z]+(?:-[a-z]+)*", error.code)
    assert error.title and error.__doc__
    assert error.exit_code in {1, 2}
    assert f"| `{error.code}` | {error.status} |" in (root / "docs" / "errors.md").read_text("utf-8")


def test_error_codes_are_unique() -> None:
    codes = [error.code for error in error_classes()]
    assert len(codes) == len(set(codes))


def test_every_dependency_is_documented(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=\[ ]", requirement)[0].lower() for requirement in needed}
    text = (root / "docs" / "dependencies.md").read_text("utf-8").lower()
    assert not {name for name in names if not re.search(rf"[|(,] ?{re.escape(name)}\b", text)}


def test_links_between_pages_lead_somewhere(root: Path) -> None:
    broken = []
    for page in (root / "README.md", *sorted((root / "docs").rglob("*.md"))):
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(root)}: {target}")
    assert not broken
