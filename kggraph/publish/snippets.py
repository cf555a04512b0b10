"""Code to copy that runs a query from somewhere else: Python (SPARQLWrapper, rdflib, pandas), R and curl.

The query is put in as the language quotes text, so that any query, whatever quotes or backslashes it holds, arrives as
it was written. The tests run the Python and curl ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

Form = Literal["solutions", "boolean", "graph"]
"""What the query gives: solutions (SELECT), a boolean (ASK) or a graph (CONSTRUCT, DESCRIBE)."""

NAMES: Final = {
    "python-sparqlwrapper": "Python: SPARQLWrapper",
    "python-rdflib": "Python: rdflib",
    "python-pandas": "Python: pandas",
    "r": "R",
    "curl": "curl",
}
"""The kinds of code, in the order in which they are shown."""

SYNTAX: Final = {name: name.partition("-")[0] for name in NAMES} | {"curl": "bash"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code that runs one query against one endpoint."""

    name: str
    title: str
    syntax: str
    """The programming language: `python`, `r` or `bash`."""
    code: str


def snippets(endpoint: str, query: str, form: Form) -> tuple[Snippet, ...]:
    """Code in each of the languages.

    :param endpoint: absolute URL of the endpoint, as published.
    :param query: the query as it was run.

    >>> [each.name for each in snippets("https://example.org/sparql", "ASK {}", "boolean")][-1]
    'curl'
    """
    text = query.replace("\r\n", "\n")
    return tuple(
        Snippet(name, title, SYNTAX[name], _WRITERS[name](endpoint, text, form)) for name, title in NAMES.items()
    )


# ------------------------------------------------------------------ quoting
def python_text(text: str) -> str:
    r'''A Python expression for a text: in triple quotes where that is plain to read, else escaped line by line.

    >>> print(python_text('a "b"'))
    """
    a "b"
    """
    '''
    if '"""' not in text and "\\" not in text and all(char.isprintable() or char in "\n\t" for char in text):
        return f'"""\n{text.strip(chr(10))}\n"""'
    lines = [json.dumps(line) for line in text.splitlines(keepends=True)] or ['""']
    return "(\n" + "\n".join(f"    {_surrogates_joined(line)}" for line in lines) + "\n)"


def r_text(text: str) -> str:
    """An R (4.0 or later) raw string, with as many dashes as keep the text from ending it.

    >>> r_text("ASK {}")
    'r"(\\nASK {}\\n)"'
    """
    dashes = ""
    while f'){dashes}"' in text:
        dashes += "-"
    return f'r"{dashes}(\n{text.strip(chr(10))}\n){dashes}"'


def shell_document(text: str) -> tuple[str, str]:
    """A word that is no line of the text, and the lines of a shell here-document that ends with it.

    >>> shell_document("ASK {}")
    ('SPARQL', 'ASK {}\\nSPARQL\\n')
    """
    word = "SPARQL"
    lines = set(text.split("\n"))
    while word in lines:
        word += "_"
    return word, f"{text.strip(chr(10))}\n{word}\n"


def _surrogates_joined(line: str) -> str:
    """`json.dumps` writes what is beyond the BMP as two escapes, which Python does not join: one `\\U` instead."""

    def joined(match: re.Match[str]) -> str:
        high, low = int(match[1], 16), int(match[2], 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"

    return re.sub(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", joined, line)


# ------------------------------------------------------------------ the languages
_SPARQLWRAPPER: Final = {
    "solutions": """\
from SPARQLWrapper import JSON, SPARQLWrapper

endpoint = SPARQLWrapper({endpoint})
endpoint.setQuery({query})
endpoint.setReturnFormat(JSON)
for row in endpoint.queryAndConvert()["results"]["bindings"]:
    print({{name: term["value"] for name, term in row.items()}})
""",
    "boolean": """\
from SPARQLWrapper import JSON, SPARQLWrapper

endpoint = SPARQLWrapper({endpoint})
endpoint.setQuery({query})
endpoint.setReturnFormat(JSON)
print(endpoint.queryAndConvert()["boolean"])
""",
    "graph": """\
from SPARQLWrapper import TURTLE, SPARQLWrapper

endpoint = SPARQLWrapper({endpoint})
endpoint.setQuery({query})
endpoint.setReturnFormat(TURTLE)
print(endpoint.queryAndConvert().decode())
""",
}

_RDFLIB: Final = {
    "solutions": """\
from rdflib import Graph
from rdflib.plugins.stores.sparqlstore import SPARQLStore

graph = Graph(SPARQLStore({endpoint}, returnFormat="json"))
for row in graph.query({query}):
    print(row.asdict())
""",
    "boolean": """\
from rdflib import Graph
from rdflib.plugins.stores.sparqlstore import SPARQLStore

graph = Graph(SPARQLStore({endpoint}, returnFormat="json"))
print(graph.query({query}).askAnswer)
""",
    "graph": """\
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from rdflib import Graph

body = urlencode({{"query": {query}}}).encode()
request = Request({endpoint}, body, {{"Accept": "text/turtle"}})
with urlopen(request) as answer:
    graph = Graph().parse(answer, format="turtle")
print(graph.serialize())
""",
}

_PANDAS_HEAD: Final = """\
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pandas

body = urlencode({{"query": {query}}}).encode()
"""
_PANDAS: Final = {
    "solutions": _PANDAS_HEAD
    + """\
request = Request({endpoint}, body, {{"Accept": "text/csv"}})
with urlopen(request) as answer:
    table = pandas.read_csv(answer)
print(table)
""",
    "boolean": _PANDAS_HEAD
    + """\
request = Request({endpoint}, body, {{"Accept": "application/sparql-results+json"}})
with urlopen(request) as answer:
    table = pandas.read_json(answer, typ="series")
print(table["boolean"])
""",
    "graph": _PANDAS_HEAD.replace("import pandas\n", "import pandas\nfrom rdflib import Graph\n")
    + """\
request = Request({endpoint}, body, {{"Accept": "text/turtle"}})
with urlopen(request) as answer:
    graph = Graph().parse(answer, format="turtle")
table = pandas.DataFrame(graph, columns=["subject", "predicate", "object"])
print(table)
""",
}

_R_HEAD: Final = """\
endpoint <- {endpoint}
query <- {query}
address <- paste0(endpoint, "?query=", URLencode(query, reserved = TRUE))
"""
_R: Final = {
    "solutions": _R_HEAD
    + """\
table <- read.csv(url(address, headers = c(Accept = "text/csv")), encoding = "UTF-8")
print(table)
""",
    "boolean": _R_HEAD
    + """\
answer <- readLines(url(address, headers = c(Accept = "application/sparql-results+json")), warn = FALSE)
print(any(grepl('"boolean" *: *true', answer)))
""",
    "graph": _R_HEAD
    + """\
triples <- readLines(url(address, headers = c(Accept = "application/n-triples")), encoding = "UTF-8", warn = FALSE)
print(triples)
""",
}

_ACCEPT: Final = {"solutions": "text/csv", "boolean": "application/sparql-results+json", "graph": "text/turtle"}


def _python(templates: dict[str, str]) -> Callable[[str, str, Form], str]:
    return lambda endpoint, query, form: templates[form].format(endpoint=json.dumps(endpoint), query=python_text(query))


def _r(endpoint: str, query: str, form: Form) -> str:
    return _R[form].format(endpoint=json.dumps(endpoint), query=r_text(query))


def _curl(endpoint: str, query: str, form: Form) -> str:
    word, document = shell_document(query)
    address = "'" + endpoint.replace("'", "'\\''") + "'"
    return (
        f"curl --silent --show-error --fail-with-body {address} \\\n"
        f"  --header 'Accept: {_ACCEPT[form]}' \\\n"
        f"  --data-urlencode query@- <<'{word}'\n{document}"
    )


_WRITERS: Final[dict[str, Callable[[str, str, Form], str]]] = {
    "python-sparqlwrapper": _python(_SPARQLWRAPPER),
    "python-rdflib": _python(_RDFLIB),
    "python-pandas": _python(_PANDAS),
    "r": _r,
    "curl": _curl,
}
