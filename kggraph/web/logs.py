"""The log as lines of JSON: what happened, in which request; never who asked, and no text that someone typed."""

from __future__ import annotations

import io
import json
import logging
import logging.handlers
import os
import sys
import time
from pathlib import Path
from typing import Any

from flask import has_request_context, request

from kggraph.config import Settings
from kggraph.standard_streams import Unheard
from kggraph.web import metrics
from kggraph.web.visitors import REQUEST_ID

_STANDARD_ERROR = "-"
_AGAIN_S = 60.0
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
log = logging.getLogger("kggraph.web")
_told_at: dict[str, float] = {}


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: time (UTC), level, message, request, and what the record tells besides."""
        told: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if has_request_context():
            told["request"] = request.environ.get(REQUEST_ID, "")
        told.update(getattr(record, "told", {}))
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def tell_unwritten(file: str, error: BaseException | None) -> None:
    """Say that a file of a log cannot be written, at most once a minute: no answer fails for that."""
    now = time.monotonic()
    if now - _told_at.get(file, -_AGAIN_S) >= _AGAIN_S:
        _told_at[file] = now
        reason = getattr(error, "strerror", None) or error
        log.error("The log %s cannot be written, its lines are lost until it can: %s", file, reason)


def _tell_lost(lines: int) -> str:
    said = f"{lines} lines of this log are lost, as they were not read in time"
    return JsonLines().format(log.makeRecord(log.name, logging.WARNING, "", 0, said, (), None)) + "\n"


class _RequestLog(logging.handlers.WatchedFileHandler):
    """Opened anew when logrotate has moved it; a pipe instead of a file is not waited for."""

    def _open(self) -> io.TextIOWrapper:
        return os.fdopen(os.open(self.baseFilename, _FLAGS, 0o640), "a", encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or say that it is lost."""
        try:
            super().emit(record)
        except OSError as error:  # it cannot be opened anew
            tell_unwritten(Path(self.baseFilename).name, error)

    def handleError(self, record: logging.LogRecord) -> None:
        """Called where a line cannot be written."""
        tell_unwritten(Path(self.baseFilename).name, sys.exc_info()[1])


def install(settings: Settings) -> None:
    """Let this process write its log: what is wrong or slow to standard error, requests where the settings say."""
    raw = getattr(sys.stderr, "buffer", None)
    if isinstance(raw, Unheard):
        raw.say_lost, raw.on_lost = _tell_lost, metrics.lost_lines.inc
    top, requests = logging.getLogger("kggraph"), logging.getLogger("kggraph.requests")
    top.handlers, top.propagate = [_as_json(logging.StreamHandler(sys.stderr))], False
    requests.handlers, requests.propagate = [], False
    requests.setLevel(logging.INFO if settings.request_log else logging.CRITICAL)
    if settings.request_log == _STANDARD_ERROR:
        requests.addHandler(_as_json(logging.StreamHandler(sys.stderr)))
    elif settings.request_log:
        requests.addHandler(_as_json(_RequestLog(settings.root / settings.request_log, delay=True)))


def _as_json(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(JsonLines())
    return handler
