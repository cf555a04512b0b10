"""`kggraph validate`: files or everything against the shapes, told in the form that is asked."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import click

from kggraph.cli_context import ENGINE, LANG, PATH, progress_bar, reading_in, settings_of, turtle_files_of
from kggraph.config import Settings
from kggraph.errors import KgError, SourceError

_FORMATS: Final = ("text", "json", "ttl", "html", "sarif", "junit", "github")
_POLL_S: Final = 0.3
COULD_NOT_RUN: Final = 2


@click.command(short_help="Validate files as if they were in place.")
@click.argument("paths", nargs=-1, type=PATH)
@ENGINE
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="Form of the report."
)
@LANG
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Results told of each rule; all are counted.",
)
@click.option("--watch", is_flag=True, help="Validate again whenever a file changes, until Ctrl-C.")
@click.pass_context
def validate(
    context: click.Context, paths: tuple[Path, ...], engine: str, form: str, lang: str | None, most: int, watch: bool
) -> int:
    """Validate the things in PATHS as if they were in the data folder; without PATHS all data.

    Exit code 0: conforms (warnings and hints do not block); 1: does not; 2: could not be validated.
    """
    settings = settings_of(context)

    def once() -> int:
        return _validate(settings, paths, engine, form, lang, most)

    return _watch(settings, paths, once) if watch else once()


def _validate(settings: Settings, paths: Iterable[Path], engine: str, form: str, lang: str | None, most: int) -> int:
    from kggraph.checking import validate_everything, validate_files
    from kggraph.validation.report_formats import render

    files = [file for path in paths for file in turtle_files_of(path)]
    try:
        with reading_in(settings, lang), progress_bar() as progress:
            if files:
                found, shapes = validate_files(settings, files, lang=lang, engine=engine, most=most)
            else:
                found, shapes = validate_everything(settings, lang=lang, engine=engine, most=most, progress=progress)
    except SourceError as error:
        click.echo(str(error), err=True)
        return COULD_NOT_RUN
    click.echo(render(form, found, shapes), nl=False)
    return 0 if found.conforms else 1


def _watch(settings: Settings, paths: Iterable[Path], once: Callable[[], int]) -> NoReturn:
    """Run again at each change; what cannot be read for now (an editor may be writing it) is told, and waited for."""
    watched = [settings.shapes_path, settings.ontology_path, *(paths or (settings.data_path,))]
    before: dict[Path, int] | None = None
    with _interruptible() as is_stopped:
        while not is_stopped():
            now = _times(watched)
            if now != before:
                before = now
                try:
                    once()
                except KgError as error:
                    click.echo(str(error), err=True)
                click.echo("Watching for changes; Ctrl-C stops.", err=True)
            time.sleep(_POLL_S)
    raise KeyboardInterrupt


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Whether there was an interrupt, also when what it raised was lost, as while an object is taken apart."""
    stopped: list[int] = []

    def stop(number: int, frame: object) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: bool(stopped)
    finally:
        signal.signal(signal.SIGINT, before)


def _times(paths: Iterable[Path]) -> dict[Path, int]:
    """When each Turtle file was last changed; a file that goes meanwhile counts as changed."""
    found = {}
    for path in paths:
        for file in path.rglob("*.ttl") if path.is_dir() else (path,):
            try:
                found[file] = file.stat().st_mtime_ns
            except FileNotFoundError:
                found[file] = 0
    return found
