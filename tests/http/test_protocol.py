"""What every route does alike: the rules of DESIGN.md, section 5, over all addresses at once."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.http.addresses import ALL, ELSEWISE, FIXED, NEGOTIATED, REDIRECTS, TWINS

all_addresses = pytest.mark.parametrize("path", ALL)
everything = pytest.mark.parametrize("path", (*ALL, *REDIRECTS, "/nowhere", "/nl/nowhere", "/items?page=99"))


def without_noise(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Headers by lower-case name, without the one that no two answers share."""
    return {name.lower(): value for name, value in headers if name != "X-Request-Id"}


def test_every_route_is_tested(app: Flask) -> None:
    matched = {
        app.url_map.bind("").match(path.partition("?")[0], return_rule=True)[0].rule
        for path in (*ALL, *REDIRECTS, *ELSEWISE)
    }
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    alike = {rule.replace("/nl/", "/") for rule in matched} | {"/"}
    assert {rule for rule in rules if rule not in matched and rule.replace("/nl/", "/") not in alike} == set()


@all_addresses
def test_answers(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_length == len(response.data)
    assert response.headers["Cache-Control"]


@everything
def test_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    for part in ("object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]


@everything
def test_cors_without_credentials(client: FlaskClient, path: str) -> None:
    headers = client.get(path, headers={"Origin": "https://elsewhere.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    exposed = {name.strip() for name in headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed >= {"Link", "ETag", "Content-Location", "Retry-After"}


@everything
def test_nothing_is_set_that_follows_a_reader(client: FlaskClient, path: str) -> None:
    assert "Set-Cookie" not in client.get(path).headers


@pytest.mark.parametrize("path", (*NEGOTIATED, *REDIRECTS, "/nowhere", "/doc/bridge/erasmusbrug.pdf"))
def test_vary_on_what_is_negotiated(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    varied = {name.strip() for name in response.headers["Vary"].split(",")}
    assert varied - {"Accept-Profile"} == {"Accept", "Accept-Language"}


@pytest.mark.parametrize("path", NEGOTIATED)
def test_vary_on_304_and_406(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    refused = client.get(path, headers={"Accept": "image/png"})
    if path.partition("?")[0].endswith("/sparql"):
        assert refused.status_code == 400  # without a query there is nothing to send to a machine
    else:
        assert refused.status_code == 406
    assert first.headers["Vary"] == again.headers["Vary"]
    assert refused.headers["Vary"] == "Accept, Accept-Language"


@pytest.mark.parametrize("path", (*TWINS, *FIXED))
def test_no_vary_where_nothing_is_negotiated(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    picky = client.get(path, headers={"Accept": "image/png", "Accept-Language": "fr"})
    assert "Vary" not in plain.headers
    assert (picky.status_code, picky.data, picky.content_type) == (200, plain.data, plain.content_type)


@all_addresses
def test_strong_etag_and_304(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    etag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]+"', etag)
    assert client.get(path).headers["ETag"] == etag
    for sent in (etag, f"W/{etag}", "*", f'"other", {etag}'):
        again = client.get(path, headers={"If-None-Match": sent})
        assert (again.status_code, again.data) == (304, b"")
        for name in ("ETag", "Cache-Control", "Content-Location", "Vary"):
            assert again.headers.get(name) == first.headers.get(name)
        assert "Content-Type" not in again.headers
        assert "Content-Length" not in again.headers
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_etags_differ_by_representation_and_language(client: FlaskClient) -> None:
    paths = [path for path in TWINS if path.startswith("/doc/bridge/")] + ["/nl/doc/bridge/erasmusbrug"]
    etags = [client.get(path, headers={"Accept": "text/html"}).headers["ETag"] for path in paths]
    assert len(set(etags)) == len(etags)


@pytest.mark.parametrize("path", (*ALL, *REDIRECTS, "/nowhere"))
def test_head_is_get_without_a_body(client: FlaskClient, path: str) -> None:
    for headers in ({}, {"Accept": "text/html"}, {"If-None-Match": "*"}):
        got, head = client.get(path, headers=headers), client.head(path, headers=headers)
        assert head.data == b""
        assert head.status_code == got.status_code
        assert without_noise(list(head.headers)) == without_noise(list(got.headers))


@all_addresses
def test_options_and_preflight(client: FlaskClient, path: str) -> None:
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "accept",
    }
    for headers in ({}, asked):
        response = client.options(path, headers=headers)
        assert response.status_code == 200
        assert {"GET", "HEAD", "OPTIONS"} <= set(response.headers["Allow"].split(", "))
        assert "GET" in response.headers["Access-Control-Allow-Methods"]
        assert "Accept" in response.headers["Access-Control-Allow-Headers"]
        assert int(response.headers["Access-Control-Max-Age"]) > 0
        assert response.data == b""


@all_addresses
def test_other_methods_are_refused(client: FlaskClient, path: str) -> None:
    for method in ("PUT", "DELETE", "PATCH", "FOO"):
        response = client.open(path, method=method)
        assert response.status_code == 405
        assert response.content_type == "application/problem+json"
        assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize("path", (*NEGOTIATED, *TWINS))
def test_content_location_gives_the_same_bytes(client: FlaskClient, path: str) -> None:
    for accept in ("text/html", "text/turtle", "*/*"):
        response = client.get(path, headers={"Accept": accept})
        if response.status_code == 200:
            there = client.get(response.headers["Content-Location"], headers={"Accept": accept})
            assert (there.data, there.headers["ETag"]) == (response.data, response.headers["ETag"])


@all_addresses
def test_host_header_never_makes_an_address(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert b"evil.example" not in response.data
    assert "evil.example" not in str(response.headers)


def test_a_cached_answer_equals_the_first(app: Flask) -> None:
    client = app.test_client()
    for path in ALL:
        first, second = client.get(path), client.get(path)
        assert first.data == second.data
        assert without_noise(list(first.headers)) == without_noise(list(second.headers))
