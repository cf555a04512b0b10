"""How many queries a host runs and lets wait; each of these is a setting that an operator may change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostLimits:
    """How many queries run and wait."""

    workers: int = 2
    """Workers for short queries; as many as there are processors is right."""
    long_workers: int = 6
    """Queries moved aside, besides."""
    long_after_s: float = 0.25
    """Seconds after which a query is a long one; sooner when others wait."""
    guaranteed_s: float = 2.0
    """Seconds that a query may run, however many others wait."""
    max_waiting: int = 64
    max_waiting_each: int = 32
    """Requests that one client may have waiting."""
    max_wait_s: float = 5.0
    """Seconds that a request waits for a worker at most."""
