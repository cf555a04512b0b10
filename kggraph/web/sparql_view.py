"""What the SPARQL page shows of a result: a table with labels, a chart, a graph, and code to copy.

Pure: from the bytes of an answer and the words of a language to what the templates in `templates/sparql/` need.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pyoxigraph import BlankNode, NamedNode, RdfFormat, parse
from pyoxigraph import Literal as RdfLiteral
from werkzeug.datastructures import MultiDict

from kggraph.errors import BadParameter
from kggraph.model import LangText
from kggraph.publish.charts import bar_chart, bars_of, line_chart, lines_of, series_names
from kggraph.publish.drawing import Edge, drawable, graph_drawing
from kggraph.publish.labels import Label, pick
from kggraph.publish.solutions import NUMERIC, Solutions, Suggestion, Term, chartable, read_solutions, role
from kggraph.publish.svg import Caption, Figure, plain_number
from kggraph.rdf import ntriples
from kggraph.rdf.names import Names, names_of
from kggraph.terms import XSD
from kggraph.web.texts import Texts

CHART_KINDS: Final = ("auto", "bars", "lines", "none")
TRIPLE_COLUMNS: Final = ("subject", "predicate", "object")
_PHRASE: Final = "editor.phrases."
_PLAIN: Final = frozenset((f"{XSD}string",)) | NUMERIC


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a result is shown: the language, how IRIs are named, and where they lead."""

    t: Texts
    labels: Callable[[set[str]], Mapping[str, LangText]]
    href: Callable[[str], tuple[str | None, bool]]
    """The link for an IRI and whether it leaves the site; nothing when it must not be a link."""
    prefixes: Mapping[str, str]

    @property
    def language(self) -> str:
        """Language of the page."""
        return self.t.language


@dataclass(frozen=True, slots=True)
class Cell:
    """One term in a table."""

    text: str = ""
    lang: str = ""
    href: str | None = None
    external: bool = False
    short: str = ""
    """The IRI as a prefixed name or in full, when `text` is its label."""
    datatype: str = ""
    """Name of the datatype, when it is neither text nor number."""
    value: str | None = None
    """Lexical form of a number, to sort by."""

    @property
    def is_number(self) -> bool:
        """Whether it stands at the right of its column."""
        return self.value is not None


@dataclass(frozen=True, slots=True)
class ChartChoice:
    """The chart that a person asked for; empty names are for us to choose."""

    kind: str = "auto"
    x: str = ""
    y: str = ""
    series: str = ""


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart and what may be chosen instead; `figure` is empty when it is not wanted."""

    figure: Figure | None
    shown: Suggestion | None
    choice: ChartChoice
    labels: tuple[str, ...] = ()
    """Variables that can name bars and points."""
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultView:
    """A result as the page shows it."""

    variables: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    boolean: bool | None = None
    is_graph: bool = False
    truncated: bool = False
    """There is more than is shown: the table, chart and graph are of its beginning."""
    failed_services: tuple[str, ...] = ()
    """Other servers that did not answer, so that their part is missing."""
    chart: ChartView | None = None
    drawing: Figure | None = None
    downloads: tuple[tuple[str, str], ...] = ()
    """Name of a format and its address."""
    code: tuple[tuple[str, str, str], ...] = field(default=())
    """Name, title and text of code to copy."""


def chart_choice(parameters: MultiDict[str, str]) -> ChartChoice:
    """The chart that the parameters `chart`, `x`, `y` and `series` ask for.

    :raises BadParameter: there is no such kind of chart.
    """
    kind = parameters.get("chart", "auto") or "auto"
    if kind not in CHART_KINDS:
        raise BadParameter(f"A chart is one of {', '.join(CHART_KINDS)}, not {kind[:40]!r}.", parameter="chart")
    return ChartChoice(kind, *(parameters.get(name, "") for name in ("x", "y", "series")))


def editor_strings(t: Texts) -> str:
    """The texts of the editor as the JSON object that `data-strings` holds."""
    keys = [key for key in t.keys() if key.startswith("editor.")]  # noqa: SIM118 (it is no mapping)
    strings: dict[str, str | dict[str, str]] = {
        "kinds": {kind: t(f"editor.{kind}") for kind in ("class", "property", "concept")},
        "phrases": {key.removeprefix(_PHRASE): t(key) for key in keys if key.startswith(_PHRASE)},
    }
    strings |= {key.removeprefix("editor."): t(key) for key in keys if key.count(".") == 1}
    return json.dumps(strings, ensure_ascii=False)


# ------------------------------------------------------------------ the kinds of result
def view_of_solutions(body: bytes, reader: Reader, choice: ChartChoice, *, truncated: bool) -> ResultView:
    """The view of a SELECT or ASK result in SPARQL JSON.

    :raises BadParameter: the choice names a variable that cannot be used so.
    """
    read = read_solutions(body)
    if isinstance(read, bool):
        return ResultView(boolean=read)
    labels = reader.labels(_iris(term for row in read.rows for term in row))
    edges = drawable(read)
    return ResultView(
        variables=read.variables,
        rows=_table(read.rows, reader, labels),
        truncated=truncated,
        chart=_chart(read, reader, labels, choice),
        drawing=_drawing(edges, reader, labels) if edges else None,
    )


def view_of_graph(graph: bytes, reader: Reader, *, truncated: bool) -> ResultView:
    """The view of a CONSTRUCT or DESCRIBE result in N-Triples: its triples as a table, and as a graph."""
    edges = _edges(graph)
    labels = reader.labels(_iris(term for edge in edges for term in edge))
    return ResultView(
        variables=TRIPLE_COLUMNS,
        rows=_table(edges, reader, labels),
        is_graph=True,
        truncated=truncated,
        drawing=_drawing(edges, reader, labels) if edges else None,
    )


def with_ways_out(
    view: ResultView, downloads: Sequence[tuple[str, str]], code: Sequence[tuple[str, str, str]]
) -> ResultView:
    """The view with what leads out of the page: files and code."""
    return replace(view, downloads=tuple(downloads), code=tuple(code))


# ------------------------------------------------------------------ tables
def _table(
    rows: Sequence[Sequence[Term | None]], reader: Reader, labels: Mapping[str, LangText]
) -> tuple[tuple[Cell, ...], ...]:
    names = names_of(reader.prefixes)
    return tuple(tuple(_cell(term, reader, labels, names) for term in row) for row in rows)


def _cell(term: Term | None, reader: Reader, labels: Mapping[str, LangText], names: Names) -> Cell:
    if term is None:
        return Cell()
    if isinstance(term, NamedNode):
        href, external = reader.href(term.value)
        short = _short(term.value, names)
        if term.value not in labels:
            return Cell(short, href=href, external=external)
        label = pick(labels[term.value], reader.language, term.value)
        return Cell(label.text, label.lang, href, external, short)
    if not isinstance(term, RdfLiteral):
        return Cell(str(term))
    if term.language:
        return Cell(term.value, term.language)
    datatype = term.datatype.value
    if datatype in _PLAIN:
        return Cell(term.value, value=term.value if datatype in NUMERIC else None)
    return Cell(term.value, datatype=_short(datatype, names))


def _short(iri: str, names: Names) -> str:
    named = names.name(iri)
    return named[1] if named else iri


def _iris(terms: Iterable[Term | None]) -> set[str]:
    return {term.value for term in terms if isinstance(term, NamedNode)}


def _edges(graph: bytes) -> list[Edge]:
    """The triples of a graph; pyoxigraph's parser gives the interpreter lock away at each, so only where it must."""
    if b"<<" in graph:
        return [(quad.subject, quad.predicate, quad.object) for quad in parse(graph, RdfFormat.N_TRIPLES)]
    return [(_term(s), NamedNode(ntriples.iri(p)), _term(o)) for s, p, o in ntriples.rows(graph)]


def _term(term: bytes) -> Term:
    if term.startswith(b"<"):
        return NamedNode(ntriples.iri(term))
    if term.startswith(b"_:"):
        return BlankNode(term[2:].decode())
    text, language, datatype = ntriples.literal(term)
    return RdfLiteral(text, language=language) if language else RdfLiteral(text, datatype=NamedNode(datatype))


# ------------------------------------------------------------------ pictures
def _chart(
    solutions: Solutions, reader: Reader, labels: Mapping[str, LangText], choice: ChartChoice
) -> ChartView | None:
    roles = {name: role(solutions, name) for name in solutions.variables}
    numbers = tuple(name for name, kind in roles.items() if kind == "number")
    names = tuple(name for name, kind in roles.items() if kind != "none")
    if not numbers or not solutions.rows:
        return None
    wanted = _wanted(solutions, choice, names, numbers)
    if wanted is None:
        return ChartView(None, None, choice, names, numbers)
    said = _labeller(reader, labels)
    caption = Caption(
        reader.t("sparql.chart_title", y=", ".join(wanted.y), x=wanted.x),
        reader.t(f"sparql.chart_{wanted.kind}"),
        "sparql-chart",
        _number_writer(reader.t),
    )
    if wanted.kind == "bars":
        figure = bar_chart(bars_of(solutions, wanted, said), caption, series_names(solutions, wanted, said))
    else:
        figure = line_chart(lines_of(solutions, wanted, said), caption, wanted.x, ", ".join(wanted.y))
    return ChartView(figure, wanted, choice, names, numbers)


def _wanted(
    solutions: Solutions, choice: ChartChoice, names: tuple[str, ...], numbers: tuple[str, ...]
) -> Suggestion | None:
    if choice.kind == "none":
        return None
    for parameter, given, allowed in (
        ("x", choice.x, names),
        ("y", choice.y, numbers),
        ("series", choice.series, names),
    ):
        if given and given not in allowed:
            raise BadParameter(
                f"{given[:40]!r} cannot be used for that; there is {', '.join(allowed)}.", parameter=parameter
            )
    suggested = chartable(solutions)
    if choice.kind == "auto" and not (choice.x or choice.y or choice.series):
        return suggested
    y = choice.y or (suggested.y[0] if suggested else numbers[0])
    x = choice.x or (suggested.x if suggested else next((name for name in names if name != y), y))
    kind = choice.kind if choice.kind != "auto" else suggested.kind if suggested else "bars"
    if kind == "lines" and role(solutions, x) not in ("date", "number"):
        raise BadParameter(f"Lines need a date or a number, and {x!r} has none; choose bars.", parameter="chart")
    series = "" if choice.series in (x, y) else choice.series
    return Suggestion("lines" if kind == "lines" else "bars", x, (y,), series)


def _drawing(edges: Sequence[Edge], reader: Reader, labels: Mapping[str, LangText]) -> Figure:
    caption = Caption(reader.t("sparql.graph_title"), reader.t("sparql.graph_text"), "sparql-graph")
    return graph_drawing(edges, caption, _labeller(reader, labels))


def _labeller(reader: Reader, labels: Mapping[str, LangText]) -> Callable[[str], str]:
    def label(iri: str) -> str:
        found: Label = pick(labels.get(iri), reader.language, iri)
        return found.text

    return label


def _number_writer(t: Texts) -> Callable[[float], str]:
    """Numbers as the language writes them: 12.345,5 or 12,345.5."""
    thousands = t("format.thousands")
    decimal = "," if thousands == "." else "."

    def write(value: float) -> str:
        if "e" in plain_number(value):
            return plain_number(value).replace(".", decimal)
        whole, _, part = f"{value:,.6f}".partition(".")
        digits = part.rstrip("0")[:2] if abs(value) >= 1000 else part.rstrip("0")
        return whole.replace(",", thousands) + (f"{decimal}{digits}" if digits else "")

    return write
