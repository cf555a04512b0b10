"""Code to copy: any query arrives as it was written. Running it against a server is in tests/live."""

from __future__ import annotations

import ast
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kggraph.publish.snippets import NAMES, Form, python_text, r_text, shell_document, snippets

ENDPOINT = "https://example.org/sparql"
QUERIES = (
    "SELECT * WHERE { ?s ?p ?o }",
    'ASK { ?s ?p "quote \\" and \\\\ back" }',
    "ASK { ?s ?p '''three''' , \"\"\"more\"\"\" }",
    "SELECT ?x\nWHERE {\n  ?x ?y 'é 漢 \U0001f600'\n}\n",
    "# a line\nSPARQL\nSPARQL_\nASK {}",
    'ASK { ?s ?p ")-" }',
    "ASK { ?s ?p '{braces} %s $HOME `id`' }",
)


@pytest.mark.parametrize("form", ["solutions", "boolean", "graph"])
@pytest.mark.parametrize("query", QUERIES)
def test_python_code_is_python_and_holds_the_query(query: str, form: Form) -> None:
    for snippet in snippets(ENDPOINT, query, form):
        if snippet.syntax == "python":
            constants = [node.value for node in ast.walk(ast.parse(snippet.code)) if isinstance(node, ast.Constant)]
            assert any(isinstance(value, str) and value.strip() == query.strip() for value in constants), snippet.code
            assert ENDPOINT in constants


def test_all_kinds_in_order() -> None:
    assert [snippet.name for snippet in snippets(ENDPOINT, "ASK {}", "boolean")] == list(NAMES)
    assert all(snippet.title and snippet.code.endswith("\n") for snippet in snippets(ENDPOINT, "ASK {}", "boolean"))


@given(st.text())
def test_any_text_is_one_python_expression(text: str) -> None:
    value = ast.literal_eval(python_text(text))
    assert value.strip("\n") == text.strip("\n")


@given(st.text(alphabet='ab)"-\n'))
def test_an_r_raw_string_ends_where_it_should(text: str) -> None:
    written = r_text(text)
    dashes = written[2 : written.index("(")]
    assert written.index(f'){dashes}"') == len(written) - len(dashes) - 2


@pytest.mark.parametrize("query", QUERIES)
def test_a_shell_document_is_the_text(query: str) -> None:
    word, document = shell_document(query)
    ran = subprocess.run(["bash", "-c", f"cat <<'{word}'\n{document}"], capture_output=True, check=True)
    assert ran.stdout.decode() == query.strip("\n") + "\n"


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed; its code is checked where it is")
@pytest.mark.parametrize("query", QUERIES)
def test_r_reads_the_query(query: str) -> None:
    ran = subprocess.run(["Rscript", "-e", f"cat({r_text(query)})"], capture_output=True, check=True)
    assert ran.stdout.decode().strip() == query.strip()
