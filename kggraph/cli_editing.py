"""`kggraph new`: a file to begin with, for who writes Turtle by hand."""

from __future__ import annotations

import click

from kggraph.cli_context import LANG, settings_of


@click.command(short_help="Make the file of a new thing, to be filled in.")
@click.argument("kind")
@click.argument("slug", required=False)
@click.option("--print", "is_printed", is_flag=True, help="Print it, and write no file.")
@LANG
@click.pass_context
def new(context: click.Context, kind: str, slug: str | None, is_printed: bool, lang: str | None) -> None:
    """Make the file of a new thing of KIND (item, organisation ...) whose address ends in SLUG, never over another.

    Comments in it tell every field: what it means, how many values it has, in which form, which concepts may be chosen,
    and a line to copy. Without SLUG it is printed; so is a concept, to be put into the file of its concept scheme.
    """
    from kggraph.editing.skeleton import skeleton

    settings = settings_of(context)
    made = skeleton(settings, kind, slug or "new", lang or settings.languages[0])
    if is_printed or slug is None or made.path is None:
        click.echo(made.text, nl=False)
        if made.path is None:
            click.echo(f"A concept stands in the file of its scheme: put this into {made.scheme_file}.", err=True)
        return
    made.path.parent.mkdir(parents=True, exist_ok=True)
    with made.path.open("x", encoding="utf-8") as file:
        file.write(made.text)
    click.echo(f"{made.path}: made. Fill it in, and check it with kggraph validate {made.path}")
