"""What the commands share: the settings of the folder they work in, options, progress, the form of sentences."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from kggraph import config
from kggraph.config import Settings
from kggraph.errors import ConfigError, SourceError

PATH: Final = click.Path(path_type=Path)
LANG: Final = click.option("--lang", help="Language of the messages; default: the first of the settings.")
ENGINE: Final = click.option(
    "--engine", type=click.Choice(["shifty", "pyshacl"]), default="shifty", help="SHACL engine."
)


def settings_of(context: click.Context, **overrides: Any) -> Settings:
    """The settings of the knowledge base that the command is for.

    :param overrides: what the command line says, by name of the setting.
    :raises ConfigError: a setting is wrong.
    """
    root: Path | None = context.obj
    if root is None:
        here = Path.cwd()
        root = next((folder for folder in (here, *here.parents) if (folder / config.FILE_NAME).is_file()), here)
    return config.from_environment(root, overrides)


def counted(number: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "file"), counted(2, "file")
    ('1 file', '2 files')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def echo_lines(lines: Iterable[str]) -> None:
    """Print each line."""
    for line in lines:
        click.echo(line)


def turtle_files_of(path: Path) -> list[Path]:
    """A file, or the Turtle files below a folder, hidden ones left out.

    :raises ConfigError: there is no such file or folder.
    """
    if path.is_dir():
        return [file for file in path.rglob("*.ttl") if not any(part.startswith(".") for part in file.parts)]
    if not path.exists():
        raise ConfigError(f"There is no file or folder {path}.")
    return [path]


@contextmanager
def reading_in(settings: Settings, lang: str | None) -> Iterator[None]:
    """Says what cannot be read in the language of the messages, as far as the sentence is known there.

    :param lang: that language; the first one of the settings when not given.
    :raises SourceError: as it was, in that language.
    """
    try:
        yield
    except SourceError as error:
        from kggraph.web.sentences import in_language

        said = in_language(error.message, lang or settings.languages[0]).text
        raise SourceError(said, path=error.path, line=error.line, column=error.column) from None


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error for long work, when that is a terminal."""
    stream = sys.stderr
    bars: dict[str, Any] = {}

    def show(step: str, done: int, total: int) -> None:
        if step.startswith("wait"):
            click.echo(f"{step.capitalize()} ...", err=True)
        if not stream.isatty() or total < 100:
            return
        if step not in bars:
            _finish(bars)
            bars[step] = click.progressbar(length=total, label=f"{step:22}", file=stream, show_eta=True)
            bars[step].__enter__()
        bars[step].update(done - bars[step].pos)

    try:
        yield show
    finally:
        _finish(bars)


def _finish(bars: dict[str, Any]) -> None:
    for bar in bars.values():
        if not bar.finished or bar.pos >= 0:
            bar.render_finish()
    bars.clear()
