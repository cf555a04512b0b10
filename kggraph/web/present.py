"""A thing as a page shows it: its fields in the groups and order of the model, every value with its text and link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from urllib.parse import quote

from kggraph.model import LangText
from kggraph.publish.descriptions import Description
from kggraph.publish.labels import Label, pick
from kggraph.publish.statements import Term, Told
from kggraph.rdf.iris import local_name
from kggraph.terms import BIBO, DCAT, FOAF, OWL, RDF, RDFS, SCHEMA, SKOS, XSD
from kggraph.web.addresses import bare
from kggraph.web.generations import KnowledgeBase
from kggraph.web.layout import Placed
from kggraph.web.markup import drawn_link
from kggraph.web.texts import texts
from kggraph.web.views import FieldView, GroupView, Shown, ThingView

_TYPE = f"{RDF}type"
_DOI = f"{BIBO}doi"
_MANY_LINKS = 50
_VERSIONS = (f"{OWL}versionIRI", f"{OWL}priorVersion")
"""What the list of versions of a concept scheme tells."""
_DATES = frozenset(f"{XSD}{name}" for name in ("gYear", "gYearMonth", "date", "dateTime"))
_HOME_PAGES = (f"{DCAT}landingPage", f"{FOAF}homepage", f"{SCHEMA}url", f"{DCAT}accessURL")


class Reader:
    """Reads one description for one language; labels of everything it names come in one look-up."""

    def __init__(self, kb: KnowledgeBase, language: str, prefix: str, description: Description) -> None:
        self.kb, self.language, self.prefix, self.description = kb, language, prefix, description
        self._layout = kb.layout(kb.class_of(description.types))
        said = description.said
        self.terms: dict[str, list[Term]] = dict(said.thing.terms)
        """What is said of the thing itself, by property; `^` before those that point at it."""
        self.parts: Mapping[str, Told] = said.parts
        """What is said of each part of it (`thing#part`)."""
        for path in self._layout.inverse:
            links = kb.descriptions.inbound(description.iri, predicate=path, limit=_MANY_LINKS, living=True)
            if links:
                self.terms[f"^{path}"] = [Term(iri, True) for iri in dict.fromkeys(link.thing for link in links)]

    @cached_property
    def labels(self) -> Mapping[str, LangText]:
        """Labels of everything that the description names."""
        named = {*self.description.named, *self.terms}
        for path in self._layout.inverse:
            named.update([term.value for term in self.terms.get(f"^{path}", ())])
        for told in self.parts.values():
            named.update(told.terms)
        return self.kb.labels(named)

    def view(self, unknown: str = "") -> ThingView:
        """The thing as a page shows it.

        :param unknown: what to say where a field that readers filter by is empty; nothing leaves such fields out.
        """
        title = pick(self.description.labels, self.language, self.description.iri)
        subtitles = [Shown(text, lang) for lang, text in sorted(self.description.labels.items()) if text != title.text]
        lead_path = next((path for path in self._layout.leads if self.terms.get(path)), "")
        lead, others = self.in_language([term for term in self.terms.get(lead_path, ()) if not term.is_iri])
        home_page, home_path = self._home_page()
        return ThingView(
            iri=self.description.iri,
            title=title,
            type=(kind := self._type()),
            sorts=self._sorts() or ((Shown(*kind),) if kind.text else ()),
            subtitles=tuple(subtitles),
            lead=lead,
            lead_others=others,
            home_page=home_page,
            groups=tuple(self._groups((_TYPE, *_VERSIONS, lead_path, home_path), unknown)),
            source=self.description.source,
        )

    def _type(self) -> Label:
        kind = self.kb.kinds.by_name(self.description.kind)
        if kind and kind.label:
            return pick(kind.label, self.language)
        model = self.kb.class_of(self.description.types)
        return pick(model.label, self.language, model.iri) if model else Label("", "")

    def _sorts(self) -> tuple[Shown, ...]:
        return _sorted(tuple([self.value(term) for term in self.terms.get(self._layout.sort, ())]))

    def _home_page(self) -> tuple[Shown | None, str]:
        """The page of the thing itself, and the property that the button then tells in full."""
        for path in _HOME_PAGES:
            terms = self.terms.get(path)
            if terms and terms[0].is_iri:
                shown = self.value(terms[0])
                if shown.href:
                    return shown, path if len(terms) == 1 else ""
        return None, ""

    def _groups(self, told: tuple[str, ...], unknown: str) -> Iterable[GroupView]:
        terms, groups = self.terms, self.kb.model.groups
        nothing = (Shown(unknown, is_unknown=True),)
        for iri, places in self._layout.groups:
            fields = [
                self._field(one, terms[one.path])
                if one.path in terms
                else FieldView(one.field.key, *self.kb.field_texts(one.field, self.language), nothing)
                for one in places
                if (one.path in terms or (unknown and one.is_asked)) and one.path not in told
            ]
            if fields:
                label = pick(groups[iri].label, self.language, iri) if iri in groups else Label("", "")
                yield GroupView(local_name(iri) if iri else "", label, tuple(fields))
        if not terms.keys() <= self._layout.modelled and (rest := tuple(self._unmodelled(told))):
            yield GroupView("other", Label("", ""), rest)

    def _field(self, place: Placed, terms: Sequence[Term]) -> FieldView:
        shown = place.field
        label, help_text = self.kb.field_texts(shown, self.language)
        if shown.is_literal:
            values, others = self.in_language(terms)
            if shown.path == _DOI:
                values = tuple([value._replace(href=_doi(value.text), external=True) for value in values])
            return FieldView(shown.key, label, help_text, values, others)
        if shown.attribution_role:
            return FieldView(shown.key, label, help_text, self._attributed(shown.attribution_role, terms))
        values = tuple([self.value(term, explained=place.is_explained) for term in terms])
        return FieldView(shown.key, label, help_text, values if shown.inverse else _sorted(values))

    def _unmodelled(self, told: tuple[str, ...]) -> Iterable[FieldView]:
        """What the source says beyond the model: shown as well, under the label of its property."""
        known = self._layout.modelled
        for predicate, terms in self.terms.items():
            if predicate not in known and (predicate not in told or (predicate == _TYPE and not known)):
                label = pick(self.labels.get(predicate), self.language, predicate)
                yield FieldView("", label, Label("", ""), tuple(map(self.value, terms)))

    def _attributed(self, role: str, terms: Sequence[Term]) -> tuple[Shown, ...]:
        """Agents in the order and with the names in which the source prints them (PROV qualified attributions)."""
        printed = self.description.printed.get(role, {})
        ordered = sorted(terms, key=lambda term: printed.get(term.value, (1 << 30, ""))[0])
        found = []
        for term in ordered:
            shown, name = self.value(term), printed.get(term.value, (0, ""))[1]
            differs = name and name != shown.text
            found.append(Shown(shown.text, shown.lang, shown.href, shown.external, printed=name if differs else ""))
        return tuple(found)

    def in_language(self, terms: Sequence[Term]) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
        """Literals in the language of the page (or the next best one), and those in other languages."""
        if len(terms) == 1:
            return (self.value(terms[0]),), ()
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
        kept = self.kb.values
        linked = kept.get((term.value, self.language))
        if linked is None:
            linked = self._linked(term.value)
            if linked.href and not linked.external:
                drawn = linked._replace(drawn=drawn_link(linked, self.language))
                linked = kept.keep((term.value, self.language), drawn)
        return linked._replace(note=self._note(term.value)) if explained else linked

    def _linked(self, iri: str) -> Shown:
        href, external = self.kb.addresses.href(iri, self.prefix)
        labels = self.labels.get(iri)
        label = pick(labels, self.language) if labels else None
        label = label or relation_in_words(iri, self.language) or Label(bare(iri), "")
        dead = self.kb.quality.dead.get(iri, "") if external else ""
        return Shown(label.text, label.lang, href, external, iri=iri, dead=dead)

    def _part(self, told: Told) -> Iterable[FieldView]:
        model = self.kb.class_of(told.iris(_TYPE))
        for predicate, terms in told.terms.items():
            if predicate != _TYPE:
                shown = model.by_path(predicate) if model else None
                label = pick(shown.label if shown else self.labels.get(predicate), self.language, predicate)
                values = [self.value(term) for term in terms if term.value not in self.parts]
                yield FieldView(shown.key if shown else "", label, Label("", ""), tuple(values))

    def _note(self, iri: str) -> Label | None:
        """The definition of a concept, to say what a value means."""
        texts = self.kb.definition(iri)
        return pick(texts, self.language) if texts else None


def relation_in_words(iri: str, language: str) -> Label | None:
    """What a relation between two concepts says, where it is one that everybody uses and nobody labels."""
    key, t = f"relation.{local_name(iri)}", texts(language)
    return Label(t(key), language) if iri.startswith((SKOS, RDFS)) and t.has(key) else None


def _doi(text: str) -> str | None:
    """Address of a DOI (https://www.doi.org/doi-handbook/HTML/encoding-rules-for-urls.html)."""
    return f"https://doi.org/{quote(text, safe='/:;().-_')}" if text.startswith("10.") and "/" in text else None


def _sorted(values: tuple[Shown, ...]) -> tuple[Shown, ...]:
    return tuple(sorted(values, key=lambda value: value.text.casefold())) if len(values) > 1 else values
