"""RDF/XML: grouped by subject, with our prefixes, and a clear error for what it cannot say.

pyoxigraph's writer is not used: a carriage return comes back as a line feed, a property without a local name gives XML
that is not well-formed, and properties without prefix declare their namespace at every use.
https://www.w3.org/TR/rdf-syntax-grammar/
"""

from __future__ import annotations

import re
from typing import Final

from kggraph.errors import NotAcceptable
from kggraph.rdf.media import JSON_LD, N_TRIPLES, TURTLE
from kggraph.rdf.names import Names
from kggraph.rdf.order import TYPE, grouped, in_order, sorted_objects, sorted_subjects, with_stable_labels
from kggraph.rdf.tokens import unescape
from kggraph.terms import RDF

_NAME_START: Final = "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff"
_LOCAL: Final = re.compile(rf"[{_NAME_START}][{_NAME_START}0-9.\u00b7-]*\Z")
"""A safe part of https://www.w3.org/TR/xml-names/#NT-NCName, the same in the fourth and the fifth edition of XML."""

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_RESERVED: Final = frozenset(
    RDF + name
    for name in (
        "RDF", "Description", "ID", "about", "parseType", "resource", "nodeID", "datatype", "li", "bagID", "aboutEach",
        "aboutEachPrefix",
    )
)  # fmt: skip


def to_rdfxml(ntriples: bytes, names: Names) -> bytes:
    """The graph as RDF/XML.

    :param ntriples: canonical N-Triples.
    :raises NotAcceptable: a property has no name in XML, or a text has a character that XML cannot hold.
    """
    return _XmlWriter(names).write(ntriples)


class _XmlWriter:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.namespaces: dict[str, str] = {RDF: "rdf"}
        self.known: dict[str, str | None] = {}

    def write(self, ntriples: bytes) -> bytes:
        graph = grouped(ntriples)
        if b"_:" in ntriples:
            graph = with_stable_labels(graph)
        body = "".join(self._node(subject, graph[subject]) for subject in sorted_subjects(graph))
        declared = sorted((prefix, namespace) for namespace, prefix in self.namespaces.items())
        heads = "".join(f'\n  xmlns:{prefix}="{namespace.translate(_ATTRIBUTE)}"' for prefix, namespace in declared)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{heads}>\n{body}</rdf:RDF>\n'.encode()

    def _node(self, subject: str, description: dict[str, list[str]]) -> str:
        about = _reference(subject, "about")
        typed = next(
            (name for term in sorted_objects(description.get(TYPE, [])) if (name := self._element(term))), None
        )
        lines = []
        for predicate in in_order(description):
            name = self._element(predicate)
            if name is None:
                raise _cannot(f"the property {predicate} has no name that XML allows")
            skip_first = typed if predicate == TYPE else None
            for term in sorted_objects(description[predicate]):
                if skip_first and self._element(term) == skip_first:
                    skip_first = None
                    continue
                lines.append(self._property(name, term))
        element = typed or "rdf:Description"
        if not lines:
            return f"  <{element} {about}/>\n"
        return f"  <{element} {about}>\n{''.join(lines)}  </{element}>\n"

    def _property(self, name: str, term: str) -> str:
        if not term.startswith('"'):
            return f"    <{name} {_reference(term, 'resource')}/>\n"
        body, _, rest = term[1:].rpartition('"')
        text = unescape(body)
        if bad := _FORBIDDEN.search(text):
            raise _cannot(f"a text has the character U+{ord(bad[0]):04X} in it, which XML cannot hold")
        about = ""
        if rest.startswith("@"):
            about = f' xml:lang="{rest[1:]}"'
        elif rest:
            about = f' rdf:datatype="{rest[3:-1].translate(_ATTRIBUTE)}"'
        return f"    <{name}{about}>{text.translate(_TEXT)}</{name}>\n"

    def _element(self, term: str) -> str | None:
        """The name of a property or class, or nothing when XML allows none."""
        try:
            return self.known[term]
        except KeyError:
            found = self.known[term] = self._find(term) if term.startswith("<") else None
            return found

    def _find(self, term: str) -> str | None:
        iri = term[1:-1]
        if iri in _RESERVED:
            return None
        found = self.names.name(iri)
        if found and found[0] and _LOCAL.match(found[2]) and not found[0].lower().startswith("xml"):
            namespace = self.names.namespaces[found[0]]
            if namespace in self.namespaces or found[0] not in self.namespaces.values():
                return f"{self.namespaces.setdefault(namespace, found[0])}:{found[2]}"
        start = next((i for i in range(1, len(iri)) if _LOCAL.match(iri, i)), None)
        if start is None:
            return None
        namespace, number = iri[:start], len(self.namespaces)
        while f"ns{number}" in self.names.namespaces:
            number += 1
        return f"{self.namespaces.setdefault(namespace, f'ns{number}')}:{iri[start:]}"


# Not xml.sax.saxutils, which loads an HTTP client: a fifth of the time in which a query host starts.
_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def _reference(term: str, attribute: str) -> str:
    if term.startswith("<"):
        return f'rdf:{attribute}="{term[1:-1].translate(_ATTRIBUTE)}"'
    return f'rdf:nodeID="{term[2:]}"'


def _cannot(reason: str) -> NotAcceptable:
    others = (TURTLE.media_type, JSON_LD.media_type, N_TRIPLES.media_type)
    return NotAcceptable(f"This cannot be written in RDF/XML: {reason}. Ask for {', '.join(others)}.", available=others)
