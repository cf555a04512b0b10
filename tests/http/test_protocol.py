"""What every route does alike: one test over all routes, rule by rule (DESIGN.md, section 5)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.http.accepts import ACCEPTS, BROWSER, expected
from tests.http.addresses import ALL, ELSEWISE, NEGOTIATED, REDIRECTS, RESULTS, TWINS

ERRORS = (
    "/nowhere",
    "/nl/nowhere",
    "/doc/bridge/nothing",
    "/doc/bridge/erasmusbrug.pdf",
    "/items?page=99",
    "/id/none/x",
)
EVERY = (*ALL, *REDIRECTS, *ELSEWISE, *ERRORS)
BASE = "https://example.org/bridges"
LINK = re.compile(r'<([^<>"\s]+)>((?:; [a-z]+="[^"<>]*")+)')


@dataclass
class Asked:
    """An address, and a client to ask for it."""

    client: FlaskClient
    path: str
    told: dict[str, Any]
    """What `/openapi.json` says of it."""

    def get(self, **headers: str) -> TestResponse:
        return self.open("GET", {name.replace("_", "-"): value for name, value in headers.items()})

    def open(self, method: str, headers: Mapping[str, str] = {}) -> TestResponse:
        return self.client.open(self.path, method=method, headers=dict(headers), buffered=True)

    @property
    def is_content(self) -> bool:
        """Whether it answers 200 with the same bytes each time."""
        return self.path in ALL and not self.is_either

    @property
    def is_chosen(self) -> bool:
        """Whether `Accept` chooses among formats."""
        return self.path in (*NEGOTIATED, *RESULTS)

    @property
    def is_either(self) -> bool:
        """Whether a browser is sent to a page for people, and a program gets the result itself."""
        return self.path.startswith("/api/queries/")

    @property
    def is_sparql(self) -> bool:
        """Whether it is the endpoint: without a query there is a page, or the service description."""
        return self.path.removeprefix("/nl") == "/sparql"

    @property
    def language(self) -> str:
        """The language that the path names."""
        return "nl" if self.path.startswith("/nl") else "en"


# ------------------------------------------------------------------ the rules
def negotiation(asked: Asked) -> None:
    """Sixty Accept headers: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1."""
    if not asked.is_content:
        return
    plain = asked.get()
    if not asked.is_chosen:
        for accept, _ in ACCEPTS[::7]:
            picky = asked.get(Accept=accept or "", Accept_Language="fr")
            assert (picky.status_code, picky.data, picky.content_type) == (200, plain.data, plain.content_type)
        return
    refused = asked.get(Accept="image/png")
    assert refused.status_code == (400 if asked.is_sparql else 406)
    if asked.is_sparql:
        offers = ["text/html", "text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"]
    else:
        offers = refused.get_json()["available"]
        assert set(offers) <= set(asked.told["get"]["responses"]["200"]["content"])
    for accept, _ in ACCEPTS:
        answer = asked.open("GET", {} if accept is None else {"Accept": accept})
        wanted = expected(accept, offers)
        if wanted is None:
            assert answer.status_code == refused.status_code, accept
        else:
            assert (answer.status_code, answer.mimetype) == (200, wanted), accept


def vary(asked: Asked) -> None:
    """https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5: on all that is negotiated, 304 and 406 too."""
    answer = asked.get()
    if asked.is_chosen or asked.path in REDIRECTS or answer.status_code == 404:
        varied = {name.strip() for name in answer.headers["Vary"].split(",")}
        assert varied - {"Accept-Profile"} == {"Accept", "Accept-Language"}
        again, refused = asked.get(If_None_Match="*"), asked.get(Accept="image/png")
        assert again.headers["Vary"] == answer.headers["Vary"]
        assert asked.path in REDIRECTS or refused.headers["Vary"] == "Accept, Accept-Language"
    elif asked.path not in ERRORS:
        assert "Vary" not in answer.headers


def entity_tags(asked: Asked) -> None:
    """Strong, one for each representation, and 304: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2."""
    if not asked.is_content:
        return
    first = asked.get()
    etag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]+"', etag)
    assert asked.get().headers["ETag"] == etag
    for sent in (etag, f"W/{etag}", "*", f'"other", {etag}'):
        again = asked.get(If_None_Match=sent)
        assert (again.status_code, again.data) == (304, b"")
        for name in ("ETag", "Cache-Control", "Content-Location", "Vary"):
            assert again.headers.get(name) == first.headers.get(name)
        assert "Content-Type" not in again.headers
        assert "Content-Length" not in again.headers
    assert asked.get(If_None_Match='"other"').status_code == 200
    if asked.is_chosen:
        forms = {
            answer.mimetype: answer.headers["ETag"]
            for accept in ("text/html", "text/turtle", "text/csv")
            if (answer := asked.get(Accept=accept)).status_code == 200
        }
        assert len(set(forms.values())) == len(forms)


def head(asked: Asked) -> None:
    """HEAD is GET without a body: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2."""
    if asked.path in ELSEWISE:
        return
    asked.get()  # how long something took is told, and is not the same a second time
    for headers in ({}, {"Accept": "text/html"}, {"Accept": "image/png"}, {"If-None-Match": "*"}):
        got, only = asked.open("GET", headers), asked.open("HEAD", headers)
        assert only.data == b""
        assert only.status_code == got.status_code
        assert without_noise(only) == without_noise(got)


def links(asked: Asked) -> None:
    """The Link header (RFC 8288): well-formed, to what is there, and of each page its one address and its licence."""
    answer = asked.get(Accept="text/html, */*;q=0.1")
    header = answer.headers.get("Link", "")
    found = [(target, dict(re.findall(r'([a-z]+)="([^"]*)"', rest))) for target, rest in LINK.findall(header)]
    assert ", ".join(f"<{target}>" for target, _ in found).count("<") == header.count("<")
    assert all("rel" in more for _, more in found)
    by_rel = {rel: [(t, m) for t, m in found if m["rel"] == rel] for rel in {m["rel"] for _, m in found}}
    if answer.status_code == 200 and (asked.path in NEGOTIATED or asked.path in TWINS):
        ((canonical, _),) = by_rel["canonical"]
        assert canonical.startswith(BASE)
        there = asked.client.get(canonical.removeprefix(BASE) or "/", headers={"Accept": answer.mimetype})
        assert there.status_code == 200 and there.mimetype == answer.mimetype
        assert by_rel["license"]
    for target, more in by_rel.get("alternate", []) + by_rel.get("describedby", []):
        other = asked.client.get(target.removeprefix(BASE))
        assert other.status_code == 200 and more.get("type") in (other.mimetype, None), target
    if asked.path in TWINS:
        assert by_rel["alternate"], "a twin names the others"
    if answer.status_code == 406:
        assert by_rel["alternate"]


def cross_origin(asked: Asked) -> None:
    """CORS for all without credentials: https://fetch.spec.whatwg.org/#http-cors-protocol."""
    origin = {"Origin": "https://elsewhere.example"}
    headers = asked.get(**origin).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    exposed = {name.strip() for name in headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed >= {"Link", "ETag", "Content-Location", "Retry-After"}
    assert "Set-Cookie" not in headers


def preflight(asked: Asked) -> None:
    """OPTIONS with and without a question of a browser: https://fetch.spec.whatwg.org/#cors-preflight-fetch."""
    if asked.path in ERRORS and asked.get().status_code == 404:
        return
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for headers in ({}, {**origin, "Access-Control-Request-Headers": "accept, accept-profile"}):
        answer = asked.open("OPTIONS", headers)
        assert (answer.status_code, answer.data) == (200, b"")
        assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
        assert "GET" in answer.headers["Access-Control-Allow-Methods"]
        allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
        assert {"accept", "accept-language", "accept-profile", "content-type", "if-none-match"} <= allowed
        assert int(answer.headers["Access-Control-Max-Age"]) > 0


def caching(asked: Asked) -> None:
    """Each answer says how long it may be kept, and errors never are."""
    answer = asked.get()
    told = answer.headers["Cache-Control"]
    if answer.status_code >= 400 or asked.path in ("/livez", "/readyz", "/version", "/metrics"):
        assert told == "no-store"
    elif "?v=" in asked.path:
        assert told == "public, max-age=31536000, immutable"
    else:
        assert told in ("public, max-age=60, stale-while-revalidate=600", "public, no-cache")


def language(asked: Asked) -> None:
    """The path names the language; only where it names none and there is a choice, Accept-Language has a say."""
    for wish in ("en", "nl", "fr, nl;q=0.5", "*", ";;"):
        answer = asked.get(Accept=BROWSER, Accept_Language=wish)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            assert answer.headers["Content-Language"] == asked.language
            assert f'<html lang="{asked.language}"' in answer.text
        elif answer.status_code == 200:
            assert answer.headers.get("Content-Language", asked.language) == asked.language
        elif asked.path.startswith("/id/bridge"):
            assert answer.headers["Location"].startswith("/nl/") == ("nl" in wish)


def same_bytes(asked: Asked) -> None:
    """Content-Location is where this representation is; a kept answer equals the first; the body has its length."""
    if not asked.is_content:
        return
    for accept in ("text/html", "text/turtle", "*/*"):
        answer = asked.get(Accept=accept)
        if answer.status_code != 200:
            continue
        assert answer.content_length == len(answer.data)
        if "Content-Location" in answer.headers:
            there = asked.client.get(answer.headers["Content-Location"], headers={"Accept": accept})
            assert (there.data, there.headers["ETag"]) == (answer.data, answer.headers["ETag"])
        again = asked.get(Accept=accept)
        assert again.data == answer.data and without_noise(again) == without_noise(answer)


def security(asked: Asked) -> None:
    """No script of others, no frame, no guessing of types."""
    headers = asked.get().headers
    policy = headers["Content-Security-Policy"]
    framed = "*" if asked.path.startswith("/reconcile/preview") else "'none'"
    parts = ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'")
    assert all(part in policy for part in (*parts, f"frame-ancestors {framed}"))
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]


def host(asked: Asked) -> None:
    """Addresses are made from the configured base, never from what the client says that the host is."""
    answer = asked.get(Host="evil.example", X_Forwarded_Host="evil.example")
    assert b"evil.example" not in answer.data and "evil.example" not in str(answer.headers)


def methods(asked: Asked) -> None:
    """Other methods are refused with the ones that there are: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6."""
    if asked.path in ERRORS and asked.get().status_code == 404:
        return
    for method in ("PUT", "DELETE", "PATCH", "FOO"):
        answer = asked.open(method)
        assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
        assert "GET" in answer.headers["Allow"]


def bodies_of_errors(asked: Asked) -> None:
    """404, 406 and redirects say what they are: RFC 9457 to programs, a page to browsers, text to who asks for it."""
    ways = {"*/*": "application/problem+json", BROWSER: "text/html", "text/plain": "text/plain"}
    if asked.path in REDIRECTS:
        answer = asked.get()
        assert answer.status_code in (301, 302, 303) and answer.text == f"See {answer.headers['Location']}\n"
    elif asked.path in ERRORS:
        for accept, kind in ways.items():
            answer = asked.get(Accept=accept)
            assert answer.status_code in (404, 400) and answer.mimetype == kind
            says(answer, answer.status_code)
    elif asked.is_chosen and not asked.is_sparql and not asked.is_either:
        refused = asked.get(Accept="image/png")
        assert says(refused, 406)["available"]
        page = asked.get(Accept="text/html;q=0, application/problem+json, image/png")
        assert page.status_code == 406


RULES: tuple[Callable[[Asked], None], ...] = (
    negotiation,
    vary,
    entity_tags,
    head,
    links,
    cross_origin,
    preflight,
    caching,
    language,
    same_bytes,
    security,
    host,
    methods,
    bodies_of_errors,
)


# ------------------------------------------------------------------ over all routes
@pytest.fixture(scope="module")
def described(app: Flask) -> dict[str, Any]:
    """The paths of `/openapi.json`, by the rule of the route that answers each."""
    told = app.test_client().get("/openapi.json").get_json(force=True)
    found: dict[str, Any] = told["paths"]
    return found


def test_every_route_is_in_the_list(app: Flask) -> None:
    matched = {
        app.url_map.bind("").match(path.partition("?")[0], return_rule=True)[0].rule
        for path in (*ALL, *REDIRECTS, *ELSEWISE)
    }
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    alike = {rule.replace("/nl/", "/") for rule in matched} | {"/"}
    assert {rule for rule in rules if rule not in matched and rule.replace("/nl/", "/") not in alike} == set()
    assert len(ACCEPTS) >= 60


def test_the_table_of_headers_is_right() -> None:
    """What the rule of the RFC, written once more, gives for a document is what was written by hand."""
    offers = ["text/html", "text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"]
    offers += ["application/trig", "text/markdown", "text/csv", "application/x-research-info-systems"]
    offers += ["application/x-bibtex", "application/vnd.citationstyles.csl+json"]
    assert [(header, expected(header, offers)) for header, _ in ACCEPTS] == ACCEPTS


@pytest.mark.parametrize("path", EVERY)
def test_every_route_has_good_manners(client: FlaskClient, described: dict[str, Any], path: str) -> None:
    asked = Asked(client, path, promise(described, path))
    for rule in RULES:
        rule(asked)


def promise(described: dict[str, Any], path: str) -> dict[str, Any]:
    """What is promised of an address; of those that are not there nothing."""
    plain = path.partition("?")[0].removeprefix("/nl") or "/"
    for template, item in described.items():
        names = re.findall(r"{(\w+)}", template)
        schemas = {
            one["name"]: one["schema"] for one in item.get("get", {}).get("parameters", ()) if one["in"] == "path"
        }
        pattern = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
        for name in names:
            values = schemas[name].get("enum")
            some = "|".join(map(re.escape, map(str, values))) if values else "[^/.]+"
            pattern = pattern.replace(f"{{{name}}}", f"(?:{some})")
        if re.fullmatch(pattern, plain):
            found: dict[str, Any] = item
            return found
    return {}


def says(answer: TestResponse, status: int) -> dict[str, Any]:
    """What an error says, which is the same in each form."""
    assert answer.status_code == status
    if answer.mimetype == "application/problem+json":
        told: dict[str, Any] = json.loads(answer.data)
        assert told["status"] == status and told["title"] and told["detail"] and told["type"]
        return told
    assert str(status) in answer.text
    return {}


def without_noise(answer: TestResponse) -> dict[str, str]:
    """Headers by lower-case name, without the one that no two answers share."""
    return {name.lower(): value for name, value in answer.headers if name != "X-Request-Id"}


def test_etags_differ_by_representation_and_language(client: FlaskClient) -> None:
    paths = [path for path in TWINS if path.startswith("/doc/bridge/")] + ["/nl/doc/bridge/erasmusbrug"]
    etags = [client.get(path, headers={"Accept": "text/html"}).headers["ETag"] for path in paths]
    assert len(set(etags)) == len(etags)
