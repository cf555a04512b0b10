"""Works in schema.org: the JSON-LD inside their pages, by type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from kggraph.publish.dataset import DatasetFacts
from kggraph.publish.jsonld_page import CONTEXT, JsonObject, localised
from kggraph.publish.names import Name
from kggraph.publish.work import Signposts, Value, Work
from kggraph.terms import SCHEMA

_ARTICLE: Final = "ScholarlyArticle"
_HEADLINED: Final = frozenset((_ARTICLE, "NewsArticle", "BlogPosting", "Article", "Report"))
_NO_WORKS: Final = frozenset(("Action", "Event", "Organization", "Person", "Place", "Product", "Project", "Service"))
"""Classes that no work is: a text about an event is no event."""
_WORK: Final = "CreativeWork"


def schema_types(work: Work | Signposts) -> tuple[str, ...]:
    """Names of the classes of schema.org that a work is of, the most telling first.

    Where its type leaves it open, a scholarly article is one that has a DOI.
    """
    names = [iri.removeprefix(SCHEMA) for iri in work.types if iri.startswith(SCHEMA)]
    if _WORK in names:
        names = [name for name in names if name != _WORK and name not in _NO_WORKS]
        if _ARTICLE in names and len(names) > 1:
            names = [_ARTICLE] if work.doi else [name for name in names if name != _ARTICLE]
        return tuple(names) or (_WORK,)
    return tuple(names) or ("Thing",)


def work_jsonld(work: Work, *, lang: str, dataset: str = "") -> JsonObject:
    """A thing as JSON-LD, without context.

    :param lang: language of texts that have a choice; the title stays as it is at the source.
    :param dataset: IRI of the dataset that describes it.
    """
    types = schema_types(work)
    made: JsonObject = {"@type": list(types) if len(types) > 1 else types[0], "@id": work.iri}
    made["name"] = localised(work.titles or work.labels, "" if work.titles else lang)
    made["headline"] = made["name"] if _HEADLINED & set(types) else None
    made["alternateName"] = localised(work.alternatives, "")
    made["description"] = localised(work.description, lang)
    made["author"] = [_agent(name) for name in work.authors]
    made["contributor"] = [_agent(name) for name in work.contributors]
    made["publisher"] = [_agent(name) for name in work.publishers]
    made["datePublished"] = work.issued
    made["inLanguage"] = list(work.languages)
    made["identifier"] = _identifiers(work)
    made["url"] = work.url
    made["mainEntityOfPage"] = work.page
    made["sameAs"] = [f"https://doi.org/{work.doi}"] if work.doi else list(work.same_as)
    made["genre"] = _texts(work.genres, lang)
    made["about"] = [_thing(value, "DefinedTerm", lang) for value in work.subjects]
    made["audience"] = [
        {"@type": "Audience", **_id(value), "audienceType": localised(value.labels, lang)} for value in work.audiences
    ]
    made["countryOfOrigin"] = [_thing(value, "Country", lang) for value in work.countries]
    made["license"] = work.license
    made["copyrightNotice"] = work.rights
    made["subjectOf"] = {"@type": "Dataset", "@id": dataset} if dataset else None
    return {key: _single(value) for key, value in made.items() if value not in (None, "", [], {})}


def breadcrumbs(steps: Sequence[tuple[str, str]]) -> JsonObject:
    """The way to a page, as names and addresses from the home page down."""
    items = [
        {"@type": "ListItem", "position": place, "name": name, "item": address}
        for place, (name, address) in enumerate(steps, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def website(facts: DatasetFacts, *, lang: str, search: str) -> JsonObject:
    """The site, for its home page.

    :param search: address of the search, with `{query}` where the words go.
    """
    return {
        "@type": "WebSite",
        "@id": f"{facts.base_uri}#site",
        "url": facts.base_uri,
        "name": localised(facts.title, lang),
        "inLanguage": list(facts.languages),
        "about": {"@type": "Dataset", "@id": facts.iri},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search},
            "query-input": "required name=query",
        },
    }


def document(things: Iterable[JsonObject]) -> JsonObject:
    """Things as one JSON-LD document with its context inside."""
    return {"@context": CONTEXT, "@graph": list(things)}


def _agent(name: Name) -> JsonObject:
    made: JsonObject = {"@type": "Person" if name.is_person else "Organization"}
    if name.iri:
        made["@id"] = name.iri
    made["name"] = name.text
    if name.family:
        made["familyName"] = f"{name.particle} {name.family}".strip()
        made["givenName"] = name.given
    return made


def _identifiers(work: Work) -> list[Any]:
    others = [text for text in work.identifiers if work.doi not in text] if work.doi else list(work.identifiers)
    doi = {"@type": "PropertyValue", "propertyID": "doi", "value": work.doi, "url": f"https://doi.org/{work.doi}"}
    return [doi, *others] if work.doi else others


def _thing(value: Value, type: str, lang: str) -> JsonObject:
    return {"@type": type, **_id(value), "name": localised(value.labels, lang)}


def _id(value: Value) -> JsonObject:
    return {"@id": value.iri} if value.iri else {}


def _texts(values: Iterable[Value], lang: str) -> list[Any]:
    return [localised(value.labels, lang) for value in values]


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
