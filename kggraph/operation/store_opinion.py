"""What the store says of the constraints of the shapes, beside what validation said: a third opinion."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kggraph.config import Settings
from kggraph.publish.generation import Generation, open_current
from kggraph.rdf.iris import local_name
from kggraph.rdf.media import RESULTS_JSON
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.store.protocol import QueryEngine, QueryRequest
from kggraph.store.remote import remote_of
from kggraph.validation.report import Result
from kggraph.validation.store_checks import StoreCheck, store_checks

_TIMEOUT_S: Final = 300.0
_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the store found."""

    checks: int
    """Constraints that were asked."""
    results: int
    """What was found by these."""
    differences: tuple[str, ...]
    """A line for each constraint of which validation found more or fewer."""


def ask_store(settings: Settings) -> Opinion:
    """Ask the store of the current generation, here or elsewhere, and compare with its report.

    :raises GenerationError: nothing was built yet.
    :raises EngineUnavailable: the engine elsewhere does not answer.
    """
    generation = open_current(settings)
    checks = list(store_checks(generation.shapes_path.read_bytes()))
    return compare(_engine(settings, generation), checks, generation.report().results)


def compare(engine: QueryEngine, checks: Iterable[StoreCheck], results: Iterable[Result]) -> Opinion:
    """Ask an engine everything, and compare with what validation found."""
    found = Counter((result.shape, result.component) for result in results)
    differences, asked, total = [], 0, 0
    for check in checks:
        asked += 1
        request = QueryRequest(check.query, RESULTS_JSON.media_type, timeout_s=_TIMEOUT_S, max_solutions=_MOST)
        count = len(json.loads(engine.query(request).read())["results"]["bindings"])
        total += count
        if count != (said := found[check.shape, check.component]):
            component = local_name(check.component).removesuffix("ConstraintComponent")
            differences.append(f"{component} of <{check.shape}>: {count} in the store, {said} in the report")
    return Opinion(asked, total, tuple(differences))


def _engine(settings: Settings, generation: Generation) -> QueryEngine:
    if (remote := remote_of(settings)) is None:
        return EmbeddedEngine(open_store(generation.quads_path.parent))
    from kggraph.store.remote_engine import RemoteDataset  # takes longer to import than to ask

    return EmbeddedEngine(RemoteDataset(remote, generation.hash))
