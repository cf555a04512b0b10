"""A thing as a page shows it: its fields in the groups and order of the model, every value with its text and link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from kggraph.model import ClassModel, Field
from kggraph.publish.descriptions import Description
from kggraph.publish.labels import Label, pick
from kggraph.rdf.iris import local_name, thing_iri
from kggraph.terms import BIBO, DASH, DCAT, DCTERMS, FOAF, PROV, RDF, SCHEMA, SKOS, XSD
from kggraph.web.generations import KnowledgeBase
from kggraph.web.markup import bare
from kggraph.web.triples import Statement, Term, read

LABEL_ROLE = f"{DASH}LabelRole"
DESCRIPTION_ROLE = f"{DASH}DescriptionRole"
_TYPE = f"{RDF}type"
_DOI = f"{BIBO}doi"
_LONG_LIST = 60
_DATES = frozenset(f"{XSD}{name}" for name in ("gYear", "gYearMonth", "date", "dateTime"))
_HOME_PAGES = (f"{DCAT}landingPage", f"{FOAF}homepage", f"{SCHEMA}url", f"{DCAT}accessURL")
_TEXTS = (f"{DCTERMS}description", f"{SKOS}definition", f"{SCHEMA}description")


@dataclass(frozen=True, slots=True)
class Shown:
    """One value: the text to read, and where it leads."""

    text: str
    lang: str = ""
    href: str | None = None
    external: bool = False
    date: str = ""
    """The lexical form of a date, whose text is for people."""
    note: Label | None = None
    """What the value means, where that needs saying."""
    printed: str = ""
    """The name as the source prints it, when that differs."""
    part: tuple[FieldView, ...] = ()
    """Fields of a part of the thing, shown in place."""
    iri: str = ""
    code: str = ""
    """The name of the datatype, when the value is neither a text, a number nor a date."""


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field with the values to show, and those in other languages."""

    key: str
    label: Label
    help: Label
    values: tuple[Shown, ...]
    others: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupView:
    """A heading with its fields; the label is empty for what stands under no heading."""

    key: str
    label: Label
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class ThingView:
    """Everything a page shows of a thing itself."""

    iri: str
    title: Label
    type: Label
    subtitles: tuple[Shown, ...]
    """Its name in other languages and other names of the same kind."""
    lead: tuple[Shown, ...]
    """The description in the language of the page."""
    lead_others: tuple[Shown, ...]
    """The description in other languages."""
    home_page: Shown | None
    groups: tuple[GroupView, ...]
    source: str


@dataclass(slots=True)
class Reader:
    """Reads one description for one language; `labels` of everything it names come in one look-up."""

    kb: KnowledgeBase
    language: str
    prefix: str
    description: Description
    model: ClassModel | None = None
    statements: list[Statement] = field(default_factory=list)
    parts: dict[str, list[Statement]] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.model = self.kb.model.of_types(self.description.types)
        self.parts = defaultdict(list)
        for statement in read(self.description.ntriples):
            whole = statement.subject == self.description.iri
            (self.statements if whole else self.parts[statement.subject]).append(statement)
        self.statements += self._inverse()
        named = {s.object.value for s in self._all() if s.object.is_iri} | {s.predicate for s in self._all()}
        self.labels = self.kb.labels(named)

    def _all(self) -> list[Statement]:
        return [*self.statements, *(s for part in self.parts.values() for s in part)]

    def _inverse(self) -> list[Statement]:
        """What the model shows against the direction of its triples."""
        found = []
        for shown in self.model.fields if self.model else ():
            if shown.inverse and not shown.hidden:
                links = self.kb.descriptions.inbound(self.description.iri, predicate=shown.path, limit=50)
                found += [Statement(self.description.iri, f"^{shown.path}", Term(link.thing, True)) for link in links]
        return found

    def view(self) -> ThingView:
        """The thing as a page shows it."""
        title = pick(self.description.labels, self.language, self.description.iri)
        subtitles = [
            Shown(text, lang)
            for lang, text in sorted(self.description.labels.items())
            if lang in self.kb.settings.languages and text != title.text
        ]
        lead, others = self._lead()
        return ThingView(
            iri=self.description.iri,
            title=title,
            type=self._type(),
            subtitles=tuple(subtitles),
            lead=lead,
            lead_others=others,
            home_page=self._home_page(),
            groups=tuple(self._groups()),
            source=self.description.source,
        )

    def _type(self) -> Label:
        kind = self.kb.kinds.by_name(self.description.kind)
        if kind and kind.label:
            return pick(kind.label, self.language)
        if self.model:
            return pick(self.model.label, self.language, self.model.iri)
        return Label("", "")

    def _lead(self) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
        for path in self._lead_paths():
            terms = [s.object for s in self.statements if s.predicate == path and not s.object.is_iri]
            if terms:
                return self.in_language(terms)
        return (), ()

    def _lead_paths(self) -> list[str]:
        fields = self.model.fields if self.model else ()
        return [f.path for f in fields if f.role == DESCRIPTION_ROLE] or list(_TEXTS)

    def _home_page(self) -> Shown | None:
        for path in _HOME_PAGES:
            for statement in self.statements:
                if statement.predicate == path and statement.object.is_iri:
                    shown = self.value(statement.object)
                    return shown if shown.href else None
        return None

    def _home_page_paths(self) -> list[str]:
        """The property of the home page, when the button tells all there is to it."""
        for path in _HOME_PAGES:
            terms = [s.object for s in self.statements if s.predicate == path]
            if terms:
                return [path] if len(terms) == 1 and self._home_page() else []
        return []

    def _groups(self) -> Iterable[GroupView]:
        grouped: dict[str, list[FieldView]] = defaultdict(list)
        told = {_TYPE, *self._lead_paths()[:1], *self._home_page_paths()}
        for shown in self.model.fields if self.model else ():
            path = f"^{shown.path}" if shown.inverse else shown.path
            terms = [s.object for s in self.statements if s.predicate == path]
            if path not in told and terms and not shown.hidden and shown.role != LABEL_ROLE:
                grouped[shown.group or ""].append(self._field(shown, terms))
            told.add(path)
        headings = {"": Label("", "")} | {
            iri: pick(group.label, self.language, iri) for iri, group in self.kb.model.groups.items()
        }
        orders = {iri: group.order for iri, group in self.kb.model.groups.items()}
        for iri, fields in sorted(grouped.items(), key=lambda pair: orders.get(pair[0], -1)):
            label = headings.get(iri, Label(local_name(iri), ""))
            yield GroupView(local_name(iri) if iri else "", label, tuple(fields))
        if rest := tuple(self._unmodelled(told)):
            yield GroupView("other", Label("", ""), rest)

    def _field(self, shown: Field, terms: Sequence[Term]) -> FieldView:
        label = pick(shown.label, self.language, shown.path)
        help_text = pick(shown.description, self.language) if shown.description else Label("", "")
        if shown.is_literal:
            values, others = self.in_language(terms)
            if shown.path == _DOI:
                values = tuple(replace(value, href=_doi(value.text), external=True) for value in values)
            return FieldView(shown.key, label, help_text, values, others)
        if shown.attribution_role:
            return FieldView(shown.key, label, help_text, self._attributed(shown.attribution_role, terms))
        explained = shown.max_count == 1 and self._explains(shown.scheme)
        values = tuple(self.value(term, explained=explained) for term in terms)
        return FieldView(shown.key, label, help_text, values if shown.inverse else _sorted(values))

    def _explains(self, scheme: str | None) -> bool:
        """Whether values of a scheme need a word of explanation: those of long lists (countries) do not."""
        return any(kind.scheme == scheme and kind.count <= _LONG_LIST for kind in self.kb.kinds.all if kind.scheme)

    def _unmodelled(self, told: set[str]) -> Iterable[FieldView]:
        """What the source says beyond the model: shown as well, under the label of its property."""
        rest: dict[str, list[Term]] = defaultdict(list)
        for statement in self.statements:
            if statement.predicate not in told:
                rest[statement.predicate].append(statement.object)
        if self.model is None:
            rest[_TYPE] = [s.object for s in self.statements if s.predicate == _TYPE]
        for predicate, terms in rest.items():
            values = tuple(map(self.value, terms))
            if values:
                yield FieldView("", pick(self.labels.get(predicate), self.language, predicate), Label("", ""), values)

    def _attributed(self, role: str, terms: Sequence[Term]) -> tuple[Shown, ...]:
        """Agents in the order and with the names in which the source prints them (PROV qualified attributions)."""
        printed: dict[str, tuple[int, str]] = {}
        for statements in self.parts.values():
            told = {s.predicate: s.object for s in statements}
            if f"{PROV}agent" in told and told.get(f"{DCAT}hadRole", Term("", True)).value == role:
                texts = [s.object for s in statements if not s.object.is_iri]
                place = next((int(t.value) for t in texts if t.value.isascii() and t.value.isdigit()), 0)
                name = next((t.value for t in texts if t.datatype in (f"{XSD}string", f"{RDF}langString")), "")
                printed[told[f"{PROV}agent"].value] = (place, name)
        ordered = sorted(terms, key=lambda term: printed.get(term.value, (1 << 30, ""))[0])
        found = []
        for term in ordered:
            shown, name = self.value(term), printed.get(term.value, (0, ""))[1]
            differs = name and name != shown.text
            found.append(Shown(shown.text, shown.lang, shown.href, shown.external, printed=name if differs else ""))
        return tuple(found)

    def in_language(self, terms: Sequence[Term]) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
        """Literals in the language of the page (or the next best one), and those in other languages."""
        tags = {term.lang: term.lang for term in terms}
        best = pick(tags, self.language).text
        chosen = [term for term in terms if term.lang == best or not term.lang]
        others = sorted((term for term in terms if term not in chosen), key=lambda term: term.lang)
        return tuple(map(self.value, chosen)), tuple(map(self.value, others))

    def value(self, term: Term, *, explained: bool = False) -> Shown:
        """How one term is shown."""
        if not term.is_iri:
            if term.datatype in _DATES:
                return Shown(term.value, date=term.value)
            known = term.lang or term.datatype in (f"{XSD}string", f"{XSD}integer", f"{XSD}decimal", f"{XSD}boolean")
            return Shown(term.value, term.lang, code="" if known else local_name(term.datatype))
        if term.value in self.parts:
            return Shown("", part=tuple(self._part(self.parts[term.value])))
        href, external = self.kb.addresses.href(term.value, self.prefix)
        labels = self.labels.get(term.value)
        label = pick(labels, self.language) if labels else Label(bare(term.value), "")
        note = self._note(term.value) if explained else None
        return Shown(label.text, label.lang, href, external, note=note, iri=term.value)

    def _part(self, statements: Sequence[Statement]) -> Iterable[FieldView]:
        types = [s.object.value for s in statements if s.predicate == _TYPE]
        model = self.kb.model.of_types(types)
        for predicate in dict.fromkeys(s.predicate for s in statements if s.predicate != _TYPE):
            shown = model.by_path(predicate) if model else None
            label = pick(shown.label if shown else self.labels.get(predicate), self.language, predicate)
            terms = [s.object for s in statements if s.predicate == predicate and s.object.value not in self.parts]
            yield FieldView(shown.key if shown else "", label, Label("", ""), tuple(map(self.value, terms)))

    def _note(self, iri: str) -> Label | None:
        """The definition of a concept, to say what a value means."""
        found = self.kb.descriptions.get(thing_iri(iri))
        texts = {
            s.object.lang: s.object.value
            for s in (read(found.ntriples, (f"{SKOS}definition",)) if found else ())
            if s.subject == iri
        }
        return pick(texts, self.language) if texts else None


def _doi(text: str) -> str | None:
    """Address of a DOI (https://www.doi.org/doi-handbook/HTML/encoding-rules-for-urls.html)."""
    return f"https://doi.org/{quote(text, safe='/:;().-_')}" if text.startswith("10.") and "/" in text else None


def _sorted(values: tuple[Shown, ...]) -> tuple[Shown, ...]:
    return tuple(sorted(values, key=lambda value: value.text.casefold()))
