"""What a generation holds, counted: for its manifest, its VoID description, and what the editor of queries completes.

The counts are kept in the generation (`counts.json`), so that a patch of it only counts what it changes.
"""

from __future__ import annotations

import json
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kggraph.errors import GenerationError
from kggraph.publish import void
from kggraph.publish.completion import encode_completion, most_used
from kggraph.publish.things import Thing
from kggraph.rdf import ntriples
from kggraph.terms import DCAT

FILE_NAME: Final = "counts.json"
EXAMPLES: Final = 3
"""Things that the description of the dataset names to begin with."""


@dataclass(slots=True)
class Counts:
    """What is in a generation."""

    triples: int = 0
    """In the default graph."""
    default_graph_bytes: int = 0
    """Of the N-Quads of the generation that was built whole."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Kind to things that are still there."""
    classes: Counter[str] = field(default_factory=Counter)
    predicates: Counter[bytes] = field(default_factory=Counter)
    links: Counter[tuple[bytes, bytes]] = field(default_factory=Counter)
    """Property and namespace of others to links."""
    dataset: str = ""
    """The first thing that is a dcat:Dataset."""
    examples: list[str] = field(default_factory=list)
    """The first items."""
    terms: Mapping[str, Any] = field(default_factory=dict)
    """All that may be completed (`completion.all_terms`)."""

    def add(self, thing: Thing, *, over: bool) -> None:
        """Count a thing."""
        self.kinds[thing.kind] += not over
        self.classes.update(thing.types)
        self.predicates.update(thing.predicates)
        self.triples += len(thing.rows)
        if f"{DCAT}Dataset" in thing.types:
            self.dataset = min(self.dataset or thing.iri, thing.iri)
        if thing.is_item and not over and (len(self.examples) < EXAMPLES or thing.iri < self.examples[-1]):
            insort(self.examples, thing.iri)
            del self.examples[EXAMPLES:]

    def add_ontology(self, lines: Iterable[bytes]) -> None:
        """Count the triples of the ontology."""
        for line in lines:
            self.predicates[line.split(b" ", 2)[1]] += 1
            self.triples += 1

    def subtract(self, thing: Thing, *, over: bool) -> None:
        """Take out a thing that was counted; what is the first of all is to be set anew."""
        self.kinds[thing.kind] -= not over
        self.classes.subtract(thing.types)
        self.predicates.subtract(thing.predicates)
        self.triples -= len(thing.rows)

    def describe(self, base: str, version: str, files_version: str = "") -> bytes:
        """The VoID description as N-Triples.

        :param files_version: version of the dumps, when that is an earlier one.
        """
        return void.describe(
            base,
            version,
            self.triples,
            self.classes,
            {ntriples.iri(predicate): count for predicate, count in self.predicates.items()},
            dataset=self.dataset,
            linksets={(p[1:-1].decode(), space.decode()): count for (p, space), count in sorted(self.links.items())},
            examples=self.examples,
            dumps_version=files_version,
        )

    def write(self, folder: Path) -> None:
        """Write what is counted, and what is completed."""
        told = {
            "triples": self.triples,
            "default_graph_bytes": self.default_graph_bytes,
            "kinds": _there(self.kinds),
            "classes": _there(self.classes),
            "predicates": {iri.decode(): count for iri, count in _there(self.predicates).items()},
            "links": [[p.decode(), space.decode(), count] for (p, space), count in _there(self.links).items()],
            "dataset": self.dataset,
            "examples": self.examples,
            "terms": self.terms,
        }
        (folder / FILE_NAME).write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        (folder / "completion.json").write_bytes(encode_completion(most_used(self.terms)))


def _there(counts: Counter[Any]) -> dict[Any, int]:
    return {key: count for key, count in sorted(counts.items()) if count}


def read_counts(folder: Path) -> Counts:
    """The counts of a generation.

    :raises GenerationError: it has none.
    """
    try:
        told = json.loads((folder / FILE_NAME).read_bytes())
        return Counts(
            triples=told["triples"],
            default_graph_bytes=told["default_graph_bytes"],
            kinds=Counter(told["kinds"]),
            classes=Counter(told["classes"]),
            predicates=Counter({iri.encode(): count for iri, count in told["predicates"].items()}),
            links=Counter({(p.encode(), space.encode()): count for p, space, count in told["links"]}),
            dataset=told["dataset"],
            examples=told["examples"],
            terms=told["terms"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GenerationError(f"{FILE_NAME} of this generation cannot be read ({error}); build anew.") from None
