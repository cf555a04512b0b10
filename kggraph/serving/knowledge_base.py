"""Serving a knowledge base: its current generation, and each one that takes its place."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from kggraph.config import Settings, share_metrics
from kggraph.errors import ConfigError, GenerationError
from kggraph.operation.keeping import leave_damaged
from kggraph.publish import shelf
from kggraph.publish.generation import Generation, current_hash, open_current
from kggraph.publish.labels import pick
from kggraph.serving.host import Held
from kggraph.serving.port import Port
from kggraph.serving.processes import Say, WsgiApp, serve
from kggraph.serving.sources import bring_up_to_date
from kggraph.store.client import QueryClient
from kggraph.store.remote import remote_of


def serve_knowledge_base(settings: Settings, build: Callable[[], object], say: Say) -> int:
    """Build when something changed, then serve; gives the exit code.

    :param build: builds the current generation from the sources.
    :raises KgError: the port is taken, the sources do not conform, or something does not start.
    """
    with Port(settings.host, settings.port) as port:
        leave_damaged(settings, say)
        if not settings.generation and not shelf.is_held(settings.build_path, current_hash(settings)):
            bring_up_to_date(settings, port, build, say)
        generation = open_current(settings)
        generation.verify(settings.verify_mb * 1024 * 1024)
        generation.check_form()
        return _serve_at(port, settings, say)


def _serve_at(port: Port, settings: Settings, say: Say) -> int:
    compared: list[Generation] = []

    def held() -> Held | None:
        try:
            generation = open_current(settings)
            known = compared[-1] if compared else None
            if known is None or known.hash != generation.hash:
                generation.verify(settings.verify_mb * 1024 * 1024, known)
                compared[:] = [generation]
        except GenerationError:
            # The web workers refuse it as well; here the link is put back, for who opens it next.
            with contextlib.suppress(ConfigError):
                leave_damaged(settings, say)
            return None
        return Held(generation.quads_path.parent, generation.hash, remote_of(settings))

    def load_app() -> Callable[[Path], WsgiApp]:
        from kggraph.web import logs, metrics
        from kggraph.web.app import create_app
        from kggraph.web.generations import Generations
        from kggraph.web.warming import warm

        def make_app(socket: Path) -> WsgiApp:
            logs.install(settings)
            metrics.reserve()
            generations = Generations(settings)
            # Opened now: this one was compared with its checksums, and what is current at the first request may not be.
            generations.version()
            app = create_app(settings, generations, QueryClient(socket, settings.served_prefixes))
            warm(app)
            return app

        return make_app

    def ready() -> None:
        from kggraph.web.generations import Generations

        title = pick(Generations(settings).current().about["title"], settings.languages[0]).text
        say(f"{title or 'The knowledge base'} is served at {port.url} (Ctrl-C stops it).")

    with tempfile.TemporaryDirectory(prefix="kggraph-metrics-", ignore_cleanup_errors=True) as folder:
        share_metrics(Path(folder))
        return serve(settings, port, held, load_app, ready, say)
