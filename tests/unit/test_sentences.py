"""Whatever a query's error says in English it says in the language of the page as well."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kggraph
from kggraph.errors import QuerySyntaxError, SourceError
from kggraph.rdf.source import read_file
from kggraph.store.grammar import _SPOKEN, check_grammar
from kggraph.web.sentences import _catalogue, in_language

FOLDER = Path(kggraph.__file__).parent
RAISING = sorted(
    path
    for part in ("store", "web", "trial", "rdf", "search/facets.py", "search/results.py", "publish/dumps.py")
    for path in ([FOLDER / part] if part.endswith(".py") else (FOLDER / part).glob("*.py"))
)
ERRORS = {"QuerySyntaxError", "QueryRefused", "QueryTimeout", "QueryOutOfMemory", "ResultTooLarge", "TooManySolutions"}
ERRORS |= {"ServiceFailed", "TooBusy", "TooManyRequests", "QueryHostUnavailable", "KgError", "NotAcceptable"}
ERRORS |= {"BadParameter", "UnsupportedMediaType", "_refused", "EngineUnavailable", "EngineError"}
ERRORS |= {"ThingNotFound", "UnreadableData", "RequestTooLarge", "ValidationTimeout", "SourceError"}
OPERATORS_ONLY = {"host.py", "remote_publication.py"}
"""What is said where the query host is started, or a build publishes, goes to a terminal."""
HOLE = "7"


def sentences() -> Iterator[tuple[str, str]]:
    """Every sentence that is raised about a query, its holes filled, with where it stands."""
    for path in RAISING:
        if path.name in OPERATORS_ONLY:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                text = _filled(node.args[0])
                if not text.replace(HOLE, "").strip(" .<>"):
                    continue  # all of it is made elsewhere
                if name in ERRORS:
                    yield f"{path.name}:{node.lineno}", text
                elif name == "failed":
                    yield f"{path.name}:{node.lineno}", f"<http://e/> {text}."


def _filled(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)


SENTENCES = dict(sentences())


def test_sentences_are_found() -> None:
    assert len(SENTENCES) > 40


@pytest.mark.parametrize("place", SENTENCES)
def test_every_sentence_is_said_in_dutch(place: str) -> None:
    sentence = SENTENCES[place]
    assert in_language(sentence, "nl").lang == "nl", sentence
    assert in_language(sentence, "en").text == sentence


TURTLE = Path(__file__).parent.parent / "cases" / "turtle"


@pytest.mark.parametrize("case", sorted(path.stem for path in TURTLE.glob("*.txt")))
def test_files_that_cannot_be_read_are_said_in_dutch(case: str) -> None:
    path = TURTLE / f"{case}.ttl"
    with pytest.raises(SourceError) as caught:
        read_file(path, root=TURTLE)
    told = in_language(caught.value.message, "nl")
    assert told.lang == "nl", told.text
    assert not re.search(r"\b(where|which|with|write|put)\b", told.text), told.text


WRONG = Path(__file__).parent.parent / "cases" / "wrong-queries.txt"


@pytest.mark.parametrize("query", WRONG.read_text("utf-8").splitlines())
def test_syntax_errors_are_said_in_dutch(query: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        check_grammar(query, {"skos": "http://www.w3.org/2004/02/skos/core#"})
    said = in_language(caught.value.message, "nl")
    assert said.lang == "nl" and said.text.startswith("Regel 1, kolom ")
    prose = re.sub(r"`[^`]*`|SPARQL|FILTER|OPTIONAL|'.'", "", said.text)
    english = {"found", "expected", "the", "an", "property", "variable", "string", "number", "query", "needs", "add"}
    assert not english & set(re.findall(r"[a-z]+", prose.lower()))


def test_every_word_of_the_grammar_is_said_in_dutch() -> None:
    catalogue = _catalogue("nl")
    assert catalogue
    plain = {word for word in _SPOKEN.values() if word[0] != "`"}
    assert not plain - set(catalogue.words)


def test_translations_use_the_holes_of_the_sentence() -> None:
    catalogue = _catalogue("nl")
    assert catalogue
    for pattern, text in catalogue.sentences:
        names = set(re.findall(r"\{(\w+)\}", text))
        assert names == set(pattern.groupindex), text


def test_what_is_not_known_stays_and_is_marked() -> None:
    assert in_language("Nobody said this", "nl") == ("Nobody said this", "en")
    assert in_language("There are more than 7 parameters.", "fr").lang == "en"
    assert in_language("x" * 5_000 + " is not an IRI.", "nl").lang == "en"
