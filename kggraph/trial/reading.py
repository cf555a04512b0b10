"""What a stranger gives as N-Triples: Turtle or JSON-LD, with nothing fetched."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kggraph.errors import SourceError, UnreadableData
from kggraph.rdf.source import map_base, read_bytes, read_file

_REMOTE: Final = "No LoadDocumentCallback"
_N_TRIPLES: Final = ox.RdfFormat.N_TRIPLES


@dataclass(frozen=True, slots=True)
class Given:
    """What was given, as triples."""

    ntriples: bytes
    subjects: tuple[str, ...]
    """IRIs of the subjects, each once."""
    lines: dict[str, int] = field(default_factory=dict)
    """Thing to the line that it stands on, where one line is one thing."""
    is_turtle: bool = False


def read_turtle(path: Path, prefixes: dict[str, str], base_from: str, base_to: str) -> Given:
    """A Turtle text.

    :raises UnreadableData: it is not Turtle, or has what data may not have, such as blank nodes.
    """
    try:
        read = read_file(path, root=path.parent, base_from=base_from, base_to=base_to, prefixes=prefixes)
    except SourceError as error:
        raise UnreadableData(error.message, line=error.line, column=error.column) from None
    return Given(read.ntriples, read.subjects, is_turtle=True)


def read_jsonld(path: Path, own: tuple[str, Any], base_from: str, base_to: str) -> Given:
    """A JSON-LD text.

    :param own: addresses of the contexts of this knowledge base, up to their number, and what they say: the only ones
        that may be named. A newer one only adds names, so one stands for all.
    :raises UnreadableData: it is not JSON-LD, names another context, or has blank nodes.
    """
    document = json_of(path)
    try:
        text = json.dumps(_with_context(document, own), ensure_ascii=False).encode()
        quads = list(ox.parse(text, ox.RdfFormat.JSON_LD))
    except UnicodeEncodeError as error:
        half = f"U+{ord(error.object[error.start]):04X}"
        raise UnreadableData(f"A text holds {half}, which is half a character; write the whole one.") from None
    except RecursionError:
        raise UnreadableData("The JSON is nested too deeply; write it flat, one object for each thing.") from None
    except SyntaxError as error:
        said = str(error.msg)
        if _REMOTE in said:
            raise UnreadableData(
                f"The data name a context that is elsewhere, and nothing is fetched; name <{own[0]}1.jsonld>, or write "
                "the context out in the data."
            ) from None
        raise UnreadableData(f"This is not JSON-LD: {said.rstrip('.')}.") from None
    except ValueError as error:
        raise UnreadableData(f"This is not JSON-LD: {error}.") from None
    if not quads:
        raise UnreadableData("There are no triples in it; say something of a thing, with its @id.")
    triples = {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads}
    if any(isinstance(term, ox.BlankNode) for triple in triples for term in (triple.subject, triple.object)):
        raise UnreadableData(
            "There is an object without @id here, and everything in the data needs an IRI, so that it can be linked "
            "and compared; give it one, such as that of the thing with #name behind it."
        )
    ntriples = b"".join(sorted(ox.serialize([triple], format=_N_TRIPLES) or b"" for triple in triples))
    return given(map_base(ntriples, base_from, base_to) if base_from != base_to else ntriples)


def given(ntriples: bytes, lines: dict[str, int] | None = None) -> Given:
    """Triples as they are."""
    subjects = dict.fromkeys(line.partition(b" ")[0] for line in ntriples.splitlines())
    return Given(ntriples, tuple(subject[1:-1].decode() for subject in subjects), lines or {})


def json_of(path: Path) -> Any:
    """The value that a JSON text says.

    :raises UnreadableData: it is not JSON in UTF-8.
    """
    try:
        return json.loads(read_bytes(path, path.name), object_pairs_hook=_once)
    except SourceError as error:
        raise UnreadableData(error.message, line=error.line, column=error.column) from None
    except json.JSONDecodeError as error:
        raise UnreadableData(f"This is not JSON: {error.msg}.", line=error.lineno, column=error.colno) from None
    except (RecursionError, ValueError):
        raise UnreadableData("This is not JSON that can be read: nested too deeply or a number too long.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that is given twice nobody knows which value is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableData(f"An object has the key {json.dumps(twice[:60])} twice; give it once.")
    return found


def _with_context(value: Any, own: tuple[str, Any]) -> Any:
    """The same document with our own context in place of its address, wherever it is named."""
    if isinstance(value, dict):
        return {
            key: _named(inner, own) if key == "@context" else _with_context(inner, own) for key, inner in value.items()
        }
    return [_with_context(inner, own) for inner in value] if isinstance(value, list) else value


def _named(context: Any, own: tuple[str, Any]) -> Any:
    if isinstance(context, list):
        return [_named(one, own) for one in context]
    is_own = isinstance(context, str) and re.fullmatch(re.escape(own[0]) + r"\d+\.jsonld", context)
    return own[1] if is_own else context
