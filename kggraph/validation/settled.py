"""What certainly conforms is left out, so that the engine need not look at every node.

An engine asks each focus node by itself. Nearly all that shapes ask is true of nearly all data, and of many nodes that
is seen at once: all values of a property are IRIs, none of its subjects has two, all that are pointed at are concepts
of the scheme (`validation/certain.py`). What is certain in that way is left out of the shapes, and triples about which
no shape is left to ask are left out of the data. The rest stays, and the engine alone says what is wrong with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from functools import lru_cache
from typing import Final

from kggraph.rdf import ntriples
from kggraph.terms import OWL
from kggraph.validation.certain import (
    CLASSES,
    FIRST,
    FOR_FORMS,
    IGNORED,
    OF_VALUES,
    PATH,
    PROPERTY,
    REST,
    SHACL,
    SUBCLASS,
    TARGET,
    TARGETS,
    TYPE,
    UNCONSTRAINING,
    Certain,
    Nodes,
    Said,
    Shapes,
    TripleSets,
    constrains,
    sh,
)

_STRUCTURE: Final = frozenset((TYPE, FIRST, REST, f"<{OWL}imports>".encode()))
"""What shapes are made of beside the properties of SHACL; prefixes of queries may be imported."""
_FROM_BELOW: Final = ("equals", "hasValue", "minCount", "qualifiedMinCount", "qualifiedMaxCount")
_PATHS: Final = ("inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")
_READ_BY_NAME: Final = OF_VALUES | UNCONSTRAINING | frozenset(map(sh, (*_FROM_BELOW, *_PATHS)))
"""What a shape says that reads no triples but those whose predicates it names, and types."""
_OF_OTHER_SHAPES: Final = (*map(sh, ("parameter", "qualifiedValueShapesDisjoint")), b"shapesGraph")
"""By which a shape depends on what others say: constraint components of the shapes graph's own, of which any property
may be a parameter; shapes beside it; queries about the shapes graph."""
_CLOSED: Final = sh("closed")
_BY_TYPE: Final = frozenset((sh("class"), TARGETS[0]))


def unsettled(shapes: bytes, data: bytes) -> tuple[bytes, bytes]:
    """The shapes and the data without what certainly conforms; all results of the whole are results of these.

    :param shapes: the shapes graph as N-Triples.
    :param data: the data graph as N-Triples, in the form that pyoxigraph writes.
    """
    # Of a triple about a triple, parts are no terms of their own.
    if b"<<(" in data or any(name in shapes for name in _OF_OTHER_SHAPES):
        return shapes, data
    rules, triples = _rules(shapes), TripleSets(data)
    certain = Certain(rules, triples)
    left = rules.without({row for shape in rules.targeted for row in _needless(certain, rules, shape)})
    asked = _predicates(left)
    return (
        b"".join([b"%b %b %b .\n" % row for row in left]),
        data if asked is None else b"".join([triples.lines(predicate) for predicate in triples.predicates & asked]),
    )


def _needless(certain: Certain, rules: _Rules, shape: bytes) -> Iterator[ntriples.Row]:
    """What a shape says that is certain of all its focus nodes; only its targets, when that is all it says."""
    one = rules.said[shape]
    nodes = _focus_nodes(one, certain.triples)
    if nodes is None:
        return
    parts = [(shape, name, term) for name in filter(constrains, one) for term in one[name]]
    if PATH in one:
        kept = set() if nodes <= certain.conforming(shape, nodes) else set(parts)
    else:
        kept = {part for part in parts if not nodes <= certain.satisfying(one, *part[1:], nodes)}
    if not kept:
        yield from ((shape, name, term) for name in TARGETS for term in one.get(name, ()))
    elif shape not in rules.referred:
        # What a closed shape allows is what it says something of.
        is_closed = any(name == _CLOSED for _, name, _ in kept)
        yield from (part for part in parts if part not in kept and not (is_closed and part[1] == PROPERTY))
        yield from ((shape, IGNORED, term) for term in one.get(IGNORED, ()) if not is_closed)


def _focus_nodes(one: Said, triples: TripleSets) -> Nodes | None:
    """https://www.w3.org/TR/shacl/#targets; `None` when they are not known here."""
    if not CLASSES.isdisjoint(one.get(TYPE, ())) or any(
        name.startswith(TARGET) and name not in TARGETS for name in one
    ):
        return None
    classes, nodes, subjects_of, objects_of = (one.get(name, ()) for name in TARGETS)
    return frozenset(nodes).union(
        *map(triples.instances, classes), *map(triples.subjects, subjects_of), *map(triples.objects, objects_of)
    )


def _predicates(rows: list[ntriples.Row]) -> set[bytes] | None:
    """Predicates that shapes read; `None` when they may read any."""
    said = {predicate for _, predicate, _ in rows}
    if any(predicate.startswith(SHACL) and predicate not in _READ_BY_NAME for predicate in said):
        return None
    reads_types = not said.isdisjoint(_BY_TYPE) or any(map(_makes_class, rows))
    return {*(term for _, _, term in rows), *((TYPE, SUBCLASS) if reads_types else ())}


class _Rules(Shapes):
    """A shapes graph of which parts can be left out."""

    def __init__(self, rows: list[ntriples.Row]) -> None:
        super().__init__(rows)
        self._rows = [row for row in rows if _is_read(row)]
        self.referred = frozenset([term for _, _, term in rows])
        """What is an object somewhere."""
        self.targeted = tuple(dict.fromkeys([row[0] for row in rows if _is_target(row)]))
        """Shapes that have focus nodes of their own."""

    def without(self, gone: Set[ntriples.Row]) -> list[ntriples.Row]:
        """The triples that shapes with focus nodes are made of, but for these."""
        left = [row for row in self._rows if row not in gone]
        objects: defaultdict[bytes, list[bytes]] = defaultdict(list)
        for subject, _, term in left:
            objects[subject].append(term)
        reached = {row[0] for row in left if _is_target(row)}
        new = list(reached)
        while new:
            new = [term for node in new for term in objects.get(node, ()) if term not in reached]
            reached.update(new)
        return [row for row in left if row[0] in reached]


@lru_cache(maxsize=8)
def _rules(shapes: bytes) -> _Rules:
    return _Rules(list(ntriples.rows(shapes)))


def _is_read(row: ntriples.Row) -> bool:
    """Whether validation reads it; forms are shown more."""
    predicate = row[1]
    return predicate in _STRUCTURE or (predicate.startswith(SHACL) and predicate not in FOR_FORMS)


def _is_target(row: ntriples.Row) -> bool:
    return row[1].startswith(TARGET) or _makes_class(row)


def _makes_class(row: ntriples.Row) -> bool:
    return row[1] == TYPE and row[2] in CLASSES
