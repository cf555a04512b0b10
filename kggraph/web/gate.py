"""What every request passes first and last: who asks, whether that is too often, how long it took, a line in the log.

It stands before the kept answers. Of who asks nothing is kept or written: an address is counted
by, and forgotten when its time is over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.wsgi import get_content_length

from kggraph.config import Settings
from kggraph.errors import KgError, RateLimited
from kggraph.web import metrics, problems
from kggraph.web.rates import Allowance, Rates
from kggraph.web.room import Room, Taken, has_body, too_full
from kggraph.web.turns import Body, Turns, give_back
from kggraph.web.visitors import EXPORTS, OPERATION, REQUEST_ID, Visitors, client_key, is_loopback, kind_of

IS_HERE = "kggraph.is_here"
"""Whether the request was made on this machine."""
_log = logging.getLogger("kggraph.requests")


def install(app: Flask, settings: Settings) -> None:
    """Put the gate before an application.

    :raises ConfigError: a rate or a proxy cannot be read.
    """
    app.wsgi_app = _Gate(app, app.wsgi_app, settings)  # type: ignore[method-assign]


class _Gate:
    def __init__(self, app: Flask, inner: WSGIApplication, settings: Settings) -> None:
        self._app, self._inner = app, inner
        self._visitors = Visitors(settings.trusted_proxies)
        self._rates = Rates(settings)
        self._room = Room(settings.web_threads)
        self._turns = Turns()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        path = environ.get("PATH_INFO", "")
        kind = kind_of(path, environ.get("QUERY_STRING", ""))
        address = environ["REMOTE_ADDR"] = self._visitors.address(environ)
        environ[IS_HERE] = self._visitors.is_here(environ, address)
        request_id = environ[REQUEST_ID] = self._visitors.request_id(environ)
        # On this machine are the operator, and a proxy that was not named: that one would be everyone at once.
        counted = kind != OPERATION and not is_loopback(address)
        allowance = self._rates.take(kind, client_key(address)) if counted else None
        more = [("X-Request-Id", request_id), *(allowance.headers() if allowance else ())]
        status = "500"

        def begin(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, [*headers, *more], exc_info)

        is_full = self._room.enter()
        answer: Iterable[bytes] = ()
        try:
            if allowance and not allowance.is_granted:
                metrics.limited.labels(kind).inc()
                answer = self._refusal(_too_fast(allowance), environ, begin)
            elif is_full and (kind == EXPORTS or has_body(environ)):
                answer = self._refusal(too_full(), environ, begin)
            else:
                if has_body(environ):
                    environ["wsgi.input"] = Body(environ["wsgi.input"], get_content_length(environ), self._turns)
                if kind != OPERATION:  # whether we are alive is told without standing in line
                    self._turns.take()
                answer = self._inner(environ, begin)
            if not isinstance(answer, list):  # a list is sent without a thread
                answer = Taken(answer, self._room.leave)
            return answer
        finally:
            give_back()
            if not isinstance(answer, Taken):
                self._room.leave()
            took = time.perf_counter() - started
            metrics.answered(kind, status).observe(took)
            if _log.isEnabledFor(logging.INFO):
                told = {"request": request_id, "method": environ["REQUEST_METHOD"], "path": path, "kind": kind}
                _log.info("request", extra={"told": {**told, "status": int(status), "ms": round(took * 1000, 2)}})

    def _refusal(self, error: KgError, environ: WSGIEnvironment, begin: Any) -> Iterable[bytes]:
        with self._app.request_context(environ):
            return problems.answer(error)(environ, begin)


def _too_fast(allowance: Allowance) -> RateLimited:
    return RateLimited(
        f"That is more than {allowance.quota} requests of this kind ({allowance.kind}) in {allowance.window_s} "
        f"seconds; ask again in {allowance.reset_s} seconds, or take the files at /dumps/.",
        retry_after_s=allowance.reset_s,
        kind=allowance.kind,
    )
