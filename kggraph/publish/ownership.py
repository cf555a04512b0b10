"""One file describes one thing, or one concept scheme with its concepts; every thing belongs to exactly one file.

So the triples of two files never overlap, and a changed file is a patch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kggraph.errors import SourceError
from kggraph.rdf.iris import kind_and_slug, thing_iri
from kggraph.rdf.source import SourceFile, locate
from kggraph.terms import RDF, SKOS

_SCHEME: Final = f"<{RDF}type> <{SKOS}ConceptScheme> .".encode()


def check_file(source: SourceFile, things: tuple[str, ...], base: str, written_base: str) -> None:
    """Refuse a file that describes what is not its own.

    :param things: IRIs of the things it describes.
    :param base: base of these IRIs.
    :param written_base: the base that the file is written with.
    :raises SourceError: names the line, and where the thing belongs.
    """

    def refuse(thing: str, sentence: str) -> SourceError:
        subject = next(found for found in source.subjects if thing_iri(found) == thing)
        line = locate(source.path, subject, base_from=written_base, base_to=base)
        return SourceError(sentence, path=source.relative, line=line)

    def written(iri: str) -> str:
        return written_base + iri[len(base) :] if iri.startswith(base) else iri

    for thing in things:
        if not thing.startswith(base):
            raise refuse(
                thing,
                f"<{thing}> is not under the base of this knowledge base, <{written_base}>; correct the IRI, or say "
                "this of a thing of our own.",
            )
    stem = source.path.stem
    named = {thing: kind_and_slug(thing, base) for thing in things}
    own = next((thing for thing, parts in named.items() if parts and stem in (parts[1], parts[0])), None)
    if own is None and len(things) == 1 and (parts := named[things[0]]):
        raise refuse(
            things[0],
            f"The file is called {source.path.name} and describes <{written(things[0])}>; rename it to "
            f"{parts[1]}.ttl, or correct the IRI.",
        )
    if len(things) == 1 or (own and _is_scheme(source, own)):
        return
    kinds = {parts[0] for parts in named.values() if parts}
    if own is not None:
        others = [thing for thing, parts in named.items() if thing != own and parts and parts[0] != stem]
        if others:
            slug = named[others[0]]
            raise refuse(
                others[0],
                f"<{written(others[0])}> is described in the file of <{written(own)}>; move it to a file of its own, "
                f"{slug[1] if slug else 'of that name'}.ttl.",
            )
    elif len(kinds) > 1:
        raise refuse(
            things[0],
            f"The file describes things of several kinds ({', '.join(sorted(kinds))}) and is named after none of "
            "them; give each thing a file of its own, named by the last part of its IRI.",
        )


def _is_scheme(source: SourceFile, thing: str) -> bool:
    return f"<{thing}> ".encode() + _SCHEME in source.ntriples


def twice(root: Path, thing: str, first: str, second: str, base: str, written_base: str) -> SourceError:
    """The error that two files describe one thing.

    :param first: the one file, relative to the root.
    :param second: the other one, which the error is placed at.
    """
    bases = {"base_from": written_base, "base_to": base}
    line, other = locate(root / second, thing, **bases), locate(root / first, thing, **bases)
    iri = written_base + thing[len(base) :] if thing.startswith(base) else thing
    place = f"{first}:{other}" if other else first
    return SourceError(
        f"<{iri}> is described here and in {place}; put all that is said of it in one file.", path=second, line=line
    )
