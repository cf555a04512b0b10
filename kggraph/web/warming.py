"""What the first visitors would wait for, made before there are any.

Templates are compiled, stencils drawn and counts of facets read at the first page that needs them. In a new process
that page took some 50 ms where the next one took 3, and each process has one.
"""

from __future__ import annotations

import logging

from flask import Flask

from kggraph.web.generations import KnowledgeBase
from kggraph.web.links import language_prefix
from kggraph.web.render import Site

log = logging.getLogger("kggraph.web")


def warm(app: Flask) -> None:
    """Make the pages that are asked most once, in each language: the home page, the list, and a page of an item.

    They are made as for a visitor, but for no request: nothing is counted, limited or logged. A server whose pages
    cannot be made starts as well: who asks for them gets the error, and `/livez` and `/readyz` say what they say.
    """
    site: Site = app.extensions["kggraph.site"]
    try:
        for path in _paths(site.generations.current()) if site.generations else ():
            for language in site.settings.languages:
                with app.test_request_context(language_prefix(language, site.settings.languages) + path):
                    app.dispatch_request()
    except Exception as error:  # noqa: BLE001 (the same error is met, and told, when a visitor asks)
        log.warning("The pages that are asked most were not made before the first visitor: %s", error)


def _paths(kb: KnowledgeBase) -> list[str]:
    newest = kb.facets.select(limit=1, counts=False).iris
    return ["/", "/items", *(f"{kb.addresses.path(iri)}.html" for iri in newest)]
