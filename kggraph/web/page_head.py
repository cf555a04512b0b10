"""What the head of a page says to programs: JSON-LD, citation tags, Dublin Core, Open Graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from kggraph.publish.jsonld_page import CONTEXT, JsonObject, script
from kggraph.publish.labels import pick
from kggraph.publish.page_meta import Meta, dublin_core, highwire, open_graph
from kggraph.publish.schemaorg import breadcrumbs, work_jsonld
from kggraph.publish.work import Work
from kggraph.web.markup import escaped
from kggraph.web.outlets import outlets
from kggraph.web.render import Here

_CONTEXT: Final = script(CONTEXT)
_KEYS: Final = {"og:": "property"}


def head_of_work(place: Here, work: Work, steps: Sequence[tuple[str, str]], *, cited: bool) -> Markup:
    """The head of the page about a thing.

    :param steps: the way to the page, as names and paths.
    :param cited: whether reference managers may take it.
    """
    facts, lang = outlets(place.kb).facts, place.language
    base = place.kb.addresses.base_uri.rstrip("/")
    way = [*((name, base + path) for name, path in steps), (pick(work.labels, lang, work.iri).text, _here(place, work))]
    metas = [
        *(highwire(work, lang) if cited else ()),
        *dublin_core(work, lang),
        *open_graph(
            pick(work.labels, lang, work.title).text or work.title,
            pick(work.description, lang).text if work.description else "",
            _here(place, work),
            site=pick(facts.title, lang).text,
            lang=lang,
            languages=place.site.settings.languages,
            is_article=cited,
        ),
    ]
    return Markup("\n").join(
        [jsonld([work_jsonld(work, lang=lang, dataset=facts.iri), breadcrumbs(way)]), meta_tags(metas)]
    )


def jsonld(things: Iterable[JsonObject]) -> Markup:
    """A data block: no script, so the policy of the page lets it be."""
    graph = ",".join(map(script, things))
    return Markup(f'<script type="application/ld+json">{{"@context":{_CONTEXT},"@graph":[{graph}]}}</script>')


def meta_tags(metas: Iterable[Meta]) -> Markup:
    """`<meta>` elements; those of Open Graph have a property instead of a name."""
    lines, texts = [], {}
    for name, content, tag in metas:
        if content not in texts:  # a title and a description stand in three of them
            texts[content] = escaped(content)
        lang = _lang(tag) if tag else ""
        lines.append(f'<meta {_KEYS.get(name[:3], "name")}="{name}"{lang} content="{texts[content]}">')
    return Markup("\n".join(dict.fromkeys(lines)))


@lru_cache(maxsize=256)
def _lang(tag: str) -> str:
    return f' lang="{escaped(tag)}"'


def _here(place: Here, work: Work) -> str:
    base = place.kb.addresses.base_uri
    return f"{base.rstrip('/')}{place.prefix}/{work.page.removeprefix(base)}"
