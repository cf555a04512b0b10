"""The log as lines of JSON: what happened, in which request; never who asked, and no text that someone typed."""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
import time
from typing import Any

from flask import has_request_context, request

from kggraph.config import Settings
from kggraph.web.visitors import REQUEST_ID

_STANDARD_ERROR = "-"


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


def install(settings: Settings) -> None:
    """Let this process write its log: what is wrong or slow to standard error, requests where the settings say."""
    top, requests = logging.getLogger("kggraph"), logging.getLogger("kggraph.requests")
    top.handlers, top.propagate = [_as_json(logging.StreamHandler(sys.stderr))], False
    requests.handlers, requests.propagate = [], False
    requests.setLevel(logging.INFO if settings.request_log else logging.CRITICAL)
    if settings.request_log == _STANDARD_ERROR:
        requests.addHandler(_as_json(logging.StreamHandler(sys.stderr)))
    elif settings.request_log:
        # Opened anew when logrotate has moved it.
        requests.addHandler(_as_json(logging.handlers.WatchedFileHandler(settings.root / settings.request_log)))


def _as_json(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(JsonLines())
    return handler
