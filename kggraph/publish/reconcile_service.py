"""The Reconciliation API 0.2 beside its queries: manifest, suggestions, previews, and values to extend a table with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from kggraph.errors import BadParameter
from kggraph.model import Field, LangText
from kggraph.publish.labels import Label, pick, sort_key
from kggraph.publish.reconcile import VERSIONS, Reconciler
from kggraph.publish.statements import Term, read_statements
from kggraph.terms import XSD

PREVIEW_SIZE: Final = (430, 300)
MOST_SUGGESTED: Final = 20
MOST_IDS: Final = 1_000
_MOST_PROPERTIES: Final = 50
_INTEGER: Final = f"{XSD}integer"
_NUMBERS: Final = frozenset(f"{XSD}{name}" for name in ("decimal", "double", "float"))
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def manifest(reconciler: Reconciler, *, name: str, prefix: str, version: str) -> dict[str, Any]:
    """What the service says of itself.

    :param prefix: what stands before the paths of its language: `en/`, or nothing.
    :param version: of the dataset.
    """
    base = reconciler.base_uri
    service = f"{base}{prefix}reconcile"
    suggest = {
        kind: {
            "service_url": service,
            "service_path": f"/suggest/{kind}",
            "flyout_service_url": service,
            "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
        }
        for kind in ("entity", "type", "property")
    }
    return {
        "versions": list(VERSIONS),
        "name": name,
        "identifierSpace": f"{base}id/",
        "schemaSpace": reconciler.schema_space,
        "documentation": f"{base}{prefix}about",
        "serviceVersion": version,
        "defaultTypes": [reconciler.type_json(one) for one in reconciler.types],
        "view": {"url": f"{base}id/{{{{id}}}}"},
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", "width": PREVIEW_SIZE[0], "height": PREVIEW_SIZE[1]},
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": service, "service_path": "/properties"},
            "property_settings": [],
        },
        "batchSize": 50,
    }


# ------------------------------------------------------------------ suggestions
def suggest_entities(reconciler: Reconciler, prefix: str, cursor: int) -> dict[str, Any]:
    """Things whose name begins like this; where none does, those with a name nearly like it."""
    found = reconciler.names.begin(prefix, limit=MOST_SUGGESTED, offset=cursor)
    if not found and not cursor:
        found = reconciler.names.find(prefix, limit=MOST_SUGGESTED)
    result = []
    for one in found:
        described = reconciler.described(one.iri)
        if described is not None:
            result.append({**described, "notable": reconciler.types_of(one.kind)})
    return {"result": result}


def suggest_types(reconciler: Reconciler, prefix: str, cursor: int) -> dict[str, Any]:
    """Types with a word in their name that begins like this."""
    found = [one for one in reconciler.types if _begins(one.labels, prefix)]
    return {"result": [reconciler.type_json(one) for one in found[cursor : cursor + MOST_SUGGESTED]]}


def suggest_properties(reconciler: Reconciler, prefix: str, cursor: int) -> dict[str, Any]:
    """Properties with a word in their name that begins like this, each once."""
    fields = [f for model in (reconciler.model.main, *reconciler.model.classes) for f in _shown(model.fields)]
    found = {field.path: field for field in reversed(fields) if _begins({**field.label, "key": field.key}, prefix)}
    result = [_property(reconciler, field) for field in reversed(found.values())]
    return {"result": result[cursor : cursor + MOST_SUGGESTED]}


def _begins(labels: LangText, prefix: str) -> bool:
    wanted = sort_key(prefix)
    return bool(wanted) and any(f" {wanted}" in f" {sort_key(text)}" for text in labels.values())


# ------------------------------------------------------------------ extending tables
def propose_properties(reconciler: Reconciler, type_id: str, limit: int | None) -> dict[str, Any]:
    """The properties that things of a type have; those of the items when there is no such type."""
    found = reconciler.type_of(type_id)
    model = reconciler.model.by_kind(found.kinds[0]) if found and found.kinds else None
    fields = _shown((model or reconciler.model.main).fields)
    properties = [_property(reconciler, field) for field in fields][:limit]
    made: dict[str, Any] = {"properties": properties, "type": type_id}
    return made if limit is None else {**made, "limit": limit}


def extend(reconciler: Reconciler, query: Any) -> dict[str, Any]:
    """The values of some properties of some things.

    :raises BadParameter: it is no query for that.
    """
    ids, fields = _extension(reconciler, query)
    rows = {id: _row(reconciler, id, fields) for id in ids}
    return {"meta": [_meta(reconciler, id, field) for id, field in fields], "rows": rows}


def _extension(reconciler: Reconciler, query: Any) -> tuple[list[str], list[tuple[str, Field | None]]]:
    if not isinstance(query, dict):
        raise BadParameter("extend must be a JSON object with ids and properties.", parameter="extend")
    ids, properties = query.get("ids"), query.get("properties")
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids) or len(ids) > MOST_IDS:
        raise BadParameter(f"extend.ids must be a list of at most {MOST_IDS} identifiers.", parameter="extend")
    if not isinstance(properties, list) or len(properties) > _MOST_PROPERTIES:
        raise BadParameter("extend.properties must be a list of objects.", parameter="extend")
    names = [one.get("id") if isinstance(one, dict) else None for one in properties]
    if not all(isinstance(name, str) for name in names):
        raise BadParameter("extend.properties must be a list of objects with an id.", parameter="extend")
    return ids, [(str(name), reconciler.property_of(str(name))) for name in names]


def _row(reconciler: Reconciler, id: str, fields: Sequence[tuple[str, Field | None]]) -> dict[str, list[Any]]:
    iri = reconciler.iri(id)
    description = reconciler.descriptions.get(iri)
    if description is None:
        return {name: [] for name, _ in fields}
    told = read_statements(description.ntriples, iri).thing
    row: dict[str, list[Any]] = {}
    for name, field in fields:
        if field is None:
            row[name] = []
        elif field.inverse:
            links = reconciler.descriptions.inbound(iri, predicate=field.path, limit=MOST_IDS, living=True)
            terms = [Term(thing, True) for thing in dict.fromkeys(link.thing for link in links)]
            row[name] = _values(reconciler, terms)
        else:
            row[name] = _values(reconciler, told.all(field.path))
    return row


def _values(reconciler: Reconciler, terms: Sequence[Term]) -> list[dict[str, Any]]:
    labels: Mapping[str, LangText] = reconciler.descriptions.labels([term.value for term in terms if term.is_iri])
    # Texts in several languages: the one asked for first.
    ordered = sorted(terms, key=lambda term: term.lang != reconciler.lang) if any(t.lang for t in terms) else terms
    return [_value(reconciler, term, labels) for term in ordered]


def _value(reconciler: Reconciler, term: Term, labels: Mapping[str, LangText]) -> dict[str, Any]:
    if term.is_iri:
        known = labels.get(term.value)
        if known is None:
            return {"str": term.value}
        return {"id": reconciler.id(term.value), "name": pick(known, reconciler.lang, term.value).text}
    try:
        if term.datatype == _INTEGER:
            return {"int": int(term.value)}
        if term.datatype in _NUMBERS:
            return {"float": float(term.value)}
    except ValueError:
        return {"str": term.value}
    # The API has no years or months: these stay texts.
    return {"date": f"{term.value}T00:00:00Z"} if _is_day(term) else {"str": term.value}


def _is_day(term: Term) -> bool:
    return term.datatype == f"{XSD}date" and bool(_DAY.match(term.value))


def _meta(reconciler: Reconciler, id: str, field: Field | None) -> dict[str, Any]:
    if field is None:
        return {"id": id, "name": id}
    type_id = field.scheme or field.node_class
    found = reconciler.type_of(type_id) if type_id else None
    made: dict[str, Any] = {"id": id, "name": pick(field.label, reconciler.lang, field.path).text}
    if found is not None:
        made["type"] = {"id": found.id, "name": pick(found.labels, reconciler.lang, found.id).text}
    return made


def _property(reconciler: Reconciler, field: Field) -> dict[str, Any]:
    made = {"id": field.path, "name": pick(field.label, reconciler.lang, field.path).text}
    return {**made, "description": pick(field.description, reconciler.lang).text} if field.description else made


def _shown(fields: Sequence[Field]) -> list[Field]:
    return [field for field in fields if not field.hidden]


# ------------------------------------------------------------------ previews
@dataclass(frozen=True, slots=True)
class _Lead:
    """What is shown of something beside its identifier."""

    name: Label
    kind: str
    text: str
    iri: str

    def html(self) -> str:
        lang = f' lang="{escape(self.name.lang)}"' if self.name.lang else ""
        link = f'<a href="{escape(self.iri)}" target="_blank" rel="noopener"{lang}>{escape(self.name.text)}</a>'
        return f'<h1>{link}</h1>\n<p class="eyebrow">{escape(self.kind)}</p>\n<p>{escape(self.text)}</p>\n'


def preview(reconciler: Reconciler, id: str, icon: str, style: str) -> bytes | None:
    """A small page about a thing, for a frame in somebody else's page; nothing when there is no such thing.

    :param icon: address of its picture, without which a browser asks for one that is not there.
    :param style: address of its style sheet.
    """
    lead = _entity(reconciler, id)
    if lead is None:
        return None
    return (
        f'<!doctype html>\n<html lang="{escape(reconciler.lang)}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{escape(style)}">'
        f'<link rel="icon" type="image/svg+xml" href="{escape(icon)}">'
        f"<title>{escape(lead.name.text)}</title></head>\n"
        f'<body class="preview">\n<main>\n{lead.html()}</main>\n</body>\n</html>\n'
    ).encode()


def flyout(reconciler: Reconciler, kind: str, id: str) -> dict[str, str] | None:
    """What is told beside a suggestion: a piece of HTML; nothing when there is no such thing, type or property.

    :param kind: `entity`, `type` or `property`.
    """
    lead = _LEADS[kind](reconciler, id)
    return {"id": id, "html": lead.html()} if lead else None


def _entity(reconciler: Reconciler, id: str) -> _Lead | None:
    iri = reconciler.iri(id)
    description = reconciler.descriptions.get(iri)
    if description is None:
        return None
    kind = " · ".join(one["name"] for one in reconciler.types_of(description.kind)[-1:])
    return _Lead(pick(description.labels, reconciler.lang, iri), kind, reconciler.lead(description), iri)


def _type(reconciler: Reconciler, id: str) -> _Lead | None:
    one = reconciler.type_of(id)
    if one is None:
        return None
    return _Lead(
        pick(one.labels, reconciler.lang, one.iri), one.id, pick(one.description, reconciler.lang).text, one.iri
    )


def _field(reconciler: Reconciler, id: str) -> _Lead | None:
    field = reconciler.property_of(id)
    if field is None:
        return None
    text = pick(field.description, reconciler.lang).text
    return _Lead(pick(field.label, reconciler.lang, field.path), field.path, text, field.path)


_LEADS: Final[Mapping[str, Callable[[Reconciler, str], _Lead | None]]] = {
    "entity": _entity,
    "type": _type,
    "property": _field,
}
