"""The `kggraph` command: one sentence on standard error and an exit code for whatever is wrong, never a traceback.

Exit codes: 0 all is well, 1 the data are wrong, 2 the command line or configuration is wrong, 130 stopped by Ctrl-C.
Every command imports what it needs when it runs: `kggraph serve --data` must not wait for a SHACL engine.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

import kggraph
from kggraph import config
from kggraph.cli_context import LANG, PATH, counted, echo_lines, progress_bar, reading_in, settings_of, turtle_files_of
from kggraph.cli_editing import new
from kggraph.cli_links import check_links
from kggraph.cli_operation import OPERATION
from kggraph.cli_validation import validate
from kggraph.config import Settings
from kggraph.errors import ConfigError, KgError

if TYPE_CHECKING:
    from kggraph.build import Generation
    from kggraph.importer import Plan

INTERRUPTED: Final = 130


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; gives its exit code."""
    try:
        code = commands.main(arguments, prog_name="kggraph", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except KgError as error:
        return _fail(str(error), error.exit_code)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        return _fail(error.format_message(), error.exit_code)
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "kggraph"
        return _fail(f"{error.format_message()} See {command} --help.", error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone; what is still buffered has nowhere to go.
        sys.stdout = None
        return 1
    except OSError as error:
        return _fail(f"{error.filename or 'A file'}: {error.strerror or error}.", 2)
    except MemoryError:
        return _fail("There is too little memory for this. What is served stays as it is.", 1)
    except RecursionError:
        return _fail("The input is nested too deeply.", 1)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of a part in Rust
            raise
        return _fail("A part of the program stopped, as when memory runs out. What is served stays as it is.", 1)


def _fail(message: str, code: int) -> int:
    click.echo(message, err=True)
    return code


class _Lazy(click.Group):
    """A group that lists its commands in the order of this file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Lazy)
@click.option("--root", type=PATH, help="Folder of the knowledge base; default: this one or the nearest above it.")
@click.version_option(kggraph.__version__, prog_name="kggraph")
@click.pass_context
def commands(context: click.Context, root: Path | None) -> None:
    """A folder of Turtle, an ontology and SHACL shapes, as a linked-data knowledge base."""
    context.obj = root


# ------------------------------------------------------------------ checking and building
@commands.command(short_help="Read and validate everything; build nothing.")
@LANG
@click.pass_context
def check(context: click.Context, lang: str | None) -> int:
    """Read, validate and look at the form of all sources; nothing is built."""
    from kggraph.build import check as check_sources
    from kggraph.rdf.turtle import check_files

    settings = settings_of(context)
    _complete_import(settings)
    with reading_in(settings, lang), progress_bar() as progress:
        checked = check_sources(settings, lang=lang, progress=progress)
    others = check_files(turtle_files_of(settings.data_path), settings.all_prefixes)
    for line in (*checked.lines, *(f"{file}: not in the one form; run kggraph fmt" for file in others)):
        click.echo(line)
    told = ", ".join(f"{count} {severity}" for severity, count in checked.results.items()) or "no remarks"
    click.echo(
        f"{counted(checked.files, 'data file')} checked: conforms, {told}; {len(others) or 'none'} to be formatted."
    )
    return 1 if others else 0


commands.add_command(validate)
commands.add_command(check_links)
commands.add_command(new)


@commands.command(short_help="Validate the sources and build from them.")
@click.argument("paths", nargs=-1, type=PATH)
@click.option("--whole", is_flag=True, help="Make everything anew, also when few items changed.")
@click.option("--base-uri", help="Base of every item URI, instead of base_uri in kggraph.toml.")
@LANG
@click.pass_context
def build(context: click.Context, paths: tuple[Path, ...], base_uri: str | None, lang: str | None, whole: bool) -> None:
    """Validate the sources and build a generation from them.

    When only a few items differ from the current generation, it is patched. PATHS, if given, are the only files that
    are looked at: those that changed, came or went.
    """
    only = [path.absolute() for path in paths] or None
    generation = _build(settings_of(context, base_uri=base_uri), lang, only=only, patch=not whole)
    manifest = generation.manifest
    things = ", ".join(f"{count} {kind}" for kind, count in manifest.kinds.items())
    click.echo(f"Generation {manifest.hash}: {manifest.triples} triples; {things}.")


def _build(settings: Settings, lang: str | None = None, **how: Any) -> Generation:
    from kggraph.build import build as make

    _complete_import(settings)
    with reading_in(settings, lang), progress_bar() as progress:
        return make(settings, lang=lang, progress=progress, **how)


def _complete_import(settings: Settings) -> None:
    from kggraph.importer.journal import recover

    if recover(settings):
        click.echo("An import that had been interrupted was completed.", err=True)


# ------------------------------------------------------------------ serving
@commands.command(short_help="Build when needed, and serve.")
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default 8000; 0 takes a free one.")
@click.option("--base-uri", help="Base of every item URI, instead of base_uri in kggraph.toml.")
@click.option("--generation", help="Build nothing and serve this generation; current: whichever is.")
@click.option("--data", type=PATH, help="Serve this RDF file as it is, instead of a knowledge base.")
@click.pass_context
def serve(context: click.Context, /, data: Path | None, **given: Any) -> int:
    """Validate, build when something changed, and serve until Ctrl-C."""
    if data is not None:
        from kggraph.serving.data_file import serve_file

        return serve_file(data, config.without_file(given), _say)
    from kggraph.serving.knowledge_base import serve_knowledge_base

    settings = settings_of(context, **given)
    return serve_knowledge_base(settings, lambda: _build(settings), _say)


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


# ------------------------------------------------------------------ asking
@commands.command(short_help="Ask a named query.")
@click.argument("name", required=False)
@click.option(
    "--param", "given", multiple=True, metavar="KEY=VALUE", help="Another value for a parameter of the query."
)
@click.option(
    "--format", "form", default="table", show_default=True, help="table, csv, tsv, json, xml; ttl, nt, jsonld, rdf."
)
@click.option("--list", "is_list", is_flag=True, help="List the queries instead.")
@LANG
@click.pass_context
def query(
    context: click.Context, name: str | None, given: tuple[str, ...], form: str, is_list: bool, lang: str | None
) -> None:
    """Ask a named query (a file in the queries folder) of the current generation."""
    from kggraph.querying import answer, listing

    settings = settings_of(context)
    if is_list:
        echo_lines(listing(settings, lang or settings.languages[0]))
        return
    if name is None:
        raise click.UsageError("Missing argument 'NAME'; --list shows the queries.")
    values = {}
    for pair in given:
        key, sign, value = pair.partition("=")
        if not sign:
            raise click.BadParameter(f"{pair!r} has no =; write --param {key}=VALUE.", param_hint="--param")
        values[key] = value
    for piece in answer(settings, name, values, form):
        click.echo(piece, nl=False)


# ------------------------------------------------------------------ changing
@commands.command(name="import", short_help="Make or patch things from records.")
@click.argument("file", type=PATH, required=False)
@click.option("--dry-run", is_flag=True, help="Say what would be made and changed, and write nothing.")
@click.option("--schema", "is_schema", is_flag=True, help="Print the JSON Schema of one record, and import nothing.")
@LANG
@click.pass_context
def import_(context: click.Context, file: Path | None, dry_run: bool, is_schema: bool, lang: str | None) -> None:
    """Make or patch things from FILE, which holds one JSON record a line: all of them, or none when one is wrong."""
    settings = settings_of(context)
    if is_schema:
        import json

        from kggraph.importer.json_schema import import_schema

        click.echo(json.dumps(import_schema(settings, lang or settings.languages[0]), ensure_ascii=False, indent=1))
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE'.")
    from kggraph import importer

    if not dry_run:
        _complete_import(settings)
    with progress_bar() as progress:
        plan = importer.plan(settings, file, progress=progress)
    if not dry_run:
        importer.apply(settings, plan.texts, plan.read)
    _print_plan(plan, dry_run)


def _print_plan(plan: Plan, dry_run: bool) -> None:
    made = [change for change in plan.changes if change.is_new]
    changed = [change for change in plan.changes if not change.is_new]
    if dry_run:
        for change in plan.changes:
            click.echo(f"{'new    ' if change.is_new else 'changed'}  {change.file}")
            for field in change.fields:
                click.echo(f"         {field.key}: {_listed(field.before)} -> {_listed(field.after)}")
    verb = "Would import" if dry_run else "Imported"
    new = counted(len(made), "new file")
    click.echo(f"{verb} {counted(plan.records, 'record')}: {new}, {len(changed)} changed, {plan.unchanged} unchanged.")


def _listed(values: tuple[str, ...]) -> str:
    return "; ".join(value if len(value) <= 60 else f"{value[:59]}…" for value in values) or "(nothing)"


@commands.command(short_help="Write Turtle in its one sorted form.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file is not in its one form.")
@click.argument("paths", nargs=-1, type=PATH)
@click.pass_context
def fmt(context: click.Context, check: bool, paths: tuple[Path, ...]) -> int:
    """Write Turtle files in their one sorted form; without PATHS those of the data folder."""
    from kggraph.rdf.turtle import check_files, format_file

    settings = settings_of(context)
    files = sorted({file for path in paths or (settings.data_path,) for file in turtle_files_of(path)})
    others = check_files(files, settings.all_prefixes)
    for file in others:
        if not check:
            file.write_text(format_file(file, settings.all_prefixes), "utf-8")
        click.echo(f"{file}: {'not in the one form; run kggraph fmt' if check else 'written in the one form'}")
    click.echo(f"{counted(len(files), 'Turtle file')}, {len(others)} {'to be formatted' if check else 'formatted'}.")
    return 1 if check and others else 0


# ------------------------------------------------------------------ contexts
@commands.command(short_help="Print the JSON-LD context of the model.")
@click.pass_context
def context(context: click.Context) -> None:
    """Print the JSON-LD context that the model gives; keep it as contexts/v1.jsonld, and never change it after that."""
    import json

    from kggraph.publish.context import model_context
    from kggraph.publish.generation import open_current

    click.echo(json.dumps(model_context(open_current(settings_of(context)).model()), ensure_ascii=False, indent=1))


@commands.command(short_help="Let an assistant ask: a server of the Model Context Protocol.")
@click.pass_context
def mcp(context: click.Context) -> None:
    """Answer an assistant on standard input and output (Model Context Protocol): search, things, queries; read-only."""
    from kggraph.mcp_server import serve_mcp

    serve_mcp(settings_of(context))


for operation in OPERATION:
    commands.add_command(operation)


# ------------------------------------------------------------------ documentation
@commands.command(short_help="Write the generated parts of the docs.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page differs.")
@click.option("--folder", type=PATH, default=Path("docs"), show_default=True, help="Folder of the pages.")
def docs(check: bool, folder: Path) -> int:
    """Write the tables of settings, errors and commands into the documentation."""
    from kggraph.reference import pages

    if not folder.is_dir():
        raise ConfigError(f"There is no folder {folder}.")
    others = [(path, wanted) for path, text, wanted in pages(folder, commands) if text != wanted]
    for path, wanted in others:
        if not check:
            path.write_text(wanted, "utf-8")
        click.echo(f"{path}: {'differs from the code; run kggraph docs' if check else 'written'}")
    return 1 if check and others else 0
