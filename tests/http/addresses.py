"""One address for every route of the application: what the tests over all routes ask for."""

from __future__ import annotations

from kggraph.web.render import static_address

DOCUMENTS = (
    "/doc/bridge/erasmusbrug",
    "/doc/bridge/hostile",
    "/doc/designer/ben-van-berkel",
    "/doc/designer/hostile",
    "/doc/form/arch",
    "/doc/form/hostile",
    "/doc/mapping/hostile",
    "/doc/scheme/forms",
    "/doc/dataset/bridges",
    "/doc/scheme/forms/1.0",
    "/def/0.9.0",
    "/shapes/0.9.0",
    "/def",
    "/shapes",
)
"""Documents in five formats, one of each kind of thing."""

PAGES = (
    "/",
    "/items",
    "/items?form=arch&q=bridge",
    "/browse",
    "/forms",
    "/designers",
    "/about",
    "/queries",
    "/gaps",
    "/gaps?columns=form&rows=designer",
    "/stats",
    "/crosswalk",
    "/around?item=erasmusbrug",
    "/compare?item=erasmusbrug&item=hostile",
    "/accessibility",
    "/sparql",
    "/validate",
    "/list?item=erasmusbrug&item=form%2Farch",
)
"""Addresses that are pages and nothing else."""

EXCHANGED = ("/dataset", "/quality")
"""Documents about the whole."""

NEGOTIATED = (
    *DOCUMENTS,
    *PAGES,
    *EXCHANGED,
    *(f"/nl{path}" for path in (*DOCUMENTS[::2], *PAGES, *EXCHANGED)),
)

SUFFIXES = ("html", "ttl", "jsonld", "nt", "rdf")
THING_SUFFIXES = ("trig", "md", "csv")
TWINS = tuple(
    f"{path}.{suffix}"
    for path in (DOCUMENTS[0], "/nl/doc/form/arch", "/dataset", "/quality", *DOCUMENTS[-4:])
    for suffix in SUFFIXES
)

FIXED = (
    "/livez",
    "/readyz",
    "/version",
    "/robots.txt",
    "/static/site.css",
    static_address("mark.svg"),
    "/api/queries",
    "/api/completion.json",
    "/api/search?limit=5&lang=nl&q=bridge",
    "/api/suggest?lang=en&limit=8&q=er",
    "/openapi.json",
    "/void.ttl",
    "/items.ris?form=arch",
    "/nl/items.csljson",
    "/gaps.csv",
    "/nl/gaps.csv",
    "/stats.csv",
    "/list.bib?item=erasmusbrug&item=bridge/hostile",
    "/feed.atom",
    "/nl/feed.atom?form=arch",
    "/sitemap.xml",
    "/sitemaps/pages.xml",
    "/sitemaps/bridge-1.xml",
    "/linkset/bridge/erasmusbrug.json",
    "/llms.txt",
    "/context/v1.jsonld",
    "/ldes.ttl",
    "/ldes/1.nt",
    "/quality.csv",
    "/quality.json",
    "/nl/quality.csv?list=translation-bridge-name-nl",
    "/quality.json?thing=bridge/erasmusbrug",
    "/reconcile",
    "/nl/reconcile/",
    "/reconcile/suggest/entity?prefix=er",
    "/reconcile/flyout/entity?id=bridge%2Ferasmusbrug",
    "/reconcile/properties?type=bridge",
)
"""Addresses with one representation."""

RESULTS = (
    "/api/queries/longest",
    "/graphs?default",
    "/graph/void",
    "/void",
    "/linkset/bridge/hostile",
    "/ldes",
    "/ldes/1",
)
"""Results, graphs and link sets: negotiated, but without a page."""

ELSEWISE = (
    "/oai?verb=Identify",
    "/reconcile/preview?id=bridge/erasmusbrug",
    "/dumps/dump.nt.gz",
    "/metrics",
    "/generations/current/void.nt",
)
"""With the time in it, made to be framed, a file as it is, counts that change, a file for other servers."""

ALL = (*NEGOTIATED, *TWINS, *FIXED, *RESULTS)
REDIRECTS = ("/id/bridge/erasmusbrug", "/nl/id/form/arch", "/form", "/queries/longest", "/.well-known/void", "/dumps/")
