"""JSON-LD for people and programs: compact, one property a line, the same graph to the letter.

Keys are names with a prefix; IRIs in `@id` stay whole, so that a program without JSON-LD can follow them; a literal is
a plain string only when it is one in RDF, and else says its language or datatype. https://www.w3.org/TR/json-ld11/
"""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

from kggraph.rdf.names import Names
from kggraph.rdf.order import TYPE, grouped, in_order, sorted_objects, sorted_subjects, with_stable_labels
from kggraph.rdf.tokens import unescape

_Value: TypeAlias = "str | dict[str, str]"

_SCHEME: Final = re.compile(rb"<([A-Za-z][A-Za-z0-9+.-]*):(?!//)")
_dump: Final = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


def to_jsonld(ntriples: bytes, names: Names) -> bytes:
    """The graph as JSON-LD, grouped by subject.

    :param ntriples: canonical N-Triples.
    """
    return _JsonLdWriter(names).write(ntriples)


class _JsonLdWriter:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.used: set[str] = set()
        self.taken: frozenset[str] = frozenset()

    def write(self, ntriples: bytes) -> bytes:
        graph = grouped(ntriples)
        if b"_:" in ntriples:
            graph = with_stable_labels(graph)
        # An IRI such as urn:x would be read as a name with the prefix urn, so such a prefix is not used.
        self.taken = frozenset(scheme.decode() for scheme in _SCHEME.findall(ntriples))
        nodes = [self._node(subject, graph[subject]) for subject in sorted_subjects(graph)]
        context = ",\n".join(
            f"    {_dump(prefix)}: {_dump(self._prefix(self.names.namespaces[prefix]))}" for prefix in sorted(self.used)
        )
        body = ",\n".join(nodes)
        return f'{{\n  "@context": {{\n{context}\n  }},\n  "@graph": [\n{body}\n  ]\n}}\n'.encode()

    def _prefix(self, namespace: str) -> _Value:
        # https://www.w3.org/TR/json-ld11/#compact-iris: other ends than these do not make a prefix by themselves.
        return namespace if namespace[-1] in ":/?#[]@" else {"@id": namespace, "@prefix": True}  # type: ignore[dict-item]

    def _node(self, subject: str, description: dict[str, list[str]]) -> str:
        lines = [f'      "@id": {_dump(_id(subject))}']
        for predicate in in_order(description):
            objects = sorted_objects(description[predicate])
            if predicate == TYPE and not any(term.startswith('"') for term in objects):
                values: list[_Value] = [self._name(term) if term.startswith("<") else term for term in objects]
                key = "@type"
            else:
                values, key = [self._value(term) for term in objects], self._name(predicate)
            lines.append(f"      {_dump(key)}: {_several(values)}")
        return "    {\n" + ",\n".join(lines) + "\n    }"

    def _value(self, term: str) -> _Value:
        if not term.startswith('"'):
            return {"@id": _id(term)}
        body, _, rest = term[1:].rpartition('"')
        text = unescape(body)
        if rest.startswith("@"):
            return {"@value": text, "@language": rest[1:]}
        return {"@value": text, "@type": self._name(rest[2:])} if rest else text

    def _name(self, term: str) -> str:
        found = self.names.name(term[1:-1])
        if found is None or found[0] in self.taken or not found[0]:
            return term[1:-1]
        self.used.add(found[0])
        return found[1]


def _id(term: str) -> str:
    return term[1:-1] if term.startswith("<") else term


def _several(values: list[_Value]) -> str:
    if len(values) == 1:
        return _dump(values[0])
    return "[\n        " + ",\n        ".join(_dump(value) for value in values) + "\n      ]"
