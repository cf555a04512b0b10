"""How much one client may ask in a time, by kind of request; told in RateLimit headers.

https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from typing import Final

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from kggraph.config import Settings
from kggraph.errors import ConfigError
from kggraph.web.visitors import KINDS

log = logging.getLogger("kggraph.web")

_HERE: Final = "memory://"
_WAIT_S: Final = 1.0
"""For an answer of a store that is reached over the network."""
_PAUSE_S: Final = 10.0
"""How long a store that fails is left alone: a client never waits for it twice."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left for a client."""

    kind: str
    is_granted: bool
    quota: int
    window_s: int
    remaining: int
    reset_s: int
    """Seconds until all of the quota is there again."""

    def headers(self) -> list[tuple[str, str]]:
        """The fields `RateLimit-Policy` and `RateLimit`."""
        return [
            ("RateLimit-Policy", f'"{self.kind}";q={self.quota};w={self.window_s}'),
            ("RateLimit", f'"{self.kind}";r={self.remaining};t={self.reset_s}'),
        ]


class Rates:
    """Counts what each client asks; safe for threads."""

    def __init__(self, settings: Settings) -> None:
        """
        :raises ConfigError: a rate cannot be read, or the store is none.
        """
        self._items = {kind: item for kind in KINDS if (item := _item(settings, f"rate_{kind}"))}
        self._counter = _counter(settings.rate_store) if self._items else None
        self._again_at = 0.0

    def is_reachable(self) -> bool:
        """Whether the store of all counts answers."""
        return self._counter is None or bool(self._counter.storage.check())

    def take(self, kind: str, client: str) -> Allowance | None:
        """Count one request; None when that kind has no limit, or when the store of all counts cannot be reached."""
        item = self._items.get(kind)
        if item is None or self._counter is None or time.monotonic() < self._again_at:
            return None
        try:
            granted = self._counter.hit(item, kind, client)
            reset_at, remaining = self._counter.get_window_stats(item, kind, client)
            if reset_at - time.time() > item.get_expiry() + 1:  # counted by a clock that was ahead
                self._counter.clear(item, kind, client)
                granted = self._counter.hit(item, kind, client)
                reset_at, remaining = self._counter.get_window_stats(item, kind, client)
        except StorageError as error:
            # Better no limit for a while than no answers.
            self._again_at = time.monotonic() + _PAUSE_S
            log.error(
                "The store of rates cannot be reached, nothing is limited: %s", type(error.storage_error).__name__
            )
            return None
        wait = max(1, math.ceil(reset_at - time.time()))
        return Allowance(kind, granted, item.amount, item.get_expiry(), remaining, wait)


def _item(settings: Settings, key: str) -> RateLimitItem | None:
    text = getattr(settings, key)
    if not text:
        return None
    try:
        return parse(text)
    except ValueError:
        raise ConfigError(
            f"{key} is {text!r}; it needs a number and a time, as 60/minute or 5/second.", key=key
        ) from None


def _counter(uri: str) -> FixedWindowRateLimiter:
    try:
        waits = {"socket_timeout": _WAIT_S, "socket_connect_timeout": _WAIT_S} if "redis" in uri.split(":")[0] else {}
        return FixedWindowRateLimiter(storage_from_string(uri or _HERE, wrap_exceptions=True, **waits))
    except Exception:  # noqa: BLE001 (the library raises what the driver raises; the address may hold a password)
        raise ConfigError(
            "rate_store cannot be used; it needs redis://host:port and the package redis (pip install kggraph[redis]).",
            key="rate_store",
        ) from None
