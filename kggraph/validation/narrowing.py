"""Shapes with other targets, so that an engine looks at some focus nodes only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kggraph.terms import OWL, RDF, RDFS, SH


def narrowed(shapes: bytes, found: Iterable[tuple[str | None, str]]) -> bytes:
    """The same shapes with these focus nodes as their only targets, so that a report takes no longer than it must.

    :param shapes: the shapes graph as N-Triples.
    :param found: IRI of a shape and a focus node in N-Triples form; unchanged shapes come back when a shape has no
        IRI, or when a target is not a plain one.
    """
    pairs = set(found)
    lines = shapes.splitlines(keepends=True)
    if any(shape is None or focus.startswith("_:") for shape, focus in pairs) or any(
        mark in line for line in lines for mark in OTHER_TARGETS
    ):
        return shapes
    kept = [line for line in lines if not any(mark in line for mark in PLAIN_TARGETS)]
    targets = (f"<{shape}> <{SH}targetNode> {focus} .\n".encode() for shape, focus in sorted(pairs, key=str))
    return b"".join([*kept, *targets])


MARK: Final = b"<urn:kggraph:validate> %b %b .\n"


def marked(shapes: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The same shapes with, for each that has a target, the objects of a property of its own as the only target.

    So the focus nodes can be told in the data graph, and the shapes are prepared once for all runs.

    :param shapes: the shapes graph as N-Triples; all targets are plain, and of shapes with an IRI.
    :returns: the shapes, and that property by the IRI of the shape.
    """
    lines = shapes.splitlines(keepends=True)
    with_target = dict.fromkeys(
        line[1 : line.index(b"> ")].decode() for line in lines if any(mark in line for mark in PLAIN_TARGETS)
    )
    marks = {shape: f"<urn:kggraph:validate:{number}>".encode() for number, shape in enumerate(with_target)}
    kept = [line for line in lines if not any(mark in line for mark in PLAIN_TARGETS)]
    targets = [f"<{shape}> <{SH}targetObjectsOf> ".encode() + mark + b" .\n" for shape, mark in marks.items()]
    return b"".join([*kept, *targets]), marks


PLAIN_TARGETS: Final = tuple(f" <{SH}target{kind}> ".encode() for kind in ("Class", "Node", "SubjectsOf", "ObjectsOf"))
OTHER_TARGETS: Final = (
    f" <{SH}target> ".encode(),
    f" <{RDF}type> <{RDFS}Class> .".encode(),
    f" <{RDF}type> <{OWL}Class> .".encode(),
)
"""Targets by a query, and shapes that are classes (https://www.w3.org/TR/shacl/#implicit-targetClass)."""
