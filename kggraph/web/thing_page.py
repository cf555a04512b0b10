"""The page about a thing: what only it says goes into a stencil that all things of its kind share.

A page made anew costs a few times what it costs to send, so what things have alike is drawn once for a generation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, quote_plus

from markupsafe import Markup

from kggraph.publish.citations import CITATION_FORMATS
from kggraph.publish.descriptions import Description
from kggraph.publish.labels import Label, pick
from kggraph.publish.tables import MARKDOWN
from kggraph.publish.work import Work
from kggraph.rdf.media import HTML, JSON_LD, RDF_FORMATS, RESULTS_CSV, TRIG, Representation
from kggraph.terms import SKOS
from kggraph.web import markup
from kggraph.web.cards import cards
from kggraph.web.examples import OF_SCHEME, example
from kggraph.web.generations import KnowledgeBase
from kggraph.web.kinds import Kind
from kggraph.web.linked import Around, MappingView, concept_schemes
from kggraph.web.notices import notices
from kggraph.web.once import once_a_generation
from kggraph.web.outlets import keeper
from kggraph.web.page_head import head_of_work
from kggraph.web.present import Reader
from kggraph.web.related import related
from kggraph.web.render import Here, Stencil, part, stencil
from kggraph.web.scheme_versions import version_list
from kggraph.web.views import ThingView

GRAPHS: Final = (*RDF_FORMATS, TRIG)
FRAMED: Final = Representation("framed", ".json", JSON_LD.media_type, "JSON")
"""One object with readable names; its address asks for it, as its media type is that of JSON-LD."""
OFFERS: Final = (HTML, *GRAPHS, MARKDOWN, RESULTS_CSV, FRAMED)
"""What a document can be; a client that takes anything gets the page."""
CITED: Final = (*OFFERS, *CITATION_FORMATS)
"""What the document about an item can be."""
_ITEMS_SHOWN: Final = 6
_GAPS: Final = (
    *(
        "title",
        "head",
        "eyebrow",
        "heading",
        "subtitles",
        "notices",
        "lead",
        "uses",
        "groups",
        "related",
        "mappings",
        "inbound",
    ),
    *("position", "iri", "permanent", "subject", "item", "source"),
)


def page_of(place: Here, found: Description, work: Work) -> bytes:
    """The page about a thing: what only it says, in the stencil of its kind."""
    kb, t = place.kb, place.t
    kind = kb.kinds.by_name(found.kind)
    cited = found.kind == kb.model.main.kind
    view = Reader(kb, place.language, place.prefix, found).view(t("list.unknown") if cited else "")
    steps = [(t("nav.home"), f"{place.prefix}/")]
    steps += [(pick(kind.plural, place.language, kind.name).text, f"{place.prefix}/{kind.list_name}")] if kind else []
    around = Around(kb, place.language, place.prefix, found.iri)
    mappings = around.mappings() if f"{SKOS}Concept" in found.types else []
    warned = notices(kb, (found.iri, *found.named), place.language)
    inbound = around.inbound()
    return _stencil_of(place, kind, cited, bool(found.source)).fill(
        {
            "address": kb.addresses.path(found.iri) or "/",
            "title": view.title.text,
            "head": head_of_work(place, work, steps, cited=cited),
            "eyebrow": markup.eyebrow(view.sorts, t),
            "heading": markup.heading(view.title, t),
            "subtitles": markup.subtitles(view.subtitles, t),
            "notices": part("thing/notices.html", place, notices=warned) if warned else "",
            "lead": markup.lead(view.lead, view.lead_others, view.home_page, t),
            "uses": _uses(place, found, around),
            "groups": markup.groups(_without(view, mappings).groups, t),
            "related": markup.related_items(related(kb, found, place.language, place.prefix) if cited else [], t),
            "mappings": part("thing/mappings.html", place, mappings=mappings) if mappings else "",
            "inbound": part("thing/inbound.html", place, inbound=inbound) if inbound else "",
            "position": _position(place, found, around),
            "iri": found.iri,
            "permanent": quote(found.iri),
            "subject": quote(view.title.text, errors="replace"),
            "item": quote_plus(kb.addresses.short(found.iri, kb.model.main.kind or "")),
            "source": found.source,
        }
    )


def _stencil_of(place: Here, kind: Kind | None, cited: bool, has_source: bool) -> Stencil:
    """The page of all things of a kind in a language, drawn once for a generation."""
    known = _stencils(place.kb)
    key = (place.language, kind.name if kind else "", cited, has_source)
    if key not in known:
        data = [(offer.label, "", offer.suffix) for offer in (*GRAPHS, FRAMED)]
        constants = {
            "alternates": (CITED if cited else OFFERS)[1:],
            "list_name": kind.list_name if kind else "",
            "kind_label": pick(kind.plural, place.language, kind.name) if kind else Label("", ""),
            "cited": cited,
            "contact": place.site.settings.contact_email,
            "keeper": keeper(place.kb, place.language, place.prefix),
            "formats": (*data, *((offer.label, place.prefix, offer.suffix) for offer in (MARKDOWN, RESULTS_CSV))),
            "citations": [(offer.label, place.prefix, offer.suffix) for offer in CITATION_FORMATS if cited],
            "has_source": has_source,
        }
        known[key] = stencil("thing.html", place, _GAPS, constants)
    return known[key]


@once_a_generation
def _stencils(kb: KnowledgeBase) -> dict[tuple[str, str, bool, bool], Stencil]:
    return {}


def _uses(place: Here, found: Description, around: Around) -> Markup | str:
    """The tree of a scheme, and the items that have the thing as a value."""
    uses = around.uses()
    tree = around.tree(found.iri) if f"{SKOS}ConceptScheme" in found.types else []
    if not uses and not tree:
        return ""
    items = _items(place, around.iri, uses[0].key) if uses else []
    label = pick(place.kb.model.main.plural, place.language).text
    query = example(OF_SCHEME, found.iri, place.prefix) if tree else ""
    versions = version_list(place, found) if tree else []
    context = {"uses": uses, "tree": tree, "items": items, "items_label": label, "query": query, "versions": versions}
    return part("thing/uses.html", place, **context)


def _position(place: Here, found: Description, around: Around) -> Markup | str:
    """Where a concept is in its scheme."""
    schemes = concept_schemes(found.iri, found.ntriples) if f"{SKOS}Concept" in found.types else []
    neighbours = [node for scheme in schemes[:1] for node in around.neighbours(scheme)]
    return part("thing/place.html", place, neighbours=neighbours) if neighbours else ""


def _without(view: ThingView, mappings: Sequence[MappingView]) -> ThingView:
    """The thing without the values that its table of mappings tells in full."""
    mapped = {mapping.object.iri for mapping in mappings}
    if not mapped:
        return view
    groups = []
    for group in view.groups:
        fields = [
            field._replace(values=tuple([value for value in field.values if value.iri not in mapped]))
            for field in group.fields
        ]
        if left := tuple(field for field in fields if field.values or field.others):
            groups.append(group._replace(fields=left))
    return view._replace(groups=tuple(groups))


def _items(place: Here, iri: str, key: str) -> list[Any]:
    chosen = place.kb.facets.select({key: [iri]}, limit=_ITEMS_SHOWN, lang=place.language, counts=False)
    return cards(place.kb, chosen.iris, place.language, place.prefix)
