"""Example queries for who reads of a class, a property or a concept scheme: links into the endpoint, to go on from.

The questions are files in `queries/`; what they are about is bound as a term in place of `UNDEF`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from pyoxigraph import NamedNode

OF_CLASS = "things-of-class"
OF_PROPERTY = "values-of-property"
OF_SCHEME = "concepts-in-use"


def example(name: str, iri: str, prefix: str) -> str:
    """Address of the endpoint's page with an example query about something.

    :param prefix: what stands before the paths of the language.
    :raises ValueError: that is no IRI.
    """
    text = question(name).replace("{ UNDEF }", f"{{ {NamedNode(iri)} }}")
    return f"{prefix}/sparql?{urlencode({'query': text})}"


@cache
def question(name: str) -> str:
    """The text of a question of the pages."""
    return (files("kggraph.web") / "queries" / f"{name}.rq").read_text("utf-8")
