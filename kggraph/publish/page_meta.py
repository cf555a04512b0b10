"""What the head of a page says of its work: Highwire tags, Dublin Core and Open Graph, as names and contents.

Highwire (`citation_*`): https://scholar.google.com/intl/en/scholar/inclusion.html#indexing. Dublin Core in HTML:
https://www.dublincore.org/specifications/dublin-core/dcq-html/. Open Graph: https://ogp.me/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from kggraph.model import LangText
from kggraph.publish.citations import work_type
from kggraph.publish.labels import pick
from kggraph.publish.work import Value, Work


class Meta(NamedTuple):
    """A `<meta name content>`, with the language of the content where it has one."""

    name: str
    content: str
    lang: str = ""


_DATE: Final = re.compile(r"\d{4}(?:-\d{2}){0,2}\Z")
_SHORT: Final = 200
_INSTITUTION: Final = {
    "report": "citation_technical_report_institution",
    "thesis": "citation_dissertation_institution",
}
_LOCALES: Final = {"nl": "nl_NL", "en": "en_GB"}


def highwire(work: Work, lang: str) -> list[Meta]:
    """Tags by which reference managers and search engines for literature read a page."""
    kind = work_type(work).csl
    institution = _INSTITUTION.get(kind, "citation_publisher")
    date = work.issued.replace("-", "/") if _DATE.match(work.issued) else ""
    return _said(
        Meta("citation_title", work.title, work.language),
        *(Meta("citation_author", name.inverted) for name in work.authors),
        Meta("citation_publication_date", date),
        *(Meta(institution, name.text) for name in work.publishers),
        Meta("citation_doi", work.doi),
        Meta("citation_language", work.language),
        *(Meta("citation_keywords", *pick(value.labels, lang)) for value in work.subjects),
        Meta("citation_abstract", *pick(work.description, lang)),
        Meta("citation_abstract_html_url", work.page),
        Meta("citation_public_url", work.url),
    )


def dublin_core(work: Work, lang: str) -> list[Meta]:
    """The fifteen elements, as far as they are known."""
    elements: list[Meta] = [
        Meta(f"DC.{element}", content, tag) for element, content, tag in dublin_core_elements(work, (lang,))
    ]
    return _said(*elements)


def dublin_core_elements(work: Work, languages: Sequence[str]) -> list[tuple[str, str, str]]:
    """Name, content and language of simple Dublin Core, in the order of the specification.

    :param languages: those in which subjects, types and descriptions are given.
    """
    made: list[tuple[str, str, str]] = [("title", work.title, next(iter(work.titles), ""))]
    made += [("title", text, tag) for tag, text in work.alternatives.items()]
    made += [("creator", name.inverted, "") for name in work.authors]
    made += [("subject", *label) for label in _labels(work.subjects, languages)]
    made += [("description", *label) for label in _in(work.description, languages)]
    made += [("publisher", name.text, "") for name in work.publishers]
    made += [("contributor", name.inverted, "") for name in work.contributors]
    made += [("date", work.issued, "")]
    made += [("type", *label) for label in _labels(work.genres, languages)]
    made += [("identifier", work.iri, ""), ("identifier", work.url, "")]
    made += [("identifier", f"https://doi.org/{work.doi}" if work.doi else "", "")]
    made += [("language", tag, "") for tag in work.languages]
    made += [("coverage", *label) for label in _labels(work.countries, languages)]
    made += [("rights", work.license, ""), ("rights", work.rights, "")]
    return [one for one in dict.fromkeys(made) if one[1]]


def open_graph(
    title: str, description: str, address: str, *, site: str, lang: str, languages: Sequence[str], is_article: bool
) -> list[Meta]:
    """Properties (`<meta property content>`) for a page that is shared."""
    others = [tag for tag in languages if tag != lang]
    return _said(
        Meta("og:type", "article" if is_article else "website"),
        Meta("og:title", title),
        Meta("og:description", shortened(description)),
        Meta("og:url", address),
        Meta("og:site_name", site),
        Meta("og:locale", _LOCALES.get(lang, lang)),
        *(Meta("og:locale:alternate", _LOCALES.get(tag, tag)) for tag in others),
    )


def shortened(text: str, letters: int = _SHORT) -> str:
    """The begin of a text, up to the end of a word.

    >>> shortened("one two three", 9)
    'one two …'
    """
    flat = " ".join(text.split())
    if len(flat) <= letters:
        return flat
    return f"{flat[: letters - 1].rpartition(' ')[0] or flat[: letters - 2]} …"


def _labels(values: Iterable[Value], languages: Sequence[str]) -> list[tuple[str, str]]:
    return [label for value in values for label in _in(value.labels, languages)]


def _in(texts: LangText, languages: Sequence[str]) -> list[tuple[str, str]]:
    """Text and tag in each of the languages, or else in the best one there is."""
    if not texts:
        return []
    if len(languages) == 1:
        return [pick(texts, languages[0])]
    return list(dict.fromkeys(pick(texts, lang) for lang in languages))


def _said(*metas: Meta) -> list[Meta]:
    return [meta for meta in metas if meta.content]
