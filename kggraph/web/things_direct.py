"""The short way for what programs and browsers ask most: a document about a thing, by its plain address with a suffix.

Whatever is not as plain as that, and every error, goes the ordinary way through Flask. It saves 0.08 ms of 0.3 to 1.
"""

from __future__ import annotations

import re
from typing import Final
from wsgiref.types import WSGIEnvironment

from flask import Flask

from kggraph.web.cache import Finished
from kggraph.web.http import Web, finished_document
from kggraph.web.links import language_prefix
from kggraph.web.render import Here, Site
from kggraph.web.things import plain_document

_PLAIN: Final = re.compile(r"(?:/([a-z-]+))?/doc/([A-Za-z0-9-]+)/([A-Za-z0-9_-]+)\.(html|ttl|nt|jsonld|rdf|trig)\Z")


def install(app: Flask) -> None:
    """Let the HTTP layer of an application take the short way."""
    web: Web = app.extensions["kggraph.web"]
    site: Site = app.extensions["kggraph.site"]
    languages = site.settings.languages

    def short_way(environ: WSGIEnvironment) -> Finished | None:
        match = _PLAIN.match(environ.get("PATH_INFO", ""))
        if match is None or environ.get("QUERY_STRING"):
            return None
        language, kind, slug, suffix = match.groups()
        if language is not None and language not in languages[1:]:
            return None
        language = language or languages[0]
        prefix = language_prefix(language, languages)
        place = Here(site, language, environ["PATH_INFO"][len(prefix) :])
        try:
            document = plain_document(place, kind, slug, suffix)
            return finished_document(web, document, document.forced, environ) if document and document.forced else None
        except Exception:  # noqa: BLE001 (the ordinary way meets it again, and every error is answered there)
            return None

    web.short_way = short_way
