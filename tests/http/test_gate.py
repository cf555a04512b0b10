"""What every request passes: rates with their headers, names of requests, the metrics, and a log without persons."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kggraph.config import Settings
from kggraph.errors import ConfigError
from kggraph.store.protocol import QueryEngine
from kggraph.web import create_app
from kggraph.web.generations import Generations
from kggraph.web.logs import JsonLines
from kggraph.web.visitors import Visitors, kind_of

VISITOR = "192.0.2.77"
FROM_OUTSIDE = {"REMOTE_ADDR": VISITOR}


def served(settings: Settings, generations: Generations, engine: QueryEngine, **changed: object) -> FlaskClient:
    """A client of an application with other settings."""
    app: Flask = create_app(dataclasses.replace(settings, **changed), generations, engine)
    return app.test_client(use_cookies=False)


@pytest.mark.parametrize(
    ("path", "key"),
    [("/about", "pages"), ("/items?sort=title", "search"), ("/sparql?query=ASK{}", "sparql"), ("/oai", "exports")],
)
def test_each_kind_has_a_rate_of_its_own(
    settings: Settings, generations: Generations, engine: QueryEngine, path: str, key: str
) -> None:
    client = served(settings, generations, engine, **{f"rate_{key}": "2/hour"})
    answers = [client.get(path, environ_base=FROM_OUTSIDE) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert [re.match(rf'"{key}";r=(\d+);t=\d+\Z', answer.headers["RateLimit"])[1] for answer in answers] == [
        "1",
        "0",
        "0",
    ]  # type: ignore[index]
    refused = answers[-1]
    assert refused.headers["RateLimit-Policy"] == f'"{key}";q=2;w=3600'
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert refused.get_json()["code"] == "rate-limited"
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    page = client.get(f"/nl{path}", headers={"Accept": "text/html"}, environ_base=FROM_OUTSIDE)
    assert page.status_code == 429 or key == "exports"
    assert "U vraagt te snel" in page.text or key == "exports"
    assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.78"}).status_code != 429
    assert client.get("/livez", environ_base=FROM_OUTSIDE).status_code == 200


def test_this_machine_is_not_counted_and_kept_answers_are(
    settings: Settings, generations: Generations, engine: QueryEngine
) -> None:
    client = served(settings, generations, engine, rate_pages="1/hour")
    here = [client.get("/about") for _ in range(3)]
    assert [answer.status_code for answer in here] == [200, 200, 200]
    assert "RateLimit" not in here[0].headers
    assert [client.get("/about", environ_base=FROM_OUTSIDE).status_code for _ in range(2)] == [200, 429]


def test_a_household_of_addresses_is_one_client(
    settings: Settings, generations: Generations, engine: QueryEngine
) -> None:
    client = served(settings, generations, engine, rate_pages="1/hour")
    statuses = [client.get("/about", environ_base={"REMOTE_ADDR": f"2001:db8::{n}"}).status_code for n in (1, 2)]
    assert statuses == [200, 429]


@pytest.mark.parametrize(
    ("trusted", "near", "forwarded", "address"),
    [
        ((), "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (("192.0.2.0/24",), "192.0.2.1", "203.0.113.9", "203.0.113.9"),
        (("192.0.2.0/24",), "192.0.2.1", "10.9.9.9, 203.0.113.9, 192.0.2.2", "203.0.113.9"),
        (("192.0.2.0/24",), "198.51.100.1", "203.0.113.9", "198.51.100.1"),
        (("192.0.2.0/24",), "192.0.2.1", "127.0.0.1, nonsense", "192.0.2.1"),
        (("127.0.0.1", "::1"), "::1", "2001:db8::5", "2001:db8::5"),
    ],
)
def test_only_named_proxies_are_believed(trusted: tuple[str, ...], near: str, forwarded: str, address: str) -> None:
    environ = {"REMOTE_ADDR": near, "HTTP_X_FORWARDED_FOR": forwarded}
    assert Visitors(trusted).address(environ) == address


def test_who_writes_its_own_header_is_counted_all_the_same(
    settings: Settings, generations: Generations, engine: QueryEngine
) -> None:
    client = served(settings, generations, engine, rate_pages="1/hour")
    statuses = [
        client.get("/about", environ_base=FROM_OUTSIDE, headers={"X-Forwarded-For": f"127.0.0.{n}"}).status_code
        for n in (1, 2)
    ]
    assert statuses == [200, 429]
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


def test_requests_have_names(settings: Settings, generations: Generations, engine: QueryEngine) -> None:
    client = served(settings, generations, engine, trusted_proxies=("127.0.0.1",))
    names = [client.get("/about").headers["X-Request-Id"] for _ in range(2)]
    assert len(set(names)) == 2
    given = client.get("/about", headers={"X-Request-Id": "edge-12345678"})
    assert given.headers["X-Request-Id"] == "edge-12345678"
    bad = client.get("/about", headers={"X-Request-Id": 'x"y' * 9})
    assert '"' not in bad.headers["X-Request-Id"]
    outside = client.get("/about", environ_base=FROM_OUTSIDE, headers={"X-Request-Id": "edge-12345678"})
    assert outside.headers["X-Request-Id"] != "edge-12345678"


def test_metrics_are_told_to_this_machine_only(
    settings: Settings, generations: Generations, engine: QueryEngine
) -> None:
    client = served(settings, generations, engine)
    client.get("/sparql?query=ASK{}")
    told = client.get("/metrics")
    assert told.headers["Cache-Control"] == "no-store"
    assert 'kggraph_request_seconds_count{kind="sparql",status="200"}' in told.text
    assert 'kggraph_query_seconds_count{outcome="whole"}' in told.text
    assert f'generation="{generations.version()}"' in told.text
    assert 'kggraph_things{kind="form"} 6.0' in told.text
    assert client.get("/metrics", environ_base=FROM_OUTSIDE).status_code == 404
    opened = served(settings, generations, engine, metrics_open=True)
    assert opened.get("/metrics", environ_base=FROM_OUTSIDE).status_code == 200


class Lines(logging.Handler):
    """Keeps the lines of a log."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Lines]:
    """What is written to the log meanwhile."""
    handler, logger = Lines(), logging.getLogger("kggraph")
    level = logging.getLogger("kggraph.requests").level
    logger.addHandler(handler)
    logging.getLogger("kggraph.requests").setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logging.getLogger("kggraph.requests").setLevel(level)


def test_the_log_tells_requests_and_not_who_asked(
    settings: Settings, generations: Generations, engine: QueryEngine, log: Lines
) -> None:
    client = served(settings, generations, engine, slow_query_s=1e-9)
    query = "SELECT * { ?s ?p 'Jan Jansen' } # for jan@example.org"
    headers = {"User-Agent": "Jan's browser", "Referer": "https://example.org/jan", "Authorization": "Basic jan"}
    answer = client.get("/sparql", query_string={"query": query}, environ_base=FROM_OUTSIDE, headers=headers)
    told = [json.loads(line) for line in log.lines]
    assert [line["message"] for line in told] == ["slow query", "request"]
    assert told[0]["query"] == "SELECT * { ?s ?p '…' }"
    assert {"path": "/sparql", "status": 200, "kind": "sparql", "method": "GET"}.items() <= told[1].items()
    assert told[1]["request"] == answer.headers["X-Request-Id"]
    for secret in ("jan", VISITOR, "browser"):
        assert secret not in "".join(log.lines).lower()


def test_an_incident_is_told_with_its_request(settings: Settings, generations: Generations, log: Lines) -> None:
    class Broken:
        def query(self, request: object) -> object:
            raise RuntimeError("broken")

    client = served(settings, generations, Broken())  # type: ignore[arg-type]
    answer = client.get("/sparql?query=ASK{}")
    told = json.loads(log.lines[0])
    assert told["request"] == answer.headers["X-Request-Id"]
    assert answer.get_json()["incident"] in told["message"]
    assert "RuntimeError: broken" in told["exception"]


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"rate_pages": "many"}, "rate_pages"),
        ({"trusted_proxies": ("everyone",)}, "trusted_proxies"),
        ({"rate_store": "nonsense://secret@x"}, "rate_store"),
    ],
)
def test_a_wrong_setting_is_refused_at_the_start(
    settings: Settings, generations: Generations, engine: QueryEngine, changed: dict[str, object], key: str
) -> None:
    with pytest.raises(ConfigError) as error:
        served(settings, generations, engine, **changed)
    assert error.value.key == key
    assert "secret" not in str(error.value)


def test_a_store_of_rates_that_is_away_limits_nothing(
    settings: Settings, generations: Generations, engine: QueryEngine, log: Lines
) -> None:
    client = served(settings, generations, engine, rate_pages="1/hour", rate_store="redis://:secret@127.0.0.1:1/0")
    assert [client.get("/about", environ_base=FROM_OUTSIDE).status_code for _ in range(3)] == [200, 200, 200]
    wrong = [line for line in log.lines if "store of rates" in line]
    assert len(wrong) == 1
    assert "secret" not in wrong[0]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "pages"),
        ("/doc/item/x.csv", "pages"),
        ("/nl/items.ris", "exports"),
        ("/dumps/", "pages"),
        ("/dumps/dataset.ttl.gz", "exports"),
        ("/reconcile/suggest/entity", "search"),
        ("/nl/queries/longest", "sparql"),
        ("/api/queries/longest", "sparql"),
        ("/static/site.css", "operation"),
        ("/metrics", "operation"),
    ],
)
def test_kinds(path: str, kind: str) -> None:
    assert kind_of(path, "") == kind
