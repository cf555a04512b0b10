"""The dataset in schema.org, as search engines and the Dutch register of heritage datasets read it.

https://docs.nde.nl/requirements-datasets/. The context stands in the document, so nobody has to fetch another one.
"""

from __future__ import annotations

from typing import Any, Final

from kggraph.publish.catalog import SERVICES, Service
from kggraph.publish.dataset import Agent, DatasetFacts, DumpFile, Variable
from kggraph.publish.jsonld_page import CONTEXT, JsonObject, localised
from kggraph.rdf.iris import slugify
from kggraph.terms import DCAT, DCTERMS

_DATES: Final = (("dateCreated", f"{DCTERMS}created"), ("datePublished", f"{DCTERMS}issued"))


def dataset_jsonld(facts: DatasetFacts, *, lang: str = "") -> JsonObject:
    """The dataset with its files and services, as a JSON-LD object.

    :param lang: only texts in this language where there are any; every language when not given.
    """
    made: JsonObject = {"@context": CONTEXT, "@type": "Dataset", "@id": facts.iri}
    made["name"] = localised(facts.title, lang)
    made["description"] = localised(facts.description, lang)
    made["url"] = facts.page
    made["mainEntityOfPage"] = facts.page
    made["identifier"] = facts.iri
    made["version"] = facts.version
    made["license"] = facts.license
    made["isAccessibleForFree"] = True
    made["dateModified"] = facts.modified
    for name, predicate in _DATES:
        made[name] = facts.told.text(predicate)
    made["inLanguage"] = list(facts.languages)
    made["keywords"] = _keywords(facts, lang)
    made["about"] = [{"@id": theme} for theme in facts.told.iris(f"{DCAT}theme")]
    made["publisher"] = _agent(facts.publisher, lang) if facts.publisher else None
    made["creator"] = [_agent(agent, lang) for agent in facts.creators]
    made["includedInDataCatalog"] = {"@id": f"{facts.page}#catalog", "@type": "DataCatalog", "url": facts.page}
    made["includedInDataCatalog"]["name"] = made["name"]
    made["variableMeasured"] = [_variable(variable, lang) for variable in facts.variables]
    made["distribution"] = [_file(facts, file) for file in facts.files]
    made["distribution"] += [_service(facts, service, lang) for service in SERVICES]
    return {key: value for key, value in made.items() if value not in (None, "", [], {})}


def _keywords(facts: DatasetFacts, lang: str) -> list[Any]:
    terms = facts.told.all(f"{DCAT}keyword")
    chosen = [term for term in terms if term.lang == lang] or terms if lang else terms
    return [localised({term.lang: term.value}, "") for term in chosen]


def _agent(agent: Agent, lang: str) -> JsonObject:
    made: JsonObject = {"@type": "Person" if agent.is_person else "Organization", "@id": agent.iri}
    made["name"] = localised(agent.names, lang)
    if agent.home_page:
        made["url"] = agent.home_page
    return made


def _file(facts: DatasetFacts, file: DumpFile) -> JsonObject:
    return {
        "@type": "DataDownload",
        "@id": f"{facts.page}#{slugify(file.name)}",
        "name": f"{file.label} ({file.name})",
        "contentUrl": f"{facts.base_uri}dumps/{file.name}",
        # The register asks for the compression in the media type.
        "encodingFormat": f"{file.media_type}+gzip" if file.is_gzip else file.media_type,
        "contentSize": str(file.size),
        "sha256": file.sha256,
        "dateModified": facts.modified,
        **({"license": facts.license} if facts.license else {}),
    }


def _variable(variable: Variable, lang: str) -> JsonObject:
    made: JsonObject = {"@type": "PropertyValue", "name": variable.name, "propertyID": variable.iri}
    return {**made, "description": localised(variable.label, lang)} if variable.label else made


def _service(facts: DatasetFacts, service: Service, lang: str) -> JsonObject:
    return {
        "@type": "DataDownload",
        "@id": f"{facts.page}#{service.name}-access",
        "name": localised(service.title, lang),
        "description": localised(service.description, lang),
        "contentUrl": facts.base_uri + service.path,
        "usageInfo": service.standard,
        **({"license": facts.license} if facts.license else {}),
    }
