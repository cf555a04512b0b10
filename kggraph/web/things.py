"""Things and the documents about them: `/id/...` leads to `/doc/...`, which is a page or a graph."""

from __future__ import annotations

from functools import cache
from typing import Final

from flask import Blueprint, request

from kggraph.errors import BadParameter, ThingNotFound
from kggraph.publish import profiles
from kggraph.publish.citations import CITATION_FORMATS, citation
from kggraph.publish.context import framed
from kggraph.publish.descriptions import Description
from kggraph.publish.labels import Label, pick
from kggraph.publish.lifecycle import Ending, ending
from kggraph.publish.linkset import header_links
from kggraph.publish.profiles import FULL, INBOUND_SIZE, PROFILE_PREFIXES, PROFILES, Profile
from kggraph.publish.tables import MARKDOWN
from kggraph.publish.work import Work
from kggraph.rdf.media import (
    HTML,
    JSON_LD,
    RESULTS_CSV,
    Representation,
    negotiate,
    negotiate_language,
    parse_accept_profile,
)
from kggraph.rdf.turtle import serialize
from kggraph.web.exchange import document_links
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Answer, Document, Link, Redirect, answered, language_prefix
from kggraph.web.machine import contexts
from kggraph.web.outlets import outlets
from kggraph.web.paging import parse_page
from kggraph.web.present import Reader
from kggraph.web.render import Here, here, html, query_of, site_links
from kggraph.web.scheme_versions import scheme_version
from kggraph.web.thing_files import markdown, table
from kggraph.web.thing_page import CITED, FRAMED, GRAPHS, OFFERS, page_of

blueprint = Blueprint("things", __name__)

_BY_SUFFIX: Final = {offer.suffix[1:]: offer for offer in CITED}


@blueprint.get("/id/<kind>/<path:slug>")
@answered
def thing(kind: str, slug: str) -> Redirect:
    """The thing itself cannot be sent: 303 to the document about it, in the language the client likes."""
    place = here()
    found = _find(place.kb, kind, slug)
    query = _asked_profile()  # the document says it when there is no such profile
    end = ending(found.ntriples, found.iri)
    path = (place.kb.addresses.path(end.replaced_by) if end.replaced_by else None) or ""
    if path:  # the thing it became is what the address stands for now
        return Redirect(place.prefix + path.replace("/doc/", "/id/", 1) + query, status=301)
    path = place.kb.addresses.path(found.iri) or "/"
    languages = place.site.settings.languages
    prefix = place.prefix
    # Only a page has a language, so who asks for data goes to the one address that all languages share.
    if negotiate(request.headers.get("Accept"), OFFERS) is HTML and not prefix:
        prefix = language_prefix(negotiate_language(request.headers.get("Accept-Language"), languages), languages)
    return Redirect(prefix + path + query, links=[Link(path, "describedby")])


@blueprint.get("/doc/<kind>/<path:name>")
@answered
def document(kind: str, name: str) -> Answer:
    """The document about a thing; a suffix names one representation and is never overruled."""
    place = here()
    kb = place.kb
    slug, _, version = name.partition("/")
    if version:
        return scheme_version(place, _find(kb, kind, slug), version)
    slug, representation = _split(name)
    found = _find(kb, kind, slug)
    end = ending(found.ntriples, found.iri)
    if end.is_over:
        return _ended(place, found, end, representation)
    if representation in CITATION_FORMATS and found.kind != kb.model.main.kind:
        raise ThingNotFound("Only items have citations.")
    profile = _profile(representation)
    number = parse_page(request.args.get("page")) if profile is FULL else 1
    return _document(place, found, representation, profile, number)


def plain_document(place: Here, kind: str, slug: str, suffix: str) -> Document | None:
    """The document about a thing in the format that its address names; nothing when there is more to it than that."""
    kb = place.kb
    found = kb.descriptions.get(kb.addresses.thing(kind, slug))
    if found is None or ending(found.ntriples, found.iri).is_over:
        return None
    return _document(place, found, _BY_SUFFIX[suffix], None, 1)


def _document(
    place: Here, found: Description, representation: Representation | None, profile: Profile | None, number: int
) -> Document:
    kb = place.kb
    path = kb.addresses.path(found.iri) or "/"
    cited = found.kind == kb.model.main.kind
    suffix = representation.suffix if representation else ""
    graph = cache(lambda: _graph(place, found, profile, number))
    work = cache(lambda: outlets(kb).reader.read(found))
    pairs = [("profile", profile.name)] if profile else []

    def make(representation: Representation) -> bytes:
        if representation is HTML:
            return page_of(place, found, work())
        if representation in CITATION_FORMATS:
            return citation([work()], representation, place.language)
        if representation is FRAMED or (representation is JSON_LD and profile is None):
            name, (members, _) = list(contexts(kb).items())[-1]
            address = f"{kb.addresses.base_uri}context/{name}.jsonld" if representation is FRAMED else ""
            return framed(found.iri, found.ntriples, members, address)
        if representation in (MARKDOWN, RESULTS_CSV):
            return _file(place, found, representation)
        own = found.graph if profile is None else None
        return serialize(graph()[0], representation, {**kb.prefixes, **PROFILE_PREFIXES}, graph=own)

    return Document(
        path,
        make,
        offers=CITED if cited else OFFERS,
        forced=representation,
        twins=True,
        language=place.language,
        prefix=place.prefix,
        query=query_of([*pairs, *([("page", str(number))] if number > 1 else [])]),
        links=lambda: [
            *_links(kb, found, path, work() if work.cache_info().currsize else None),
            *_profile_links(path + suffix, profile, number, graph()[1]),
        ],
        profiled=representation is None,
    )


# ------------------------------------------------------------------ profiles
def _asked_profile() -> str:
    """The query that asks for the same profile at another address."""
    name = request.args.get("profile")
    return "" if name is None else f"?{query_of([('profile', name)])}"


def _profile(forced: Representation | None) -> Profile | None:
    """The profile that a client asks for; nothing for the thing's own triples."""
    name = request.args.get("profile") if request.query_string else None
    if name is not None:
        if name not in PROFILES:
            raise BadParameter(f"A profile is one of {', '.join(PROFILES)}.", parameter="profile")
        return PROFILES[name]
    if forced is not None:
        return None
    wanted = parse_accept_profile(request.headers.get("Accept-Profile"))
    by_iri = {profile.iri: profile for profile in PROFILES.values()}
    return next((by_iri[iri] for iri in wanted if iri in by_iri), None)


def _graph(place: Here, found: Description, profile: Profile | None, number: int) -> tuple[bytes, int]:
    """The triples of a profile, and how many links to the thing there are."""
    kb = place.kb
    if profile is None:
        return found.ntriples, 0
    if profile is FULL:
        address = kb.addresses.base_uri.rstrip("/") + (kb.addresses.path(found.iri) or "/")
        made, total = profiles.full(found, kb.descriptions, kb.labels, number, address)
        if number > 1 and (number - 1) * INBOUND_SIZE >= total:
            raise ThingNotFound("There are not so many pages.")
        return made, total
    if profile is profiles.SCHEMA_ORG:
        return profiles.schema_org(found, outlets(kb).reader, outlets(kb).facts.iri), 0
    if profile is profiles.NL_SBB:
        made_sbb = profiles.nl_sbb(found, kb.descriptions)
        if made_sbb is None:
            raise BadParameter("Only concepts and concept schemes have the profile nl-sbb.", parameter="profile")
        return made_sbb, 0
    return profiles.brief(found, kb.class_of(found.types)), 0


def _profile_links(path: str, profile: Profile | None, number: int, total: int) -> list[Link]:
    if profile is None:
        return []
    links = [Link(profile.iri, "profile")]
    for rel, other in (("prev", number - 1), ("next", number + 1)):
        if other > 0 and (other - 1) * INBOUND_SIZE < total and profile is FULL:
            links.append(Link(f"{path}?{query_of([('profile', profile.name), ('page', str(other))])}", rel))
    return links


def _file(place: Here, found: Description, representation: Representation) -> bytes:
    kb = place.kb
    view = Reader(kb, place.language, place.prefix, found).view()
    if representation is MARKDOWN:
        return markdown(view, kb.addresses.base_uri)
    model = kb.class_of(found.types)
    names = (
        [field.label for field in (model.fields if model else ()) if field.path in model.label_paths] if model else []
    )
    return table(view, pick(names[0], place.language) if names else Label("", ""))


# ------------------------------------------------------------------ what is over
def _ended(place: Here, found: Description, end: Ending, representation: Representation | None) -> Answer:
    """What became another thing moved there; what was withdrawn is gone, and leaves a tombstone."""
    kb = place.kb
    suffix = representation.suffix if representation else ""
    if moved := kb.addresses.path(end.replaced_by) if end.replaced_by else None:
        return Redirect(place.prefix + moved + suffix + _asked_profile(), status=301)
    path = kb.addresses.path(found.iri) or "/"

    def make(representation: Representation) -> bytes:
        if representation is HTML:
            context = {
                "title": pick(found.labels, place.language, found.iri),
                "iri": found.iri,
                "instead": end.replaced_by,
                "formats": [(offer.label, path + offer.suffix) for offer in GRAPHS],
            }
            return html("gone.html", place, path, "", context)
        return serialize(profiles.tombstone(found, kb.class_of(found.types)), representation, kb.prefixes)

    if representation and representation not in (HTML, *GRAPHS):
        representation = HTML
    return Document(
        path,
        make,
        offers=(HTML, *GRAPHS),
        forced=representation,
        twins=True,
        language=place.language,
        prefix=place.prefix,
        links=lambda: _links(kb, found, path)[:2],
        status=410,
    )


def _split(name: str) -> tuple[str, Representation | None]:
    """Slug and representation: slugs have no dots, so what follows the last dot is a suffix."""
    slug, dot, suffix = name.rpartition(".")
    if not dot:
        return name, None
    if suffix not in _BY_SUFFIX:
        known = ", ".join(f".{known}" for known in _BY_SUFFIX)
        raise ThingNotFound(f"There is no representation .{suffix[:20]}; there are {known}.")
    return slug, _BY_SUFFIX[suffix]


def _find(kb: KnowledgeBase, kind: str, slug: str) -> Description:
    found = kb.descriptions.get(kb.addresses.thing(kind, slug))
    if found is None:
        raise ThingNotFound("No thing has this address.")
    return found


def _links(kb: KnowledgeBase, found: Description, path: str, read: Work | None = None) -> list[Link]:
    types = [Link(iri, "type") for iri in found.types]
    canonical = kb.addresses.base_uri.rstrip("/") + path
    links = [Link(canonical, "canonical"), Link(found.iri, "describes"), *types, *site_links(kb)]
    work = read or outlets(kb).reader.signposts(found)
    signposts = header_links(document_links(kb, work, cited=found.kind == kb.model.main.kind))
    known = {(link.target, link.rel) for link in links}
    # The HTTP layer links the other representations itself.
    links += [
        Link(link.href, link.rel, link.type)
        for link in signposts
        if link.rel != "describedby" and (link.href, link.rel) not in known
    ]
    return links
