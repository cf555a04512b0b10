"""Errors: one shape for machines, a page for browsers, text for who asks; nothing of our insides."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kggraph.config import Settings
from kggraph.errors import KgError, QueryHostUnavailable, TooBusy, TooManyRequests
from kggraph.store.client import QueryClient
from kggraph.store.protocol import QueryRequest
from kggraph.web import create_app
from kggraph.web.generations import Generations
from kggraph.web.problems import TYPE_BASE

PROVOKED = [
    ("GET", "/nowhere", 404, "not-found"),
    ("GET", "/doc/bridge/nothing", 404, "not-found"),
    ("POST", "/items", 405, "method-not-allowed"),
    ("GET", "/items?page=0", 400, "bad-parameter"),
    ("GET", "/items?page=999999999", 400, "bad-parameter"),
    ("GET", "/items?page=" + "9" * 5000, 400, "bad-parameter"),
    ("GET", "/items?page=-1", 400, "bad-parameter"),
    ("GET", "/items?page=%D9%A3", 400, "bad-parameter"),
    ("GET", "/items?form=nothing", 400, "bad-parameter"),
    ("GET", "/items?form=%3Cscript%3E", 400, "bad-parameter"),
    ("GET", "/items?sort=sideways", 400, "bad-parameter"),
    ("GET", "/designers?page=99", 400, "bad-parameter"),
    ("GET", "/queries/nothing", 404, "not-found"),
    ("GET", "/queries/longest?nothing=1", 400, "bad-parameter"),
    ("GET", "/sparql?query=SELEC", 400, "query-syntax"),
    ("GET", "/sparql?query=SELECT*{SERVICE<http://x/>{?s?p?o}}", 403, "query-refused"),
    ("GET", "/sparql?update=CLEAR+ALL", 403, "query-refused"),
    ("GET", "/sparql?query=ASK{}&query=ASK{}", 400, "bad-parameter"),
    ("GET", "/sparql?query=ASK{}&format=doc", 400, "bad-parameter"),
    ("GET", "/sparql?query=ASK{}&default-graph-uri=no+iri", 400, "bad-parameter"),
    ("POST", "/sparql", 415, "unsupported-media-type"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), PROVOKED)
def test_one_shape_for_machines(client: FlaskClient, method: str, path: str, status: int, code: str) -> None:
    for accept in (
        None,
        "*/*",
        "application/json",
        "application/problem+json",
        "image/png",
        "application/sparql-results+json",
    ):
        response = client.open(path, method=method, headers={} if accept is None else {"Accept": accept})
        assert response.status_code == status
        assert response.content_type == "application/problem+json"
        told = response.get_json(force=True)
        assert told["type"] == TYPE_BASE + code
        assert (told["status"], told["code"]) == (status, code)
        assert told["title"]
        assert told["detail"]
        assert told["instance"] == path.partition("?")[0]
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("method", "path", "status", "code"), PROVOKED)
def test_a_page_for_browsers(client: FlaskClient, method: str, path: str, status: int, code: str) -> None:
    for prefix, language in (("", "en"), ("/nl", "nl")):
        response = client.open(prefix + path, method=method, headers={"Accept": "text/html, */*;q=0.1"})
        assert response.status_code == status
        assert response.mimetype == "text/html"
        assert f'<html lang="{language}">' in response.text
        assert response.headers["Content-Language"] == language
        assert "<script>" not in response.text


def test_a_page_says_it_once(client: FlaskClient) -> None:
    """Where we have words for just this, the sentence for programs is left out; where not, it tells the matter."""
    page = client.get("/nl/items?page=0", headers={"Accept": "text/html"}).text
    assert "Deze bladzijde is er niet" in page and "The page must be" not in page
    page = client.get("/nl/sparql?query=ASK{}&format=doc", headers={"Accept": "text/html"}).text
    assert '<p class="muted" lang=' in page
    page = client.get("/void", headers={"Accept": "text/html"}).text
    assert page.partition("<main")[2].count("application/n-triples") == 1, "what there is stands in one list"


@pytest.mark.parametrize(("method", "path", "status", "code"), PROVOKED)
def test_text_for_who_asks(client: FlaskClient, method: str, path: str, status: int, code: str) -> None:
    response = client.open(path, method=method, headers={"Accept": "text/plain"})
    assert response.status_code == status
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.text.startswith(f"{status} ")


def test_allow_is_told(client: FlaskClient) -> None:
    response = client.post("/items")
    assert {"GET", "HEAD", "OPTIONS"} == set(response.headers["Allow"].split(", "))


def test_a_large_body_is_refused(client: FlaskClient, settings: Settings) -> None:
    body = b"x" * (settings.max_query_kb * 1024 * 4 + 1)
    for kind in ("application/sparql-query", "application/x-www-form-urlencoded"):
        response = client.post("/sparql", data=body, content_type=kind)
        assert response.status_code == 413
        assert response.get_json()["code"] == "request-too-large"


class Failing:
    """An engine that fails as it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def query(self, request: QueryRequest) -> NoReturn:
        raise self.error


def failing(settings: Settings, generations: Generations, error: Exception) -> FlaskClient:
    """A client of an application whose engine fails."""
    return create_app(settings, generations, Failing(error)).test_client()


def test_an_unknown_error_tells_nothing_but_its_number(
    settings: Settings, generations: Generations, caplog: pytest.LogCaptureFixture
) -> None:
    client = failing(settings, generations, RuntimeError("secret /etc/path"))
    with caplog.at_level(logging.ERROR, "kggraph.web"):
        response = client.get("/sparql?query=ASK{}")
        page = client.get("/nl/sparql?query=ASK{}", headers={"Accept": "text/html"})
    told = response.get_json(force=True)
    assert (response.status_code, told["code"]) == (500, "internal")
    assert told["incident"] in caplog.text
    assert page.status_code == 500
    for text in (response.text, page.text):
        assert "secret" not in text
        assert "Traceback" not in text


@pytest.mark.parametrize(
    ("error", "status", "wait"),
    [
        (TooBusy("All slots are taken.", retry_after_s=7), 503, "7"),
        (TooManyRequests("One after another.", retry_after_s=6), 429, "6"),
        (QueryHostUnavailable("No query host."), 503, "5"),
    ],
)
def test_when_to_come_back(
    settings: Settings, generations: Generations, error: KgError, status: int, wait: str
) -> None:
    client = failing(settings, generations, error)
    response = client.get("/sparql?query=ASK{}")
    assert (response.status_code, response.headers["Retry-After"]) == (status, wait)
    page = client.get("/sparql?query=ASK{}", headers={"Accept": "text/html"})
    assert page.status_code == status


def test_data_for_queries_that_are_still_read_are_not_ready(settings: Settings, tmp_path: Path) -> None:
    settings = replace(settings, store="embedded")
    client = create_app(settings, Generations(settings), QueryClient(tmp_path / "socket")).test_client()
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()["code"]) == (503, "query-host-unavailable")
    assert client.get("/doc/bridge/erasmusbrug.ttl").status_code == 200
    (tmp_path / "socket").touch()
    assert client.get("/readyz").status_code == 200


def test_no_generation_is_not_ready(tmp_path: object, settings: Settings) -> None:
    import dataclasses

    empty = dataclasses.replace(settings, root=Path(str(tmp_path)))
    app: Flask = create_app(empty, Generations(empty), Failing(QueryHostUnavailable("No query host.")))
    client = app.test_client()
    assert client.get("/livez").status_code == 200
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()["code"]) == (503, "generation-error")
    page = client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert str(tmp_path) not in page.text
