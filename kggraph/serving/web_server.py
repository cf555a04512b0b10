"""Granian as it is used here. Apart, because it is imported while the query host reads its data."""

from __future__ import annotations

import resource
from collections.abc import Callable
from typing import Any, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from kggraph.config import Settings

_CONNECTIONS: Final = 16_384
"""Of one web worker at the same time; those that ask nothing are closed after 30 seconds."""
_OPEN_FILES: Final = 65_536
_STOP_S: Final = 5


class WebServer(MPServer):
    """Web workers that are forked from this process, and quiet unless something is wrong."""

    def __init__(self, settings: Settings, port: int, started: Callable[[], None]) -> None:
        """Nothing is started yet.

        :param started: called once, when the web workers were forked.
        """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
        super().__init__(
            "kggraph",
            address=settings.host,
            port=port,
            interface=Interfaces.WSGI,
            workers=settings.web_workers,
            blocking_threads=max(settings.web_threads, 1),
            backpressure=_CONNECTIONS,
            websockets=False,
            log_level=LogLevels.error,
            respawn_failed_workers=True,
            workers_kill_timeout=_STOP_S,
        )
        self._started = started

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        """Take the port and fork the workers."""
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        self._started()
