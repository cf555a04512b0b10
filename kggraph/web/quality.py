"""The quality of the data: a page with every list of work there is, and the same as CSV, JSON and RDF."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from flask import Blueprint, request

from kggraph.errors import BadParameter
from kggraph.model import LangText
from kggraph.publish.charts import Line, Point, line_chart
from kggraph.publish.dqv import DQV_PREFIXES, findings_graph, quality_graph
from kggraph.publish.labels import Label, pick
from kggraph.publish.quality_data import Filled, Finding, FindingList, Quality, Translated, history, totals_of
from kggraph.publish.quality_data import Point as Build
from kggraph.publish.svg import Caption, Figure
from kggraph.rdf import ntriples
from kggraph.rdf.iris import local_name
from kggraph.rdf.media import HTML, RDF_FORMATS, RESULTS_CSV, Representation, negotiate
from kggraph.rdf.turtle import serialize
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import JSON, Document, Link, answered
from kggraph.web.outlets import outlets
from kggraph.web.paging import Pager, pager, parse_page
from kggraph.web.quality_files import as_json, findings_csv, findings_json
from kggraph.web.render import Here, here, html, query_of, site_links

blueprint = Blueprint("quality", __name__)

PAGE_SIZE: Final = 50
BUSIEST: Final = 10
MOST_BUILDS: Final = 100
MOST_ROWS: Final = 100_000
"""Findings in one file; the list of one kind has them by page."""

# JSON-LD is JSON too, so a client that asks for application/json gets the plain one.
OFFERS: Final = (HTML, RESULTS_CSV, JSON, *RDF_FORMATS)
_BY_SUFFIX: Final = {offer.suffix[1:]: offer for offer in OFFERS}
_RULE: Final = f"<any({', '.join(_BY_SUFFIX)}):suffix>"


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the findings is asked for: everything, one list, or one thing."""

    found: FindingList | None
    thing: str
    page: int

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of the same choice, without its page."""
        return [("list", self.found.name)] if self.found else [("thing", self.thing)] if self.thing else []


@blueprint.get("/quality")
@blueprint.get(f"/quality.{_RULE}")
@answered
def quality(suffix: str = "") -> Document:
    """How complete and how certain the data are, and what there is to do."""
    place = here()
    known = place.kb.quality
    choice = _choice(place.kb, known)
    pairs = [*choice.pairs, *([("page", str(choice.page))] if choice.page > 1 else [])]
    query = query_of(pairs)
    format = _BY_SUFFIX.get(suffix) or negotiate(request.headers.get("Accept"), OFFERS)
    is_cut = format is not HTML and (format is RESULTS_CSV or bool(pairs)) and _count(known, choice) > MOST_ROWS

    def make(representation: Representation) -> bytes:
        if representation is HTML:
            return _page(place, known, choice, query)
        if representation is RESULTS_CSV:
            return findings_csv(place, known, _findings(place.kb, known, choice))
        if representation is JSON:
            return _json(place, known, choice)
        return serialize(_graph(place, known, choice), representation, {**place.kb.prefixes, **DQV_PREFIXES})

    def links() -> list[Link]:
        tail = f"?{query}" if query else ""
        base = place.kb.addresses.base_uri
        return [
            Link(f"{base.rstrip('/')}{place.prefix}/quality{tail}", "canonical"),
            Link(f"{base}dataset", "collection", "text/html"),
            *site_links(place.kb),
        ]

    return Document(
        "/quality",
        make,
        offers=OFFERS,
        forced=_BY_SUFFIX.get(suffix),
        twins=True,
        language=place.language,
        prefix=place.prefix,
        query=query,
        links=links,
        headers=(("X-Result-Truncated", str(MOST_ROWS)),) if is_cut else (),
    )


def _choice(kb: KnowledgeBase, known: Quality) -> Choice:
    """What the parameters ask for.

    :raises BadParameter: there is no such list or thing.
    """
    name, thing = request.args.get("list", ""), request.args.get("thing", "")
    number = parse_page(request.args.get("page"))
    found = known.find(name) if name else None
    if name and found is None:
        raise BadParameter("There is no such list; /quality names those there are.", parameter="list")
    if thing and kb.descriptions.get(f"{kb.addresses.base_uri}id/{thing}") is None:
        raise BadParameter("There is no such thing; give its kind and name, as in its address.", parameter="thing")
    if found and thing:
        raise BadParameter("Name a list or a thing, not both.", parameter="thing")
    choice = Choice(found, thing, number if found else 1)
    if found:
        pager(number, found.findings, size=PAGE_SIZE, path="")
    return choice


def _findings(kb: KnowledgeBase, known: Quality, choice: Choice) -> Iterable[Finding]:
    """The findings of a choice, all pages of it."""
    if choice.found:
        return known.of_list(choice.found, limit=MOST_ROWS)
    if choice.thing:
        return known.of_thing(f"{kb.addresses.base_uri}id/{choice.thing}")
    return known.everything(MOST_ROWS)


def _count(known: Quality, choice: Choice) -> int:
    """How many findings a choice has, but for one thing, which has few."""
    return choice.found.findings if choice.found else 0 if choice.thing else known.findings


# ------------------------------------------------------------------ the page
@dataclass(frozen=True, slots=True)
class ListView:
    """A list of findings, as a page names it."""

    name: str
    title: Label
    kind: str
    severity: str
    findings: int
    href: str
    shape: Label
    shape_href: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding: the thing, and what is the matter."""

    thing: Label
    href: str
    text: Label
    list: ListView
    """With the shape that asks for it."""
    more: str
    """Where everything about the thing is."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, for a bar."""

    label: Label
    href: str
    """The line of the field on the page of the shapes."""
    filled: int
    total: int
    note: str = ""

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all."""
        return 100 * self.filled // self.total if self.total else 100


def _page(place: Here, known: Quality, choice: Choice, query: str) -> bytes:
    tail = f"?{query_of(choice.pairs)}" if choice.pairs else ""
    formats = [(offer.label, f"/quality{offer.suffix}{tail}") for offer in OFFERS[1:]]
    prefix = place.prefix
    formats[0] = (formats[0][0], prefix + formats[0][1])
    if choice.pairs:
        context = _work(place, known, choice)
        return html("quality_list.html", place, "/quality", query, {**context, "formats": formats})
    return html("quality.html", place, "/quality", query, {**_overview(place, known), "formats": formats})


def _overview(place: Here, known: Quality) -> dict[str, Any]:
    builds = _builds(place.kb, known)
    return {
        "known": known,
        "severities": [("Violation", 0), ("Warning", known.totals["warnings"]), ("Info", known.totals["infos"])],
        "completeness": int(100 * known.completeness),
        "lists": [_list_view(place, one) for one in known.lists],
        "busiest": _busiest(place, known),
        "classes": _classes(place, known.filled),
        "translated": _languages(place, known.translated),
        "builds": builds[::-1],
        "trend": _trend(place, builds),
    }


def _busiest(place: Here, known: Quality) -> list[tuple[Label, str, int, str]]:
    """Label, address, number of findings, and where these are."""
    found = known.busiest(BUSIEST)
    labels = place.kb.labels([iri for iri, _ in found])
    return [
        (pick(labels.get(iri), place.language, iri), _href(place, iri), count, _about(place, iri))
        for iri, count in found
    ]


def _classes(place: Here, rows: Iterable[Filled]) -> list[tuple[Label, int, list[Share]]]:
    """The fields of each class with how many things have them."""
    found: dict[str, tuple[Label, int, list[Share]]] = {}
    for row in rows:
        title = pick(row.things, place.language, row.class_iri)
        note = place.t("quality.required") if row.required else ""
        share = Share(pick(row.label, place.language, row.shape), _shape_href(row.shape, place), row.filled, row.total)
        share = Share(share.label, share.href, share.filled, share.total, note)
        found.setdefault(row.class_iri, (title, row.total, []))[2].append(share)
    return list(found.values())


def _languages(place: Here, rows: Sequence[Translated]) -> list[tuple[Label, Label, str, list[Share]]]:
    """For each field with texts, how many there are in each language."""
    found: dict[tuple[str, str], tuple[Label, Label, str, list[Share]]] = {}
    for row in rows:
        field = pick(row.label, place.language, row.shape)
        things = pick(row.things, place.language, row.class_iri)
        entry = found.setdefault((row.class_iri, row.shape), (things, field, _shape_href(row.shape, place), []))
        entry[3].append(Share(Label(_language_name(place, row.lang), ""), "", row.filled, row.total))
    return list(found.values())


def _builds(kb: KnowledgeBase, known: Quality) -> list[Build]:
    """The history with the generation that is served as its last entry."""
    told = history(kb.settings.build_path, MOST_BUILDS)
    position = next((n for n in range(len(told) - 1, -1, -1) if told[n].hash == kb.hash), None)
    if position is not None:
        return told[: position + 1]
    return [*told, Build(kb.manifest.created, kb.hash, totals_of(known))]


def _trend(place: Here, builds: Sequence[Build]) -> Figure | None:
    """Findings of each kind over the builds, once there are two of them."""
    if len(builds) < 2:
        return None
    names = [name for name in builds[-1].totals if name not in ("things", "completeness")]
    lines = [
        Line(
            place.t(f"quality.total_{name}"),
            tuple(Point(n, build.totals.get(name, 0), build.at[:10]) for n, build in enumerate(builds, 1)),
        )
        for name in names
        if any(build.totals.get(name) for build in builds)
    ]
    title = place.t("quality.trend")
    caption = Caption(title, ident="trend", number=lambda value: place.t.number(int(value)))
    return line_chart(lines, caption, place.t("quality.build"), place.t("quality.findings"))


def _work(place: Here, known: Quality, choice: Choice) -> dict[str, Any]:
    """One list, a page of it; or everything about one thing."""
    found: Pager | None = None
    rows: list[Finding]
    if choice.found:
        path = f"{place.prefix}/quality"
        found = pager(choice.page, choice.found.findings, size=PAGE_SIZE, path=path, pairs=choice.pairs)
        rows = list(known.of_list(choice.found, offset=found.first - 1 if found.total else 0, limit=PAGE_SIZE))
        title = _list_view(place, choice.found).title
    else:
        iri = f"{place.kb.addresses.base_uri}id/{choice.thing}"
        rows = list(known.of_thing(iri))
        title = pick(place.kb.labels([iri]).get(iri), place.language, iri)
    return {
        "title": title,
        "thing": _href(place, f"{place.kb.addresses.base_uri}id/{choice.thing}") if choice.thing else "",
        "list": _list_view(place, choice.found) if choice.found else None,
        "pager": found,
        "rows": _finding_views(place, known, rows),
    }


def _finding_views(place: Here, known: Quality, rows: Sequence[Finding]) -> list[FindingView]:
    by_id = {one.id: _list_view(place, one) for one in known.lists}
    values = {row.value[1:-1] for row in rows if row.value.startswith("<")}
    labels = place.kb.labels({row.thing for row in rows} | values)
    views = []
    for row in rows:
        text = pick(row.message, place.language) if row.message else Label("", "")
        if not row.message and row.value:
            text = _value(row.value, labels, place.language)
        thing = pick(labels.get(row.thing), place.language, row.thing)
        views.append(FindingView(thing, _href(place, row.thing), text, by_id[row.list], _about(place, row.thing)))
    return views


def _value(term: str, labels: dict[str, LangText], language: str) -> Label:
    if term.startswith("<"):
        return pick(labels.get(term[1:-1]), language, term[1:-1])
    if term.startswith('"'):
        text, lang, _ = ntriples.literal(term.encode())
        return Label(text, lang)
    return Label(term, "")


def _list_view(place: Here, one: FindingList) -> ListView:
    t, field = place.t, pick(one.label, place.language, one.shape)
    things = pick(one.things, place.language).text
    if one.kind == "report":
        title = field
    else:
        language = _language_name(place, one.lang) if one.lang else ""
        title = Label(t(f"quality.list_{one.kind}", field=field.text, things=things, language=language), "")
    href = f"{place.prefix}/quality?{query_of([('list', one.name)])}"
    shape = Label(local_name(one.shape), "")
    return ListView(one.name, title, one.kind, one.severity, one.findings, href, shape, _shape_href(one.anchor, place))


def _language_name(place: Here, lang: str) -> str:
    key = f"quality.language_{lang}"
    return place.t(key) if place.t.has(key) else lang


def _shape_href(shape: str, place: Here) -> str:
    """The line of a shape on the page of the shapes."""
    return f"{place.prefix}/shapes#{local_name(shape)}" if shape and not shape.startswith("_:") else ""


def _href(place: Here, iri: str) -> str:
    return place.kb.addresses.href(iri, place.prefix)[0] or ""


def _about(place: Here, iri: str) -> str:
    short = place.kb.addresses.short(iri, "")
    return f"{place.prefix}/quality?{query_of([('thing', short)])}"


# ------------------------------------------------------------------ for programs
def _json(place: Here, known: Quality, choice: Choice) -> bytes:
    told: dict[str, Any] = {"generation": place.kb.hash, "measured": place.kb.manifest.created}
    if choice.pairs:
        told |= dict(choice.pairs)
        told["findings"] = findings_json(known, _findings(place.kb, known, choice))
    else:
        told["totals"] = totals_of(known)
        told["lists"] = [{key: value for key, value in asdict(one).items() if key != "id"} for one in known.lists]
        told["things"] = [{"thing": iri, "findings": count} for iri, count in known.busiest(BUSIEST)]
        told["filled"] = [row._asdict() for row in known.filled]
        told["translated"] = [row._asdict() for row in known.translated]
        told["builds"] = [build._asdict() for build in _builds(place.kb, known)]
    return as_json(told)


def _graph(place: Here, known: Quality, choice: Choice) -> bytes:
    """All measurements; or the findings of one list or thing."""
    facts = outlets(place.kb).facts
    if not choice.pairs:
        return quality_graph(known, facts.base_uri, facts.iri, facts.modified)
    by_id = {one.id: one for one in known.lists}
    found = [(by_id[row.list], row) for row in _findings(place.kb, known, choice)]
    return findings_graph(found, facts.base_uri, facts.modified)
