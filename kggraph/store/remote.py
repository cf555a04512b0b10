"""Where an engine elsewhere is, how to ask it, and how its graphs are called; `remote_engine` asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kggraph.config import Settings
from kggraph.errors import ConfigError
from kggraph.terms import KG

_PAIR: Final = ("remote_user", "remote_password")
_NEEDED: Final[dict[str, tuple[str, ...]]] = {"": (), "basic": _PAIR, "digest": _PAIR, "bearer": ("remote_token",)}
NAMED_GRAPHS: Final = ("ontology", "shapes", "void")
"""The graphs beside the default graph, by the ends of their IRIs."""
COMPLETE: Final = f"<{KG}completeTriples>"
"""Property of the graph of a generation, in the ledger: the number of its triples, when all are there."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Where an engine is and how to ask it. Without credentials in its text form, which may come into a log."""

    query_url: str
    update_url: str = ""
    graph_store_url: str = ""
    """Address of indirect graph identification: `?graph=` is added to it."""
    auth: str = ""
    """`basic`, `digest`, `bearer`, or nothing."""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    timeout_s: float = 10.0
    timeout_parameter: str = ""
    """Request parameter by which the engine takes a limit of time in milliseconds; empty: it takes none."""
    base: str = ""
    """Base of the IRIs of the graphs."""
    named_graphs: tuple[str, ...] = ()

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Remote:
        """What was made into JSON, from that."""
        return cls(**{**members, "named_graphs": tuple(members["named_graphs"])})


def graph_of(base: str, version: str) -> str:
    """The graph with all published triples of a generation."""
    return f"{base}graph/data/{version}"


def ledger_of(base: str) -> str:
    """The graph that says which generations are complete."""
    return f"{base}graph/generations"


def remote_of(settings: Settings) -> Remote | None:
    """The engine that the settings name; None when the store is embedded.

    :raises ConfigError: its credentials are not in the environment.
    """
    if settings.store != "remote":
        return None
    for key in _NEEDED[settings.remote_auth]:
        if not getattr(settings, key):
            raise ConfigError(f"KGGRAPH_{key.upper()} is not set; remote_auth needs it.", key=key)
    return Remote(
        query_url=settings.remote_query_url,
        update_url=settings.remote_update_url,
        graph_store_url=settings.remote_graph_store_url,
        auth=settings.remote_auth,
        user=settings.remote_user,
        password=settings.remote_password,
        token=settings.remote_token,
        timeout_s=settings.query_timeout_s,
        timeout_parameter=settings.remote_timeout_parameter,
        base=settings.base_uri,
        named_graphs=tuple(f"{settings.base_uri}graph/{name}" for name in NAMED_GRAPHS),
    )
