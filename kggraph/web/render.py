"""Pages: from what a view knows, through the templates, to bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, urlencode

from flask import current_app, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kggraph.config import Settings
from kggraph.errors import GenerationError
from kggraph.publish.labels import Label, pick
from kggraph.rdf.iris import is_web_iri
from kggraph.rdf.media import HTML, Representation
from kggraph.web import markup
from kggraph.web.http import (
    CSS,
    FRESH,
    SCRIPT,
    SVG,
    TEXT,
    Document,
    Link,
    etag_of,
    language_prefix,
    no_links,
    path_language,
)
from kggraph.web.once import once_a_generation
from kggraph.web.prose import own_text
from kggraph.web.texts import Texts, texts

if TYPE_CHECKING:  # a server of plain data has none, and starts faster without
    from kggraph.web.generations import Generations, KnowledgeBase

Context: TypeAlias = Mapping[str, Any]

_FONT: Final = Representation("woff2", ".woff2", "font/woff2", "WOFF2")
_STATIC_TYPES: Final = {".css": CSS, ".svg": SVG, ".js": SCRIPT, ".txt": TEXT, ".woff2": _FONT}
# HTML has no way to write them, and no reader misses them: https://html.spec.whatwg.org/#control-character-reference-parse-error
_MARK: Final = "\0"
"""Stands around the name of a gap in what was drawn; no page has it."""
_ADDRESS: Final = f"{_MARK}address{_MARK}"
_NO_CONTROLS: Final = bytes(c for c in range(32) if c not in b"\t\n\r") + b"\x7f"
_NO_CONTROLS_IN_TEXT: Final = dict.fromkeys(_NO_CONTROLS)


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages of an application stand on; kept in `app.extensions`."""

    settings: Settings
    generations: Generations | None

    def href(self, iri: str, prefix: str) -> tuple[str | None, bool]:
        """The link to follow for an IRI, and whether it leaves this site; nothing when it must not be a link."""
        if self.generations is None:
            return (iri, True) if is_web_iri(iri) else (None, False)
        return self.generations.current().addresses.href(iri, prefix)


@dataclass(frozen=True, slots=True)
class Here:
    """Where a request is: which language, which address."""

    site: Site
    language: str
    path: str
    """Without the prefix of the language."""

    @property
    def prefix(self) -> str:
        """What stands before paths in this language."""
        return language_prefix(self.language, self.site.settings.languages)

    @property
    def t(self) -> Texts:
        """The words of this language."""
        return texts(self.language)

    @property
    def kb(self) -> KnowledgeBase:
        """The knowledge base as it is now.

        :raises GenerationError: none was built yet.
        """
        if self.site.generations is None:
            raise GenerationError("This server has no knowledge base, only data.")
        return self.site.generations.current()


def here() -> Here:
    """Where this request is."""
    site: Site = current_app.extensions["kggraph.site"]
    language = path_language(request.path, site.settings.languages)
    prefix = language_prefix(language, site.settings.languages)
    return Here(site, language, request.path[len(prefix) :] or "/")


def page(
    template: str,
    path: str,
    context: Callable[[Here], Context],
    *,
    query: str = "",
    links: Callable[[], Sequence[Link]] = no_links,
    status: int = 200,
    cache_control: str = FRESH,
    headers: tuple[tuple[str, str], ...] = (),
    kept: bool = True,
) -> Document:
    """A document that is a page and nothing else."""
    place = here()

    def make(_: Representation) -> bytes:
        return html(template, place, path, query, context(place))

    return Document(
        path,
        make,
        language=place.language,
        prefix=place.prefix,
        query=query,
        links=links,
        status=status,
        cache_control=cache_control,
        headers=headers,
        kept=kept,
    )


def html(template: str, place: Here, path: str, query: str, context: Context) -> bytes:
    """The bytes of a page in the frame of the site."""
    text = _environment().get_template(template).render({**frame(place, path, query), **context})
    return text.encode("utf-8", "replace").translate(None, _NO_CONTROLS)


def frame(place: Here, path: str, query: str) -> dict[str, Any]:
    """What the frame of every page needs."""
    settings = place.site.settings
    site = _site(place)
    tail = f"?{query}" if query else ""
    current = path if path == "/" or path in {href for href, _ in site.nav} else ""
    return {
        "t": place.t,
        "lang": place.language,
        "prefix": place.prefix,
        "path": path,
        "query_pairs": parse_qsl(query, keep_blank_values=True) if query else [],
        "canonical": f"{settings.base_uri.rstrip('/')}{place.prefix}{path}{tail}",
        "static": static_address,
        "site": site,
        "contact": settings.contact_email,
        "shell": _shell(site, settings.base_uri, place.language, current).at(path + tail),
    }


class Shell(NamedTuple):
    """What stands around most pages alike."""

    head: Markup
    brand: Markup
    search: Markup
    languages: Markup
    foot: Markup

    def at(self, address: str) -> Shell:
        """The shell of the page with this address, which goes in where its mark is."""
        written = markup.escaped(address)
        head, languages = (Markup(str(part).replace(_ADDRESS, written)) for part in (self.head, self.languages))
        return self._replace(head=head, languages=languages)


@lru_cache(maxsize=64)
def _shell(site: SiteView, base_uri: str, language: str, current: str) -> Shell:
    """Drawn once for a generation, language and place in the menu.

    :param current: the page, when the menu leads to it.
    """
    prefix = language_prefix(language, site.languages)
    context = {
        "site": site,
        "lang": language,
        "t": texts(language),
        "prefix": prefix,
        "current": current,
        "static": static_address,
        "address": Markup(_ADDRESS),
        "canonical": f"{base_uri.rstrip('/')}{prefix}",
        "languages": [(code, texts(code)("name"), language_prefix(code, site.languages)) for code in site.languages],
    }
    context["menu"] = _drawn("frame/menu.html", context)
    return Shell(*(_drawn(f"frame/{name}.html", context) for name in Shell._fields))


class Stencil(NamedTuple):
    """A page that many things have alike, drawn once, with gaps where they differ."""

    pieces: tuple[str, ...]
    """HTML, the name of a gap, HTML, and so on."""

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The bytes of a page.

        :param values: for each gap what goes in; what is no `Markup` is escaped.
        """
        pieces = list(self.pieces)
        for place in range(1, len(pieces), 2):
            value = values[pieces[place]]
            pieces[place] = value if isinstance(value, Markup) else markup.escaped(value)
        return "".join(pieces).encode("utf-8", "replace")


def stencil(template: str, place: Here, gaps: Sequence[str], constants: Context) -> Stencil:
    """Draw a page with gaps in the frame of the site; `address` is always one: the path, without prefix.

    :param constants: what the template needs beside its gaps.
    """
    site, base_uri = _site(place), place.site.settings.base_uri
    names = ("address", *gaps)
    context = {
        "t": place.t,
        "lang": place.language,
        "prefix": place.prefix,
        "site": site,
        "shell": _shell(site, base_uri, place.language, ""),
        **constants,
        **{name: Markup(f"{_MARK}{name}{_MARK}") for name in names},
    }
    pieces = re.split(f"{_MARK}({'|'.join(names)}){_MARK}", _drawn(template, context))
    return Stencil(tuple([piece.translate(_NO_CONTROLS_IN_TEXT) for piece in pieces]))


def part(template: str, place: Here, **context: Any) -> Markup:
    """A part of a page, to go into a stencil."""
    text = _drawn(template, {"lang": place.language, "t": place.t, "prefix": place.prefix, **context})
    return Markup(text.translate(_NO_CONTROLS_IN_TEXT))


def _drawn(template: str, context: Context) -> Markup:
    return Markup(_environment().get_template(template).render(context))


@dataclass(frozen=True, slots=True)
class SiteView:
    """The site in the frame of a page."""

    title: Label
    nav: tuple[tuple[str, str], ...]
    """Path and text."""
    license: str | None
    version: str
    has_data: bool
    languages: tuple[str, ...]
    has_statement: bool = False
    """Whether there is an accessibility statement."""


def _site(place: Here) -> SiteView:
    t = place.t
    try:
        kb = place.kb
    except GenerationError:
        name = place.site.settings.base_uri.partition("://")[2].rstrip("/")
        nav = (("/sparql", t("nav.sparql")),)
        return SiteView(Label(name, ""), nav, None, "", False, place.site.settings.languages)
    return _site_of(kb, place.language)


@once_a_generation
def _site_of(kb: KnowledgeBase, language: str) -> SiteView:
    t = texts(language)
    nav = (
        ("/items", pick(kb.model.main.plural, language).text or t("nav.items")),
        ("/browse", t("nav.browse")),
        ("/gaps", t("nav.gaps")),
        ("/stats", t("nav.stats")),
        ("/queries", t("nav.queries")),
        ("/about", t("nav.about")),
    )
    statement = bool(own_text(kb.settings.pages_path, "accessibility", language))
    title = pick(kb.about["title"], language) if kb.about["title"] else Label(kb.addresses.base_uri, "")
    return SiteView(title, nav, kb.about["license"].get(""), kb.hash, True, kb.settings.languages, statement)


def site_links(kb: KnowledgeBase) -> list[Link]:
    """Links that every document of the knowledge base has."""
    license_iri = kb.about["license"].get("")
    return [Link(license_iri, "license")] if license_iri else []


def page_links(place: Here, path: str, query: str = "") -> list[Link]:
    """Links of a page: its one address, and those of every document."""
    tail = f"?{query}" if query else ""
    canonical = f"{place.kb.addresses.base_uri.rstrip('/')}{place.prefix}{path}{tail}"
    return [Link(canonical, "canonical"), *site_links(place.kb)]


def other_forms(place: Here, path: str, query: str, formats: Sequence[Representation]) -> list[Link]:
    """Links from a page to the same for other programs."""
    tail = f"?{query}" if query else ""
    return [Link(f"{place.prefix}{path}{form.suffix}{tail}", "alternate", form.media_type) for form in formats]


def file_links(place: Here, path: str, query: str = "") -> list[Link]:
    """Links of a file for other programs: the page that shows the same, and those of every document."""
    tail = f"?{query}" if query else ""
    return [Link(f"{place.prefix}{path}{tail}", "alternate", HTML.media_type), *site_links(place.kb)]


def query_of(pairs: Sequence[tuple[str, str]]) -> str:
    """Parameters as a query string in canonical order: sorted, each once.

    >>> query_of([("topic", "b"), ("topic", "a"), ("topic", "b")])
    'topic=a&topic=b'
    """
    return urlencode(sorted(set(pairs)))


# ------------------------------------------------------------------ static files
@cache
def static_files() -> dict[str, tuple[bytes, Representation, str]]:
    """Every static file by name: its bytes, type and the tag of its content."""
    found = {}
    for file in (files("kggraph.web") / "static").iterdir():
        kind = next((kind for suffix, kind in _STATIC_TYPES.items() if file.name.endswith(suffix)), None)
        if kind:
            body = file.read_bytes()
            found[file.name] = (body, kind, etag_of(body))
    return found


def static_address(name: str) -> str:
    """Address of a static file that changes with its content, so it may be kept for ever."""
    return f"/static/{name}?v={static_files()[name][2]}"


# ------------------------------------------------------------------ templates
@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("kggraph.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update({filter.__name__: filter for filter in markup.FILTERS})
    environment.globals.update({piece.__name__: piece for piece in markup.PIECES})
    return environment
