"""What of a thing is searched, as the shapes tell: its own texts, and the names of the things it links to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from kggraph.errors import ShapesError
from kggraph.model import Field, Model
from kggraph.rdf import ntriples
from kggraph.terms import DASH, FOAF, RDF, RDFS, SKOS

LABEL_ROLE: Final = f"{DASH}LabelRole"
_DESCRIPTION_ROLE: Final = f"{DASH}DescriptionRole"
_TYPE: Final = f"<{RDF}type>".encode()
_CONCEPT: Final = f"{SKOS}Concept"
_BROADER: Final = f"<{SKOS}broader>".encode()
_NAMES: Final = tuple(f"<{iri}>".encode() for iri in (f"{SKOS}prefLabel", f"{RDFS}label", f"{FOAF}name"))
_SYNONYMS: Final = (f"<{SKOS}altLabel>".encode(), f"<{SKOS}hiddenLabel>".encode())


class Text(NamedTuple):
    """A text and its language tag (empty: none)."""

    text: str
    lang: str


class OwnText(NamedTuple):
    """A text of an item itself, with the field it stands in."""

    field: Field
    text: str
    lang: str


class Linked(NamedTuple):
    """A thing that an item links to in a searched field."""

    field: Field
    iri: str


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that items may link to: what it is called, and what it is under."""

    iri: str
    kind: str
    names: tuple[Text, ...]
    synonyms: tuple[Text, ...]
    broader: tuple[str, ...]
    is_concept: bool


class TextReader:
    """Reads the searched texts out of own triples."""

    def __init__(self, model: Model) -> None:
        """Take the searched fields from the main class.

        :raises ShapesError: a searched field is an inverse property.
        """
        self._model = model
        self.fields = model.main.searched()
        """The searched fields of items, in the order of the shapes."""
        for field in self.fields:
            if field.inverse:
                raise ShapesError(f"<{field.iri}> has kg:searchWeight on an inverse path; search reads items only.")
        self._by_path = {f"<{field.path}>".encode(): field for field in reversed(self.fields)}
        self._known: dict[tuple[str, ...], tuple[str, tuple[bytes, ...], tuple[bytes, ...]]] = {}

    def read(self, iri: str, rows: Iterable[ntriples.Row]) -> Iterator[OwnText | Linked]:
        """The searched texts and links of an item, in the order of its rows."""
        subject, by_path = f"<{iri}>".encode(), self._by_path
        for row_subject, predicate, term in rows:
            field = by_path.get(predicate)
            if field is None or row_subject != subject:
                continue
            if term.startswith(b'"'):
                text, lang, _ = ntriples.literal(term)
                yield OwnText(field, text, lang)
            elif term.startswith(b"<"):
                yield Linked(field, ntriples.iri(term))

    def named(self, iri: str, rows: Iterable[ntriples.Row], kind: str = "") -> Named:
        """What a thing is called: its labels, and as synonyms the other searched fields of its class.

        :param kind: the {kind} in its address, where it has one.
        """
        subject = f"<{iri}>".encode()
        own = [(predicate, term) for row_subject, predicate, term in rows if row_subject == subject]
        types = tuple(ntriples.iri(term) for predicate, term in own if predicate == _TYPE and ntriples.is_iri(term))
        class_kind, name_paths, synonym_paths = self._paths(types)
        names: list[Text] = []
        synonyms: list[Text] = []
        broader: list[str] = []
        for predicate, term in own:
            if predicate == _BROADER and ntriples.is_iri(term):
                broader.append(ntriples.iri(term))
            elif term.startswith(b'"') and (predicate in name_paths or predicate in synonym_paths):
                text, lang, _ = ntriples.literal(term)
                (names if predicate in name_paths else synonyms).append(Text(text, lang))
        return Named(iri, kind or class_kind, tuple(names), tuple(synonyms), tuple(sorted(broader)), _CONCEPT in types)

    def _paths(self, types: tuple[str, ...]) -> tuple[str, tuple[bytes, ...], tuple[bytes, ...]]:
        if types not in self._known:
            found = self._model.of_types(types)
            names = tuple(f"<{path}>".encode() for path in found.label_paths) if found else ()
            others = (
                f"<{field.path}>".encode()
                for field in (found.searched() if found else ())
                if field.role not in (LABEL_ROLE, _DESCRIPTION_ROLE) and not field.inverse
            )
            synonyms = tuple(dict.fromkeys((*others, *_SYNONYMS)))
            kind = (found.kind if found else None) or ""
            self._known[types] = (kind, names or _NAMES, tuple(path for path in synonyms if path not in names))
        return self._known[types]
