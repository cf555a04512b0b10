"""Commands for who runs a server: going back, cleaning up, looking, backing up, pulling."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from kggraph.cli_context import PATH, counted, settings_of

_VERDICTS: Final = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


def _waiting() -> None:
    click.echo("Wait for another build ...", err=True)


@click.command(name="rollback", short_help="Serve an earlier generation again.")
@click.argument("generation", required=False)
@click.pass_context
def rollback(context: click.Context, generation: str | None) -> None:
    """Serve GENERATION (a hash, or the beginning of one), or else the one before, until the next build or pull.

    A server that runs changes over within a second, and one that is started anew stays with it.
    """
    from kggraph.operation.keeping import roll_back

    back = roll_back(settings_of(context), generation, _waiting)
    click.echo(f"Generation {back.hash} of {back.manifest.created} is current again.")


@click.command(name="gc", short_help="Remove old generations and what stopped builds left.")
@click.option("--keep", type=click.IntRange(1), help="Generations that stay; default: keep_generations.")
@click.pass_context
def gc(context: click.Context, keep: int | None) -> None:
    """Remove generations that are no longer kept, and what stopped builds and pulls left."""
    from kggraph.operation.keeping import collect_garbage, generations

    settings = settings_of(context)
    freed = collect_garbage(settings, keep or settings.keep_generations, _waiting)
    kept = counted(len(generations(settings)), "generation")
    click.echo(f"{freed / 1024 / 1024:.1f} MB set free; {kept} left.")


@click.command(name="doctor", short_help="Look whether all is well; change nothing.")
@click.option("--store", is_flag=True, help="Ask the store as well whether what it holds conforms to the shapes.")
@click.pass_context
def doctor(context: click.Context, store: bool) -> int:
    """Look at the machine, the settings, the sources and what is served, all checksums included.

    The exit code is 1 when something is wrong.
    """
    from kggraph.operation.doctor import look

    wrong = 0
    for finding in look(settings_of(context), store=store):
        wrong += finding.verdict == "wrong"
        click.echo(f"{_VERDICTS[finding.verdict]}  {finding.what:16} {finding.told}")
    return 1 if wrong else 0


@click.command(name="backup", short_help="Write all that cannot be made again to a file.")
@click.argument("file", type=PATH)
@click.pass_context
def backup(context: click.Context, file: Path) -> None:
    """Write the sources, the settings file and the publication log to FILE (.tar.gz), with a checksum of each."""
    from kggraph.operation.archive import back_up

    contents = back_up(settings_of(context), file)
    size = file.stat().st_size / 1024 / 1024
    click.echo(f"{file}: {len(contents.files)} files of generation {contents.version}, {size:.1f} MB.")


@click.command(name="restore", short_help="Put a back-up in a new folder, or only check it.")
@click.argument("file", type=PATH)
@click.argument("folder", type=PATH, required=False)
@click.option("--verify", is_flag=True, help="Restore into a temporary folder, compare everything, keep nothing.")
def restore(file: Path, folder: Path | None, verify: bool) -> None:
    """Put the back-up FILE in FOLDER, which must be new or empty; it appears there whole or not at all."""
    from kggraph.operation import archive

    if verify and folder is not None:
        raise click.UsageError("Name a FOLDER to restore into, or say --verify, which keeps nothing.")
    if verify:
        contents = archive.verify(file)
        click.echo(f"{file}: whole; {len(contents.files)} files of {contents.created}, generation {contents.version}.")
    elif folder is None:
        raise click.UsageError("Missing argument 'FOLDER'; or say --verify.")
    else:
        contents = archive.restore(file, folder)
        click.echo(f"{len(contents.files)} files are in {folder}; run kggraph build there.")


@click.command(name="pull", short_help="Fetch a generation that was built elsewhere.")
@click.argument("source")
@click.option("--manifest-sha256", help="What the SHA-256 of the manifest must be.")
@click.pass_context
def pull(context: click.Context, source: str, manifest_sha256: str | None) -> None:
    """Fetch the generation at SOURCE, a URL or a folder, and serve it; what is here already is not fetched again.

    A server with share_generations has it at /generations/current/. A pull that was stopped goes on where it was.
    """
    from kggraph.operation.pull import pull as fetch

    def tell(step: str, done: int, total: int) -> None:
        if step.startswith("wait"):
            _waiting()

    generation = fetch(settings_of(context), source, tell, manifest_sha256=manifest_sha256)
    click.echo(f"Generation {generation.hash} of {generation.manifest.created} is current.")


OPERATION: Final = (rollback, gc, doctor, backup, restore, pull)
"""The commands, in the order in which they are listed."""
