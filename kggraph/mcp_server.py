"""A server of the Model Context Protocol: an assistant searches, reads things and asks queries, and changes nothing.

https://modelcontextprotocol.io/. Over standard input and output, by the official package (`pip install kggraph[mcp]`).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from werkzeug.datastructures import MultiDict

from kggraph.config import Settings
from kggraph.errors import BadParameter, ConfigError, KgError, ThingNotFound
from kggraph.publish.labels import pick
from kggraph.publish.tables import MARKDOWN, write_table
from kggraph.rdf.media import RESULTS_JSON, TURTLE
from kggraph.rdf.turtle import serialize
from kggraph.serving.host import Held, QueryHost, host_limits
from kggraph.store.client import QueryClient
from kggraph.store.guard import inspect
from kggraph.store.protocol import QueryEngine, QueryRequest
from kggraph.store.remote import remote_of
from kggraph.web.cards import cards
from kggraph.web.choice import parse_choice
from kggraph.web.facets import facet_views
from kggraph.web.generations import Generations, KnowledgeBase
from kggraph.web.outlets import outlets
from kggraph.web.present import Reader
from kggraph.web.thing_files import markdown

if TYPE_CHECKING:
    from mcp.server.fastmcp import FastMCP

MOST_FOUND: Final = 50
MOST_ROWS: Final = 200
_MOST_BYTES: Final = 200_000
"""Bytes of an answer: an assistant has to read it."""
_MOST_VALUES: Final = 40


class Asked:
    """What an assistant may ask of the generation that is current."""

    def __init__(self, settings: Settings, generations: Generations, engine: QueryEngine) -> None:
        self._settings, self._generations, self._engine = settings, generations, engine

    @property
    def _kb(self) -> KnowledgeBase:
        return self._generations.current()

    def about(self, language: str = "") -> str:
        """What the knowledge base is, how many things it has of each kind, its filters and its named queries."""
        kb, lang = self._kb, self._language(language)
        lines = [f"# {pick(kb.about['title'], lang, kb.addresses.base_uri).text}", ""]
        lines += [pick(kb.about["description"], lang).text, "", f"Base of all IRIs: {kb.addresses.base_uri}", ""]
        lines += [f"- {pick(kind.plural, lang, kind.name).text}: {kind.count}" for kind in kb.kinds.all if kind.count]
        lines += ["", "## Filters", ""]
        for view in facet_views(kb, kb.everything, lang):
            options = [f"{one.name} ({one.label.text}, {one.count})" for one in (*view.options, *view.more)]
            more = "; …" if len(options) > _MOST_VALUES else ""
            lines.append(f"- {view.key} ({view.label.text}): {'; '.join(options[:_MOST_VALUES])}{more}")
        lines += ["", "## Named queries", ""]
        for query in kb.queries.values():
            parameters = ", ".join(f"{one.name} ({one.type}, default {one.default_text})" for one in query.parameters)
            lines.append(f"- {query.name}: {pick(query.title, lang).text}" + (f" [{parameters}]" if parameters else ""))
        return "\n".join(lines)

    def search(
        self, words: str = "", filters: Mapping[str, list[str]] | None = None, limit: int = 20, language: str = ""
    ) -> str:
        """Things by name (synonyms and small errors are forgiven), or items by filters, as Markdown with their IRIs.

        :param words: a name or part of it; empty with filters.
        :param filters: filter to the values of which an item has one, as `about` lists them.
        """
        kb, lang = self._kb, self._language(language)
        if not 0 < limit <= MOST_FOUND:
            raise BadParameter(f"limit is 1 to {MOST_FOUND}.", parameter="limit")
        unknown = sorted(set(filters or {}) - {facet.key for facet in kb.facets.facets})
        if unknown:
            raise BadParameter(f"There is no filter {unknown[0][:80]!r}; `about` lists them.", parameter="filters")
        if words and filters:
            raise BadParameter("Give words or filters, not both.", parameter="filters")
        if words:
            asked = {"q": {"query": words[:1_000], "limit": limit}}
            found = outlets(kb).reconciler(lang).answer(asked)["q"]["result"]
            lines = [f"- {one['name']} <{kb.addresses.base_uri}id/{one['id']}>" for one in found]
            return "\n".join(lines) or "Nothing was found."
        choice = parse_choice(kb, MultiDict(dict(filters or {})))
        chosen = kb.facets.select(choice.filters, lang=lang, limit=limit, counts=False)
        lines = [f"{chosen.total} items, {len(chosen.iris)} shown."]
        for card in cards(kb, chosen.iris, lang, ""):
            lines.append(f"- {card.title.text} <{card.iri}>" + (f": {card.text.text[:300]}" if card.text.text else ""))
        return "\n".join(lines)

    def get(self, iri: str, format: str = "markdown", language: str = "") -> str:
        """One thing by its IRI: all its fields as Markdown, or its triples as Turtle (`format`: markdown, turtle)."""
        kb = self._kb
        found = kb.descriptions.get(iri.partition("#")[0])
        if found is None:
            raise ThingNotFound(f"No thing has the IRI {iri[:200]!r}.")
        if format == "turtle":
            return serialize(found.ntriples, TURTLE, kb.prefixes).decode()
        if format != "markdown":
            raise BadParameter("format is markdown or turtle.", parameter="format")
        return markdown(Reader(kb, self._language(language), "", found).view(), kb.addresses.base_uri).decode()

    def named_query(self, name: str, parameters: Mapping[str, str] | None = None) -> str:
        """The answer to a named query, with values for its parameters, as a Markdown table."""
        found = self._kb.queries.get(name)
        if found is None:
            raise BadParameter(f"There is no query {name[:80]!r}; `about` lists them.", parameter="name")
        return self.sparql(found.bind(parameters or {}))

    def sparql(self, query: str) -> str:
        """The answer to a SPARQL 1.1 query: at most 200 rows as a Markdown table, or a graph as Turtle. Read-only."""
        kb, settings = self._kb, self._settings
        is_graph = inspect(query).kind == "graph"
        request = QueryRequest(
            query,
            TURTLE.media_type if is_graph else RESULTS_JSON.media_type,
            timeout_s=settings.query_timeout_s,
            memory_mb=settings.query_memory_mb,
            max_solutions=MOST_ROWS,
            max_result_bytes=_MOST_BYTES,
            base_iri=kb.addresses.base_uri,
        )
        answer = self._engine.query(request)
        body = answer.read()
        text = body.decode() if is_graph else write_table(json.loads(body), MARKDOWN).decode()
        return f"{text}\nThe answer was cut off here.\n" if answer.truncated else text

    def _language(self, tag: str) -> str:
        languages = self._settings.languages
        if tag and tag not in languages:
            raise BadParameter(f"language is one of {', '.join(languages)}.", parameter="language")
        return tag or languages[0]


def server(asked: Asked) -> FastMCP:
    """The server with its tools."""
    from mcp.server.fastmcp import FastMCP
    from mcp.types import ToolAnnotations

    made = FastMCP(
        "kggraph",
        instructions="A knowledge base of linked data. Begin with `about`; cite things by their IRI.",
        log_level="WARNING",
    )
    read_only = ToolAnnotations(readOnlyHint=True, openWorldHint=False)
    for tool in (asked.about, asked.search, asked.get, asked.named_query, asked.sparql):
        made.add_tool(tool, annotations=read_only)
    return made


def serve_mcp(settings: Settings) -> None:
    """Answer on standard input and output until it closes.

    :raises ConfigError: the package is not installed.
    :raises GenerationError: nothing was built yet.
    """
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise ConfigError("kggraph mcp needs the package mcp: pip install 'kggraph[mcp]'.") from None
    generations = Generations(settings)
    kb = generations.current()
    with tempfile.TemporaryDirectory(prefix="kggraph-") as folder:
        socket = Path(folder) / "queries"
        host = QueryHost(socket, lambda: _held(settings, generations), host_limits(settings))
        host.start()
        try:
            server(Asked(settings, generations, QueryClient(socket, kb.prefixes))).run("stdio")
        finally:
            host.stop()


def _held(settings: Settings, generations: Generations) -> Held | None:
    try:
        kb = generations.current()
    except KgError:
        return None
    return Held(kb.generation.quads_path.parent, kb.hash, remote_of(settings))
