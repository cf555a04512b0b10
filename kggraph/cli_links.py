"""The command that asks whether addresses elsewhere still answer."""

from __future__ import annotations

import click

from kggraph.cli_context import counted, progress_bar, settings_of


@click.command(name="check-links", short_help="Ask addresses elsewhere whether they still answer.")
@click.option(
    "--delay", type=click.FloatRange(0), default=1.0, show_default=True, help="Seconds between two requests to a host."
)
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=15.0, show_default=True, help="Seconds a request may take."
)
@click.option(
    "--retries", type=click.IntRange(0), default=2, show_default=True, help="How often a busy server is asked again."
)
@click.option(
    "--older-than",
    type=click.IntRange(0),
    default=7,
    show_default=True,
    help="Days after which an address is asked again.",
)
@click.option("--allow-private", is_flag=True, help="Ask hosts of private networks too.")
@click.pass_context
def check_links(
    context: click.Context, delay: float, timeout: float, retries: int, older_than: int, allow_private: bool
) -> None:
    """Ask every address in the data whether it still answers, and keep what is found in data/links/.

    It obeys robots.txt and asks a host for one address at a time. A run that was stopped goes on where it was. A dead
    address never stops a build: its page says so, with a link to an archive.
    """
    from kggraph.links.checking import Manners, check_links

    settings = settings_of(context)
    with progress_bar() as progress:
        counts = check_links(
            settings,
            Manners(delay, timeout, retries, allow_private),
            older_than_days=older_than,
            progress=progress,
        )
    told = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "there are none"
    click.echo(f"{counted(sum(counts.values()), 'link')}: {told}.")
