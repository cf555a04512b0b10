"""The W3C validation report as Turtle (https://www.w3.org/TR/shacl/#validation-report)."""

from __future__ import annotations

import json
import re
from typing import Final

import pyoxigraph as ox

from kggraph.model.graph import Term
from kggraph.terms import RDF, RDFS, SH
from kggraph.validation.report import Report, Result
from kggraph.validation.shape_texts import ShapeTexts

_HEAD: Final = f"PREFIX rdfs: <{RDFS}>\nPREFIX sh: <{SH}>\n\n[] a sh:ValidationReport ;\n"
_CUT: Final = {
    "en": "This report is cut: it holds {held} of {total} results.",
    "nl": "Dit rapport is afgekapt: het bevat {held} van {total} resultaten.",
}
_SIMPLE: Final = re.compile(r"<[^<>]+>")
_STEPS: Final = ("inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath", "alternativePath")


def w3c_turtle(report: Report, shapes: ShapeTexts, total: int | None = None) -> str:
    """The report graph, its results in the order of the report.

    `sh:conforms` is false when there is any result, also one that blocks nothing, as the standard has it.

    :param shapes: the shapes it is about, for the paths that are more than one property.
    :param total: how many results there are; when the report holds fewer, it says so (`rdfs:comment`).
    """
    held = len(report.results)
    cut = "" if total is None or total <= held else _cut(held, total)
    conforms = f"    sh:conforms {'false' if report.results else 'true'} "
    results = [f"    sh:result [\n{_result(result, shapes)}    ] " for result in report.results]
    return _HEAD + cut + ";\n".join([conforms, *results]) + ".\n"


def _cut(held: int, total: int) -> str:
    texts = [str(ox.Literal(text.format(held=held, total=total), language=lang)) for lang, text in _CUT.items()]
    return f"    rdfs:comment {', '.join(texts)} ;\n"


def _result(result: Result, shapes: ShapeTexts) -> str:
    said = [
        ("a", "sh:ValidationResult"),
        ("sh:focusNode", result.focus),
        ("sh:resultPath", _path(result, shapes)),
        ("sh:value", result.value),
        ("sh:resultSeverity", f"<{result.severity}>"),
        ("sh:sourceConstraintComponent", f"<{result.component}>"),
        ("sh:sourceShape", f"<{result.shape}>" if result.shape else None),
        *(("sh:resultMessage", str(_text(text, lang))) for lang, text in sorted(result.messages.items())),
    ]
    return "".join(f"        {predicate} {term} ;\n" for predicate, term in said if term)


def _text(text: str, lang: str) -> ox.Literal:
    return ox.Literal(text, language=lang) if lang else ox.Literal(text)


def _path(result: Result, shapes: ShapeTexts) -> str | None:
    if result.path is None or _SIMPLE.fullmatch(result.path):
        return result.path
    paths = shapes.graph.values(ox.NamedNode(result.shape), f"{SH}path") if result.shape else []
    # A path is all that a shape without IRI has to say where it is; as a text it is at least readable.
    return _written(paths[0], shapes) if paths else json.dumps(result.path, ensure_ascii=False)


def _written(node: Term, shapes: ShapeTexts) -> str:
    if not isinstance(node, ox.BlankNode):
        return str(node)
    graph = shapes.graph
    if graph.values(node, f"{RDF}first"):
        return f"( {' '.join(_written(member, shapes) for member in graph.members(node))} )"
    for name in _STEPS:
        for inner in graph.values(node, f"{SH}{name}"):
            return f"[ sh:{name} {_written(inner, shapes)} ]"
    return "[]"
