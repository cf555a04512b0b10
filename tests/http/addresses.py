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
    "/def",
    "/shapes",
)
"""Documents in five formats, one of each kind of thing."""

PAGES = ("/", "/items", "/items?form=arch&page=1", "/browse", "/forms", "/designers", "/about", "/queries", "/sparql")
"""Addresses that are pages and nothing else."""

NEGOTIATED = (*DOCUMENTS, *PAGES, *(f"/nl{path}" for path in (*DOCUMENTS[::3], *PAGES)))

SUFFIXES = ("html", "ttl", "jsonld", "nt", "rdf")
TWINS = tuple(
    f"{path}.{suffix}" for path in (DOCUMENTS[0], "/nl/doc/form/arch", *DOCUMENTS[-2:]) for suffix in SUFFIXES
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
    "/openapi.json",
)
"""Addresses with one representation."""

RESULTS = ("/api/queries/longest", "/graphs?default", "/graph/void")
"""Results and graphs: negotiated, but without a page."""

ALL = (*NEGOTIATED, *TWINS, *FIXED, *RESULTS)
REDIRECTS = ("/id/bridge/erasmusbrug", "/nl/id/form/arch", "/form", "/queries/longest")
