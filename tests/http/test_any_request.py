"""Whatever a client sends, the answer is never ours to be ashamed of: no 500, and always in one of the known forms."""

from __future__ import annotations

from urllib.parse import quote

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
anything = st.text(max_size=40)
header = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=120)
KINDS = {"text/html", "text/plain", "application/problem+json"}


@quick
@given(first=st.sampled_from(["id", "doc", "static", "def", "nl", "items", "queries", "x"]), rest=anything)
def test_any_path(client: FlaskClient, first: str, rest: str) -> None:
    response = client.get(f"/{first}/{quote(rest)}", headers={"Accept": "text/html"})
    assert response.status_code in (200, 301, 303, 308, 404, 406)
    if response.status_code == 404:
        assert response.mimetype in KINDS


KEYS = ("form", "opened", "opened-from", "opened-to", "designer", "q", "sort", "page", "other")


@quick
@given(key=st.sampled_from(KEYS), value=anything)
def test_any_parameter(client: FlaskClient, key: str, value: str) -> None:
    for path in ("/items", "/nl/designers"):
        response = client.get(path, query_string={key: value}, headers={"Accept": "text/html"})
        if response.status_code == 301:  # to the one address of this choice, which leads nowhere else
            response = client.get(response.headers["Location"], headers={"Accept": "text/html"})
            assert response.status_code == 200
        assert response.status_code in (200, 400)


@quick
@given(accept=header, language=header, etag=header)
def test_any_header(client: FlaskClient, accept: str, language: str, etag: str) -> None:
    headers = {"Accept": accept, "Accept-Language": language, "If-None-Match": etag}
    for path in ("/doc/form/arch", "/id/form/arch", "/items", "/nowhere"):
        assert client.get(path, headers=headers).status_code in (200, 303, 304, 404, 406)


@quick
@given(query=st.text(max_size=60), accept=st.sampled_from(["text/html", "*/*", "text/csv"]))
def test_any_query(client: FlaskClient, query: str, accept: str) -> None:
    body = query.encode("utf-8", "surrogatepass")
    for response in (
        client.get("/sparql", query_string={"query": query}, headers={"Accept": accept}),
        client.post("/sparql", data=body, content_type="application/sparql-query", headers={"Accept": accept}),
    ):
        assert response.status_code in (200, 400, 403, 406)
