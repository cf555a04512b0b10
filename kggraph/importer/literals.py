"""Texts of a record as RDF literals of a field's datatype, and addresses as IRIs: checked, never repaired."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Final

import pyoxigraph as ox

from kggraph.rdf.iris import is_web_iri
from kggraph.terms import XSD

_URL: Final = re.compile(r"https?://(?:[^/?#@:%\s]+\.[^/?#@:%\s.]+|localhost)(?::[0-9]*)?(?![^/?#])", re.IGNORECASE)
_TAG: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*\Z")
_DUTCH_DATE: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\Z")


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_year_month(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", text)) and text[:4] != "0000"


def _is_year(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}", text)) and text != "0000"


_FORMS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    f"{XSD}string": (bool, "a text"),
    f"{XSD}gYear": (_is_year, "YYYY"),
    f"{XSD}gYearMonth": (_is_year_month, "YYYY-MM"),
    f"{XSD}date": (_is_date, "YYYY-MM-DD"),
    f"{XSD}integer": (lambda text: bool(re.fullmatch(r"0|-?[1-9]\d*", text)), "a whole number"),
    f"{XSD}decimal": (lambda text: bool(re.fullmatch(r"-?(?:0|[1-9]\d*)\.\d+", text)), "a number such as 1.5"),
    f"{XSD}boolean": (lambda text: text in {"true", "false"}, "true or false"),
    f"{XSD}anyURI": (lambda text: is_url(text), "an address that starts with https:// or http://"),
}


def literal(text: str, datatypes: tuple[str, ...]) -> ox.Literal | None:
    """The text as a literal of the first of the datatypes whose form it has, or nothing.

    >>> str(literal("2023-05", (f"{XSD}gYear", f"{XSD}gYearMonth")))
    '"2023-05"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'
    """
    for datatype in datatypes or (f"{XSD}string",):
        fits = _FORMS.get(datatype, (bool, ""))[0]
        if fits(text):
            return ox.Literal(text, datatype=ox.NamedNode(datatype))
    return None


def expected(text: str, datatypes: tuple[str, ...]) -> str:
    """What would be right instead of a text that has none of the forms.

    >>> expected("31-12-2023", (f"{XSD}date",))
    'Write it as YYYY-MM-DD. Did you mean "2023-12-31"?'
    """
    forms = [_FORMS[datatype][1] for datatype in datatypes if datatype in _FORMS]
    sentence = f"Write it as {' or '.join(filter(None, (', '.join(forms[:-1]), forms[-1])))}." if forms else ""
    turned = _DUTCH_DATE.match(text)
    if turned and f"{XSD}date" in datatypes:
        better = f"{turned[3]}-{int(turned[2]):02d}-{int(turned[1]):02d}"
        if _is_date(better):
            sentence = f'{sentence} Did you mean "{better}"?'
    return sentence


def is_url(text: str) -> bool:
    """Whether the text is a whole web address.

    >>> is_url("https://example.org/a"), is_url("example.org"), is_url("https://exa mple.org")
    (True, False, False)
    """
    return bool(_URL.match(text)) and is_web_iri(text)


def better_url(text: str) -> list[str]:
    """The address that was probably meant, if that can be told.

    >>> better_url("www.example.org/a"), better_url(" https://example.org "), better_url("nowhere")
    (['https://www.example.org/a'], ['https://example.org'], [])
    """
    tidy = text.strip().replace(" ", "%20")
    candidates = [tidy, f"https://{tidy}"] if "://" not in tidy else [tidy]
    return [candidate for candidate in candidates if is_url(candidate)][:1]


def is_language_tag(text: str) -> bool:
    """Whether the text is a language tag in the form we keep: lower case.

    >>> is_language_tag("nl"), is_language_tag("en-gb"), is_language_tag("Nederlands!")
    (True, True, False)
    """
    return bool(_TAG.match(text))
