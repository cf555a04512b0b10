"""Citations of works, one or many: CSL-JSON, RIS and BibTeX.

The type of a work is a class of schema.org or FaBiO; `WORK_TYPES` says what citation formats call it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from kggraph.model import LangText
from kggraph.publish.labels import pick
from kggraph.publish.names import Name
from kggraph.publish.work import Work
from kggraph.rdf.iris import local_name, slugify
from kggraph.rdf.media import Representation
from kggraph.terms import FABIO, SCHEMA

RIS: Final = Representation("ris", ".ris", "application/x-research-info-systems", "RIS")
BIBTEX: Final = Representation("bib", ".bib", "application/x-bibtex", "BibTeX", ("text/x-bibtex",))
CSL_JSON: Final = Representation("csljson", ".csljson", "application/vnd.citationstyles.csl+json", "CSL-JSON")
CITATION_FORMATS: Final = (RIS, BIBTEX, CSL_JSON)


class WorkType(NamedTuple):
    """What formats call a type of work."""

    csl: str
    """https://docs.citationstyles.org/en/stable/specification.html#appendix-iii-types"""
    ris: str
    bibtex: str


_OTHER: Final = WorkType("document", "GEN", "misc")
_REPORT: Final = WorkType("report", "RPRT", "techreport")
_ARTICLE: Final = WorkType("article-journal", "JOUR", "article")
WORK_TYPES: Final[dict[str, WorkType]] = {
    f"{SCHEMA}Thesis": WorkType("thesis", "THES", "phdthesis"),
    f"{SCHEMA}Chapter": WorkType("chapter", "CHAP", "incollection"),
    f"{SCHEMA}ScholarlyArticle": _ARTICLE,
    f"{FABIO}JournalArticle": _ARTICLE,
    f"{FABIO}ResearchPaper": _ARTICLE,
    f"{SCHEMA}Book": WorkType("book", "BOOK", "book"),
    f"{SCHEMA}Report": _REPORT,
    f"{FABIO}Report": _REPORT,
    f"{FABIO}PolicyDocument": _REPORT,
    f"{SCHEMA}Legislation": WorkType("legislation", "STAT", "misc"),
    f"{SCHEMA}Dataset": WorkType("dataset", "DATA", "misc"),
    f"{SCHEMA}PodcastEpisode": WorkType("broadcast", "SOUND", "misc"),
    f"{SCHEMA}VideoObject": WorkType("motion_picture", "VIDEO", "misc"),
    f"{SCHEMA}Movie": WorkType("motion_picture", "VIDEO", "misc"),
    f"{SCHEMA}SoftwareApplication": WorkType("software", "COMP", "misc"),
    f"{SCHEMA}WebApplication": WorkType("software", "COMP", "misc"),
    f"{SCHEMA}NewsArticle": WorkType("article-newspaper", "NEWS", "article"),
    f"{SCHEMA}BlogPosting": WorkType("post-weblog", "BLOG", "misc"),
    f"{SCHEMA}Event": WorkType("event", "GEN", "misc"),
    f"{SCHEMA}Course": _OTHER,
    f"{SCHEMA}LearningResource": _OTHER,
    f"{SCHEMA}HowTo": _OTHER,
    f"{FABIO}InstructionManual": _OTHER,
    f"{SCHEMA}WebSite": WorkType("webpage", "ELEC", "misc"),
    f"{SCHEMA}WebPage": WorkType("webpage", "ELEC", "misc"),
    f"{SCHEMA}Organization": WorkType("webpage", "ELEC", "misc"),
}
"""Class to what formats call it; of the classes of a work the first in this order counts."""

_WEB: Final = WorkType("webpage", "ELEC", "misc")
_SPECIAL: Final = re.compile(r"[\\{}$&#%_~^]")
_TEX: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_DATE: Final = re.compile(r"(-?\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def work_type(work: Work) -> WorkType:
    """What a work is in citation formats.

    Where its classes leave it open, a scholarly article is one that has a DOI.
    """
    found = [WORK_TYPES[name] for name in WORK_TYPES if name in work.types]
    if len(set(found)) > 1 and found[0] == _ARTICLE and not work.doi:
        found = [one for one in found if one != _ARTICLE]
    return found[0] if found else (_WEB if work.url else _OTHER)


def citation(works: Sequence[Work], format: Representation, lang: str) -> bytes:
    """Works as a file for reference managers.

    :param format: one of `CITATION_FORMATS`.
    :param lang: language of abstracts and keywords, where there is a choice.
    """
    if format == RIS:
        return "".join(_ris(work, lang) for work in works).encode()
    if format == BIBTEX:
        return "\n".join(_bibtex(work, key, lang) for work, key in zip(works, _keys(works), strict=True)).encode()
    return json.dumps([csl_item(work, lang) for work in works], ensure_ascii=False, indent=1).encode() + b"\n"


# ------------------------------------------------------------------ CSL-JSON
def csl_item(work: Work, lang: str) -> dict[str, Any]:
    """A work as an item of CSL-JSON (https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html)."""
    item: dict[str, Any] = {
        "id": work.iri,
        "type": work_type(work).csl,
        "title": work.title,
        "author": [_csl_name(name) for name in work.authors],
        "publisher": _and(work.publishers),
        "issued": _csl_date(work.issued),
        "DOI": work.doi,
        "URL": work.url or work.page,
        "abstract": pick(work.description, lang).text,
        "language": work.language,
        "genre": ", ".join(_words(work.genres, lang)),
        "keyword": ", ".join(_words(work.subjects, lang)),
        "source": work.page,
    }
    return {name: value for name, value in item.items() if value not in ("", [], None)}


def _csl_name(name: Name) -> dict[str, str]:
    if not name.family:
        return {"literal": name.text}
    parts = {"family": name.family, "given": name.given, "non-dropping-particle": name.particle}
    return {part: text for part, text in parts.items() if text}


def _csl_date(date: str) -> dict[str, list[list[int]]] | None:
    found = _DATE.match(date)
    return {"date-parts": [[int(part) for part in found.groups() if part]]} if found else None


# ------------------------------------------------------------------ RIS
def _ris(work: Work, lang: str) -> str:
    """https://en.wikipedia.org/wiki/RIS_(file_format): a tag, two spaces, a hyphen, a space; lines end in CRLF."""
    lines = [("TY", work_type(work).ris), ("ID", local_name(work.iri)), ("TI", work.title)]
    lines += [("AU", name.inverted) for name in work.authors]
    lines += [("PB", _and(work.publishers))]
    found = _DATE.match(work.issued)
    if found:
        year, month, day = found.groups()
        lines += [("PY", year), ("DA", f"{year}/{month or ''}/{day or ''}" if month else "")]
    lines += [("DO", work.doi), ("UR", work.url or work.page), ("AB", pick(work.description, lang).text)]
    lines += [("LA", work.language), ("M3", ", ".join(_words(work.genres, lang)))]
    lines += [("KW", word) for word in _words(work.subjects, lang)]
    lines += [("DP", work.page)]
    return "".join(f"{tag}  - {_one_line(text)}\r\n" for tag, text in lines if text) + "ER  - \r\n\r\n"


# ------------------------------------------------------------------ BibTeX
def _bibtex(work: Work, key: str, lang: str) -> str:
    kind = work_type(work).bibtex
    maker = {"techreport": "institution", "phdthesis": "school"}.get(kind, "publisher")
    found = _DATE.match(work.issued)
    fields = [
        ("title", f"{{{_tex(work.title)}}}" if work.title else ""),
        ("author", " and ".join(_tex_name(name) for name in work.authors)),
        (maker, _tex(_and(work.publishers))),
        ("year", found[1] if found else ""),
        ("month", str(int(found[2])) if found and found[2] else ""),
        ("doi", _tex(work.doi)),
        ("url", _tex_url(work.url or work.page)),
        ("abstract", _tex(pick(work.description, lang).text)),
        ("language", work.language),
        ("keywords", _tex(", ".join(_words(work.subjects, lang)))),
    ]
    body = ",\n".join(f"  {name} = {{{_one_line(text)}}}" for name, text in fields if text)
    return f"@{kind}{{{key},\n{body}\n}}\n"


def _keys(works: Iterable[Work]) -> list[str]:
    """A key for every work: its slug, which is unique among things of a kind, with the kind where it is not."""
    keys: list[str] = []
    for work in works:
        key = base = slugify(local_name(work.iri)) or "work"
        number = 2
        while key in keys:
            key, number = f"{base}-{number}", number + 1
        keys.append(key)
    return keys


def _tex_name(name: Name) -> str:
    # An institution stands in braces, or "and" and commas in its name would be read.
    return _tex(name.inverted) if name.family else f"{{{_tex(name.text)}}}"


def _tex(text: str) -> str:
    return _SPECIAL.sub(lambda found: _TEX.get(found[0], f"\\{found[0]}"), text)


def _tex_url(text: str) -> str:
    """An address as reference managers take it: literally, but for braces."""
    return text.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


# ------------------------------------------------------------------ texts
def _and(names: Sequence[Name]) -> str:
    return ", ".join(name.text for name in names)


def _words(values: Iterable[Any], lang: str) -> list[str]:
    labels: list[LangText] = [value.labels for value in values]
    return [pick(texts, lang).text for texts in labels]


def _one_line(text: str) -> str:
    """A text without line breaks and control characters, which would end a field."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
