"""After any change of the data and a new build, every count of the search API equals a count by brute force."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.search.facet_table import UNKNOWN
from kggraph.web import create_app
from kggraph.web import generations as served

BRIDGES = Path(__file__).parent.parent / "kb_bridges"
UNDER = {"cable-stayed": "cable", "suspension": "cable"}
FORMS = ("arch", "cable", "cable-stayed", "movable", "suspension")
DESIGNERS = ("horace-jones", "norman-foster", "michel-virlogeux")
WORDS = ("tower", "river", "harbour")
PREFIXES = """PREFIX br: <https://example.org/bridges/def#>
PREFIX id: <https://example.org/bridges/id/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""


@dataclass(frozen=True)
class Bridge:
    forms: frozenset[str]
    designers: frozenset[str]
    opened: str
    word: str
    withdrawn: bool

    def turtle(self, number: int) -> str:
        said = [f'rdfs:label "The {self.word} {number}"@en']
        said += [f"br:form <https://example.org/bridges/id/form/{form}>" for form in sorted(self.forms)]
        said += [f"br:designedBy <https://example.org/bridges/id/designer/{one}>" for one in sorted(self.designers)]
        said += [f'br:opened "{self.opened}"^^xsd:gYear'] if self.opened else []
        said += ["owl:deprecated true"] if self.withdrawn else []
        return f"{PREFIXES}<https://example.org/bridges/id/bridge/b{number}> a br:Bridge ; {' ; '.join(said)} .\n"

    def values(self, key: str) -> set[str]:
        if key == "form":
            return self.forms | {UNDER[form] for form in self.forms if form in UNDER}
        return (set(self.designers) if key == "designer" else {self.opened} - {""}) or {UNKNOWN}


bridges = st.builds(
    Bridge,
    st.frozensets(st.sampled_from(FORMS), min_size=1, max_size=2),
    st.frozensets(st.sampled_from(DESIGNERS), max_size=2),
    st.sampled_from(["", "1890", "1950", "2001"]),
    st.sampled_from(WORDS),
    st.sampled_from([False, False, True]),
)
selections = st.fixed_dictionaries(
    {},
    optional={
        "form": st.lists(st.sampled_from(FORMS), max_size=2, unique=True),
        "designer": st.lists(st.sampled_from((*DESIGNERS, UNKNOWN)), max_size=2, unique=True),
        "opened": st.lists(st.sampled_from(["1890", "2001", "1900..2000", "..1950", UNKNOWN]), max_size=1),
        "q": st.sampled_from(WORDS),
    },
)


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("updated") / "kb"
    shutil.copytree(BRIDGES, root, ignore=shutil.ignore_patterns("build"))
    return load(root, {})


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(bridges, min_size=3, max_size=12), chosen=st.lists(selections, min_size=4, max_size=4))
def test_counts_after_an_update(
    knowledge_base: Settings, made: list[Bridge], chosen: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = knowledge_base.data_path / "bridges"
    for file in folder.glob("*.ttl"):
        file.unlink()
    for number, bridge in enumerate(made):
        (folder / f"b{number}.ttl").write_text(bridge.turtle(number), "utf-8")
    build(knowledge_base)
    monkeypatch.setattr(served, "CHECK_EVERY_S", 0)
    client = create_app(knowledge_base, served.Generations(knowledge_base), object()).test_client(use_cookies=False)  # type: ignore[arg-type]
    there = [bridge for bridge in made if not bridge.withdrawn]
    for selection in chosen:
        compare(client, there, selection)


def compare(client: FlaskClient, there: list[Bridge], selection: dict[str, Any]) -> None:
    known = {value for bridge in there for key in ("designer", "opened") for value in bridge.values(key)}
    asked = {
        key: [one for one in given if key == "form" or ".." in one or one == UNKNOWN or one in known]
        for key, given in selection.items()
        if key != "q"
    }
    pairs = [("lang", "en"), ("limit", "100"), *((key, one) for key, given in asked.items() for one in given)]
    pairs += [("q", selection["q"])] if "q" in selection else []
    answer = client.get(f"/api/search?{urlencode(pairs)}").json

    def left(without: str) -> list[Bridge]:
        return [
            bridge
            for bridge in there
            if bridge.word == selection.get("q", bridge.word)
            and all(matches(bridge, key, given) for key, given in asked.items() if given and key != without)
        ]

    assert answer["total"] == len(left("")) == len(answer["items"]), selection
    for facet in answer["facets"]:
        counted = {one["value"]: one["count"] for one in facet["values"]}
        brute = {value: sum(value in bridge.values(facet["key"]) for bridge in left(facet["key"])) for value in counted}
        assert counted == brute, (selection, facet["key"])
        assert facet["unknown"] == sum(UNKNOWN in bridge.values(facet["key"]) for bridge in left(facet["key"]))
        used = {value for bridge in left(facet["key"]) for value in bridge.values(facet["key"])} - {UNKNOWN}
        assert used <= counted.keys()


def matches(bridge: Bridge, key: str, given: list[str]) -> bool:
    """Whether a bridge has one of the values, or a year in the range."""
    for one in given:
        if one == UNKNOWN or ".." not in one:
            if one in bridge.values(key):
                return True
        elif bridge.opened:
            first, _, last = one.partition("..")
            if (first or "0") <= bridge.opened <= (last or "9"):
                return True
    return False
