"""The Reconciliation API 0.2: which thing a name in somebody's table stands for.

https://reconciliation-api.github.io/specs/0.2/. Types are the classes of the model and the concept schemes; properties
are the fields of the model. Everything here takes parsed JSON and gives what is to be written as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from kggraph.errors import BadParameter
from kggraph.model import Field, LangText, Model
from kggraph.publish.descriptions import Description, Descriptions
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.name_index import Candidate, NameIndex
from kggraph.publish.statements import Term, read_statements
from kggraph.rdf.iris import kind_and_slug, local_name
from kggraph.terms import SCHEMA, SKOS

VERSIONS: Final = ("0.1", "0.2")
MOST_QUERIES: Final = 100
MOST_CANDIDATES: Final = 50
LONGEST: Final = 1_000
CERTAIN: Final = 95.0
"""Score from which a candidate is taken for certain, if no other comes within five."""
_LEAST: Final = 0.5
_LEAST_WITH_PROPERTIES: Final = 0.3
_NAME_WEIGHT: Final = 0.6
"""Weight of the name beside that of properties."""
_CONCEPT: Final = f"{SKOS}Concept"


@dataclass(frozen=True, slots=True)
class EntityType:
    """A type that things can be asked for by."""

    id: str
    """Local name of our own classes (it follows the schema space), IRI of others."""
    iri: str
    kinds: tuple[str, ...]
    labels: LangText
    description: LangText
    broader: str = ""


@dataclass(frozen=True)
class Reconciler:
    """Answers for one generation in one language."""

    model: Model
    descriptions: Descriptions
    names: NameIndex
    base_uri: str
    lang: str

    # ------------------------------------------------------------------ types and identifiers
    @cached_property
    def types(self) -> tuple[EntityType, ...]:
        """The classes and the concept schemes that have things."""
        kinds = self.descriptions.kinds()
        found = [
            EntityType(self.class_id(one.iri), one.iri, (one.kind,), one.label, one.description)
            for one in self.model.classes
            if one.kind in kinds
        ]
        schemes = [one for one in self.model.schemes if one.kind in kinds]
        if schemes:
            concept = self.model.by_class(_CONCEPT)
            labels, text = (concept.label, concept.description) if concept else ({}, {})
            found.append(EntityType(_CONCEPT, _CONCEPT, tuple(one.kind for one in schemes), labels, text))
        named = self.descriptions.labels([one.iri for one in schemes])
        found += [
            EntityType(one.iri, one.iri, (one.kind,), one.label or named.get(one.iri, {}), {}, _CONCEPT)
            for one in schemes
        ]
        return tuple(found)

    @property
    def schema_space(self) -> str:
        """What stands before the identifiers of our own classes."""
        return f"{self.base_uri}def#"

    def class_id(self, iri: str) -> str:
        """The identifier of a class. OpenRefine puts it into an address as it is, where all from `#` on is lost."""
        return iri.removeprefix(self.schema_space)

    def type_of(self, name: str) -> EntityType | None:
        """The type with that identifier, IRI, kind or name; an IRI that lost its fragment will do."""
        for one in self.types:
            if name in (one.id, one.iri) or (len(one.kinds) == 1 and name == one.kinds[0]):
                return one
        wanted = sort_key(name)
        for one in self.types:
            if wanted in (sort_key(local_name(one.iri)), *map(sort_key, one.labels.values())):
                return one
        begun = [one for one in self.types if one.id.startswith(f"{name}#")] if "://" in name else []
        return max(begun, key=lambda one: len(one.kinds), default=None)

    def iri(self, id: str) -> str:
        """The IRI that an identifier of this service stands for; IRIs stand for themselves."""
        return id if "://" in id[:10] else f"{self.base_uri}id/{id}"

    def id(self, iri: str) -> str:
        """The identifier of a thing: kind and slug, which follow the identifier space."""
        named = kind_and_slug(iri, self.base_uri)
        return "/".join(named) if named else iri

    def type_json(self, one: EntityType) -> dict[str, Any]:
        """A type as the API has it."""
        made: dict[str, Any] = {"id": one.id, "name": pick(one.labels, self.lang, one.id).text}
        if one.description:
            made["description"] = pick(one.description, self.lang).text
        broader = self.type_of(one.broader) if one.broader else None
        if broader:
            made["broader"] = [{"id": broader.id, "name": pick(broader.labels, self.lang, broader.id).text}]
        return made

    def types_of(self, kind: str) -> list[dict[str, str]]:
        """The types of the things of a kind."""
        found = [one for one in self.types if kind in one.kinds]
        return [{"id": one.id, "name": pick(one.labels, self.lang, one.id).text} for one in found]

    # ------------------------------------------------------------------ queries
    def answer(self, batch: Any) -> dict[str, Any]:
        """The answers to a batch of queries.

        :raises BadParameter: it is no batch, or one of its queries is none.
        """
        if not isinstance(batch, dict):
            raise BadParameter("queries must be a JSON object: a name for each query.", parameter="queries")
        if len(batch) > MOST_QUERIES:
            raise BadParameter(f"A batch has at most {MOST_QUERIES} queries.", parameter="queries")
        return {key: {"result": self._query(key, query)} for key, query in batch.items()}

    def _query(self, key: str, query: Any) -> list[dict[str, Any]]:
        text, kinds, limit, wanted = self._parsed(key, query)
        if kinds == ():
            return []
        least = _LEAST_WITH_PROPERTIES if wanted else _LEAST
        found = self.names.find(text, limit=limit + MOST_CANDIDATES, kinds=kinds, least=least) if text else []
        if not text:
            found = self._by_properties(wanted, kinds)
        scored = [(100 * one.score, one) for one in found]
        if wanted:
            scored = [(self._weighed(score, one, wanted, named=bool(text)), one) for score, one in scored]
            scored.sort(key=lambda pair: -pair[0])
        described = self._described([one.iri for _, one in scored[:limit]])
        results = []
        for place, (score, one) in enumerate(scored[:limit]):
            following = scored[1][0] if len(scored) > 1 else 0.0
            certain = place == 0 and score >= CERTAIN and score - following >= 5
            results.append({**described[one.iri], "type": self.types_of(one.kind), **_score(score, certain)})
        return results

    def _parsed(self, key: str, query: Any) -> tuple[str, tuple[str, ...] | None, int, list[tuple[Field, list[str]]]]:
        where = f"queries.{key}"[:80]
        if not isinstance(query, dict):
            raise BadParameter(f"{where} is no JSON object.", parameter="queries")
        text, limit = query.get("query", ""), query.get("limit", 10)
        if not isinstance(text, str) or len(text) > LONGEST:
            raise BadParameter(f"{where}: query must be a text of at most {LONGEST} characters.", parameter="queries")
        if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 1:
            raise BadParameter(f"{where}: limit must be a number of 1 or more.", parameter="queries")
        asked = query.get("type", [])
        asked = [asked] if isinstance(asked, str) else asked
        if not isinstance(asked, list) or not all(isinstance(one, str) for one in asked):
            raise BadParameter(f"{where}: type must be an identifier or a list of them.", parameter="queries")
        kinds: tuple[str, ...] | None = None
        if asked and query.get("type_strict") != "should":
            kinds = tuple(dict.fromkeys(kind for one in asked if (type := self.type_of(one)) for kind in type.kinds))
        return text, kinds, min(int(min(limit, MOST_CANDIDATES)), MOST_CANDIDATES), self._wanted(where, query)

    def _wanted(self, where: str, query: Mapping[str, Any]) -> list[tuple[Field, list[str]]]:
        """The properties asked for, with the texts or identifiers that their values should be."""
        properties = query.get("properties", [])
        if not isinstance(properties, list) or not all(isinstance(one, dict) for one in properties):
            raise BadParameter(f"{where}: properties must be a list of objects.", parameter="queries")
        wanted = []
        for one in properties[:20]:
            field, values = self.property_of(str(one.get("pid", ""))), one.get("v")
            values = values if isinstance(values, list) else [values]
            texts = [str(v.get("id", v.get("name", ""))) if isinstance(v, dict) else str(v) for v in values[:50]]
            if field is not None and values != [None]:
                wanted.append((field, texts))
        return wanted

    def _by_properties(
        self, wanted: Sequence[tuple[Field, list[str]]], kinds: tuple[str, ...] | None
    ) -> list[Candidate]:
        """Things that point at the values asked for, when there is no name to go by."""
        found: dict[str, Candidate] = {}
        for field, texts in wanted:
            for text in texts:
                iris = [self.iri(text)] if "/" in text else [c.iri for c in self.names.find(text, limit=3, least=0.95)]
                for iri in iris:
                    for link in self.descriptions.inbound(
                        iri, predicate=field.path, limit=MOST_CANDIDATES, living=True
                    ):
                        description = self.descriptions.get(link.thing)
                        if description and (kinds is None or description.kind in kinds):
                            one = Candidate(link.thing, description.kind, description.types, 0.0)
                            found.setdefault(link.thing, one)
        return list(found.values())

    def _weighed(
        self, score: float, one: Candidate, wanted: Sequence[tuple[Field, list[str]]], *, named: bool
    ) -> float:
        description = self.descriptions.get(one.iri)
        if description is None:
            return score
        told = read_statements(description.ntriples, one.iri).thing
        shares = []
        for field, texts in wanted:
            terms = told.all(field.path)
            labels = self.descriptions.labels([term.value for term in terms if term.is_iri])
            shares.append(sum(self._has(terms, labels, text) for text in texts) / len(texts))
        share = 100 * sum(shares) / len(shares)
        return _NAME_WEIGHT * score + (1 - _NAME_WEIGHT) * share if named else share

    def _has(self, terms: Iterable[Term], labels: Mapping[str, LangText], text: str) -> bool:
        wanted = sort_key(text)
        for term in terms:
            names = labels.get(term.value, {}).values() if term.is_iri else (term.value,)
            if term.value in (text, self.iri(text)) or wanted in map(sort_key, names):
                return True
            if not term.is_iri and len(text) == 4 and term.value.startswith(text):
                return True  # a year for a date
        return False

    # ------------------------------------------------------------------ fields
    def property_of(self, id: str) -> Field | None:
        """The field with that property as IRI, or that key."""
        fields = [field for one in self.model.classes for field in one.fields if not field.hidden]
        main = [field for field in self.model.main.fields if not field.hidden]
        return next((field for field in (*main, *fields) if id in (field.path, field.key)), None)

    def described(self, iri: str) -> dict[str, str] | None:
        """Identifier, name and description of a thing, if it is there."""
        return self._described([iri]).get(iri)

    def _described(self, iris: Iterable[str]) -> dict[str, dict[str, str]]:
        found = {}
        for iri in iris:
            description = self.descriptions.get(iri)
            if description is not None:
                found[iri] = {"id": self.id(iri), "name": pick(description.labels, self.lang, iri).text}
                text = self.lead(description)
                found[iri].update({"description": text} if text else {})
        return found

    def lead(self, description: Description) -> str:
        """The description of a thing in words."""
        model = self.model.of_types(description.types)
        fields = [f for f in model.fields if f.schema_property == f"{SCHEMA}description"] if model else []
        texts = read_statements(description.ntriples, description.iri).thing.texts(*(field.path for field in fields))
        return pick(texts, self.lang).text if texts else ""


def _score(score: float, certain: bool) -> dict[str, Any]:
    return {
        "score": round(score, 2),
        "match": certain,
        "features": [{"id": "likeness", "value": round(score, 2)}],
    }
