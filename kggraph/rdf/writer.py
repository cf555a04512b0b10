"""The canonical Turtle text of N-Triples, made line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from kggraph.rdf.blank import BlankNodes
from kggraph.rdf.blocks import Notes
from kggraph.rdf.names import Names
from kggraph.rdf.order import (
    TYPE,
    Description,
    Graph,
    grouped,
    in_order,
    sorted_objects,
    sorted_subjects,
    with_stable_labels,
)
from kggraph.rdf.tokens import unescape
from kggraph.terms import RDF, XSD

_FIRST, _REST, _NIL = f"<{RDF}first>", f"<{RDF}rest>", f"<{RDF}nil>"
# https://www.w3.org/TR/turtle/#abbrev: a number or boolean may go without quotes. Only where every reader keeps its
# lexical form: rdflib makes 1 of 01, 0.5 of .5, 1E-7 of 0.0000001 and 1000.0 of 1e3 when they have none.
_BARE: Final = {
    f"<{XSD}integer>": re.compile(r"(?:0|-?[1-9][0-9]*)\Z"),
    f"<{XSD}decimal>": re.compile(r"(?:0|-?[1-9][0-9]*)\.[0-9]{1,6}\Z"),
    f"<{XSD}boolean>": re.compile(r"(?:true|false)\Z"),
}
_DECEIVING: Final = re.compile("[\x7f-\x9f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Characters that cannot be seen, or turn what is seen around (https://trojansource.codes): written as escapes."""

_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_LAST_QUOTES: Final = re.compile(r'"(?="|\Z)')
_INDENT: Final = "    "
_MAX_INLINE: Final = 100
_MENTIONED: Final = re.compile(r"(?<![\w/:<@.-])([A-Za-z][\w-]*):(?=\w)")
"""A name with a prefix, in a comment."""


class TurtleWriter:
    """Writes graphs with the names of one set of prefixes."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.used: set[str] = set()
        self.graph: Graph = {}
        self.roots: list[str] = []
        self.nested: set[str] = set()
        self.has_blank = False

    def write(self, ntriples: bytes, notes: Notes | None = None, *, graph: Graph | None = None) -> str:
        """The canonical text, with the notes above the things they are about.

        :param ntriples: canonical N-Triples; with blank nodes in any order and by any labels.
        :param graph: the same, where it is grouped already.
        """
        self.graph = grouped(ntriples) if graph is None else graph
        self.has_blank = b"_:" in ntriples
        if self.has_blank:
            self._prepare_blank_nodes()
        blocks = self._blocks(notes)
        if notes is not None:
            # A line that is a comment for now is to be right once its mark is taken away.
            self.used.update(name for name in _MENTIONED.findall(notes.text()) if name in self.names.namespaces)
        used = [f"PREFIX {prefix}: <{self.names.namespaces[prefix]}>\n" for prefix in sorted(self.used)]
        if notes is None:
            return "\n".join((["".join(used)] if used else []) + blocks)
        lost = [note for iri, some in notes.about.items() if f"<{iri}>" not in self.graph for note in some]
        head, foot = notes.head, [*lost, *notes.foot]
        if head and not used:
            # Without prefixes to stand above, they are about the first thing, as they will be when read again.
            if blocks and not blocks[0].startswith("["):
                blocks[0] = _lines(head) + blocks[0]
            else:
                foot = [*head, *foot]
            head = []
        return "\n".join(part for part in (_lines(head) + "".join(used), *blocks, _lines(foot)) if part)

    def _prepare_blank_nodes(self) -> None:
        blank = BlankNodes(self.graph)
        if blank.shared:
            self.graph = with_stable_labels(self.graph)
            blank = BlankNodes(self.graph)
        self.roots, self.nested = blank.roots, blank.nested

    def _blocks(self, notes: Notes | None) -> list[str]:
        inside = self.nested.union(self.roots)
        named = [subject for subject in self.graph if subject not in inside]
        order = {f"<{iri}>": place for place, iri in enumerate(notes.order)} if notes else {}
        named = sorted_subjects(self.graph, named)
        named.sort(key=lambda subject: order.get(subject, len(order)))
        about = notes.about if notes else {}
        blocks = [_lines(about.get(subject[1:-1], ())) + self._block(self._node(subject), subject) for subject in named]
        return blocks + sorted(self._block("[]", subject) for subject in self.roots)

    # ------------------------------------------------------------------ descriptions
    def _block(self, head: str, subject: str) -> str:
        return f"{head}\n{self._description(self.graph[subject], _INDENT)}.\n"

    def _description(self, description: Description, indent: str) -> str:
        lines = []
        for predicate in in_order(description):
            verb = "a" if predicate == TYPE else self._iri(predicate)
            objects = description[predicate]
            text = f" {self._object(objects[0], indent)}" if len(objects) == 1 else self._objects(objects, indent)
            lines.append(f"{indent}{verb}{text} ;\n")
        return "".join(lines)

    def _objects(self, objects: list[str], indent: str) -> str:
        deeper = indent + _INDENT
        texts = [self._object(term, deeper) for term in sorted_objects(objects)]
        if self.has_blank and (blank := sum(term.startswith("_:") for term in objects)):
            texts[:blank] = sorted(texts[:blank])
        return f"\n{deeper}" + f" ,\n{deeper}".join(texts)

    def _object(self, term: str, indent: str) -> str:
        if term[0] == "<":
            return self._iri(term) if term != _NIL else "()"
        if term[0] == '"':
            return self._literal(term)
        if term not in self.nested:
            return self._node(term)
        if (members := self._members(term)) is not None:
            texts = [self._object(member, indent + _INDENT) for member in members]
            inline = f"( {' '.join(texts)} )"
            if len(inline) <= _MAX_INLINE and "\n" not in inline:
                return inline
            return "(\n" + "".join(f"{indent}{_INDENT}{text}\n" for text in texts) + f"{indent})"
        body = self._description(self.graph.get(term, {}), indent + _INDENT)
        if not body:
            return "[]"
        if body.count("\n") == 1 and len(inline := f"[ {body.strip(' ;' + chr(10))} ]") <= _MAX_INLINE:
            return inline
        return f"[\n{body}{indent}]"

    def _members(self, head: str) -> list[str] | None:
        """Members of the list that begins at a blank node, or nothing when it is not just a list."""
        members = []
        while head != _NIL:
            description = self.graph.get(head)
            if head not in self.nested or description is None or description.keys() != {_FIRST, _REST}:
                return None
            if len(description[_FIRST]) != 1 or len(description[_REST]) != 1:
                return None
            members.append(description[_FIRST][0])
            head = description[_REST][0]
        return members

    # ------------------------------------------------------------------ terms
    def _node(self, term: str) -> str:
        return term if term.startswith("_:") else self._iri(term)

    def _iri(self, term: str) -> str:
        name = self.names.name_of_term(term)
        if name is None:
            return term if term.isascii() else _DECEIVING.sub(_escaped, term)
        self.used.add(name[0])
        return name[1]

    def _literal(self, term: str) -> str:
        body, _, rest = term[1:].rpartition('"')
        if rest.startswith("^^"):
            bare = _BARE.get(rest[2:])
            if bare and bare.match(body):
                return body
            rest = f"^^{self._iri(rest[2:])}"
        if "\\n" in body and "\n" in (text := unescape(body)):
            text = _LAST_QUOTES.sub(r"\"", text.replace("\\", "\\\\"))
            text = _CONTROL.sub(_escaped, text)
            body = f'""{text}""'
        return f'"{body if body.isascii() else _DECEIVING.sub(_escaped, body)}"{rest}'


def _lines(notes: Iterable[str]) -> str:
    return "".join(f"{note}\n" for note in notes)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    plain = {"\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}.get(character)
    return plain or f"\\u{ord(character):04X}"
