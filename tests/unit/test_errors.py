"""Errors say what was found, where and what would be right; nothing else leaks."""

from __future__ import annotations

import inspect

import pytest

from kggraph import errors
from kggraph.reference import error_classes


def made(error: type[errors.KgError]) -> errors.KgError:
    """An example of an error, with a plain value for each of its details."""
    examples: dict[str, object] = {"path": "data/x.ttl", "line": 3, "column": 7, "problems": ("x:1: a: wrong",)}
    values = {}
    for name, parameter in inspect.signature(error.__init__).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            values[name] = examples.get(name, _example(str(parameter.annotation)))
    return error("What was found. What would be right.", **values)


def _example(annotation: str) -> object:
    if annotation.startswith("tuple"):
        return ("text/turtle",)
    if annotation.startswith(("int", "float")):
        return 5
    return "name"


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_an_error_is_a_sentence_with_details(error: type[errors.KgError]) -> None:
    example = made(error)
    assert "What was found. What would be right." in str(example)
    assert isinstance(example, errors.KgError)
    for name, value in example.details.items():
        assert name.isidentifier()
        assert isinstance(value, str | int | list)


def test_a_source_error_names_its_place() -> None:
    assert str(errors.SourceError("wrong", path="data/x.ttl", line=3, column=7)) == "data/x.ttl:3:7: wrong"
    assert str(errors.SourceError("wrong", path="data/x.ttl")) == "data/x.ttl: wrong"


def test_a_refused_import_lists_its_problems_first() -> None:
    error = errors.ImportRefused("Nothing was imported.", problems=("f:1: a", "f:2: b"))
    assert str(error).splitlines() == ["f:1: a", "f:2: b", "Nothing was imported."]
