"""The JSON-LD context: readable names for the fields of the model, and documents written with them.

A context that was published never changes. It is a file of the knowledge base (`contexts/v1.jsonld`), made once from
the model by `kggraph context`; documents are written with what it says, and what it does not know keeps its IRI.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from typing import Any, Final

from kggraph.model import Field, Model
from kggraph.rdf import ntriples
from kggraph.terms import RDF, XSD

FOLDER: Final = "contexts"
_LANG_STRING: Final = f"{RDF}langString"
_TAKEN: Final = ("id", "type")
"""Names that JSON-LD itself has in our documents."""
_TYPE: Final = f"{RDF}type"
_STRING: Final = f"{XSD}string"

Context = Mapping[str, Any]


def model_context(model: Model) -> dict[str, Any]:
    """A context with a name for every field: the key of the field, those of items before others of the same name."""
    terms: dict[str, dict[str, str]] = {}
    for owner in sorted(model.classes, key=lambda one: (not one.is_main, one.kind or "", one.iri)):
        for field in owner.fields:
            if field.inverse:
                continue
            term = _term(field)
            name = field.key
            if name in _TAKEN or (name in terms and terms[name]["@id"] != field.path):
                name = f"{owner.kind or 'thing'}_{field.key}"
            if name in terms and terms[name] != term:
                term = {"@id": field.path}
            terms[name] = term
    return {"@context": {"@version": 1.1, "id": "@id", "type": "@type", **dict(sorted(terms.items()))}}


def _term(field: Field) -> dict[str, str]:
    if field.datatype == _LANG_STRING:
        return {"@id": field.path, "@container": "@language"}
    if field.datatype and field.datatype != _STRING:
        return {"@id": field.path, "@type": field.datatype}
    if not field.datatype and not field.is_literal:
        return {"@id": field.path, "@type": "@id"}
    return {"@id": field.path}


def framed(iri: str, triples: bytes, context: Context, address: str = "") -> bytes:
    """A thing as one JSON object with its parts inside it, the same graph to the letter.

    :param context: as published.
    :param address: of the context; without it the document holds the part of the context that it needs, and so can be
        read where nothing may be fetched.
    """
    nodes: dict[str, list[tuple[str, bytes]]] = {}
    for subject, predicate, term in ntriples.rows(triples):
        nodes.setdefault(ntriples.iri(subject), []).append((ntriples.iri(predicate), term))
    writer = _Writer(nodes, _by_path(context))
    root = writer.node(iri)
    if rest := [writer.node(part) for part in sorted(nodes) if part not in writer.told]:
        root["@included"] = rest
    root = {"@context": address or _part_of(context["@context"], writer.used), **root}
    return json.dumps(root, ensure_ascii=False, indent=1).encode() + b"\n"


def _part_of(terms: Context, used: Set[str]) -> dict[str, Any]:
    """What of a context a document needs."""
    return {name: term for name, term in terms.items() if name in used or not isinstance(term, dict)}


def _by_path(context: Context) -> dict[str, dict[str, str]]:
    """Property to its terms: how the values are written -> name."""
    found: dict[str, dict[str, str]] = {}
    for name, term in context["@context"].items():
        if isinstance(term, dict):
            way = term.get("@type") or ("@language" if term.get("@container") == "@language" else "")
            found.setdefault(term["@id"], {}).setdefault(way, name)
    return found


class _Writer:
    def __init__(self, nodes: Mapping[str, list[tuple[str, bytes]]], names: Mapping[str, Mapping[str, str]]) -> None:
        self.nodes, self.names = nodes, names
        self.told: set[str] = set()
        self.used: set[str] = set()
        """Names that stand in the document."""

    def node(self, iri: str) -> dict[str, Any]:
        self.told.add(iri)
        made: dict[str, Any] = {"id": iri}
        for predicate, term in self.nodes.get(iri, ()):
            if predicate == _TYPE and ntriples.is_iri(term):
                made.setdefault("type", []).append(ntriples.iri(term))
            else:
                self._add(made, predicate, term)
        self.used.update(made)
        return {key: _single(value) for key, value in made.items()}

    def _add(self, made: dict[str, Any], predicate: str, term: bytes) -> None:
        names = self.names.get(predicate, {})
        if ntriples.is_iri(term):
            value = ntriples.iri(term)
            inside = value in self.nodes and value not in self.told
            name = names.get("@id", predicate)
            plain = "@id" in names and not inside
            self._put(made, name, value if plain else self.node(value) if inside else {"id": value})
            return
        text, lang, datatype = ntriples.literal(term)
        if lang and "@language" in names:
            languages = made.setdefault(names["@language"], {})
            languages[lang] = [*_several(languages.get(lang, [])), text] if lang in languages else text
        elif datatype in names and not lang:
            self._put(made, names[datatype], text)
        elif lang or datatype not in ("", _STRING):
            self._put(made, names.get("", predicate), {"@value": text, **_tag(lang, datatype)})
        else:
            self._put(made, names.get("", predicate), text)

    def _put(self, made: dict[str, Any], name: str, value: Any) -> None:
        made.setdefault(name, []).append(value)


def _tag(lang: str, datatype: str) -> dict[str, str]:
    return {"@language": lang} if lang else {"@type": datatype}


def _several(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
