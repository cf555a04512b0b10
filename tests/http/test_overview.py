"""Gap map, figures, comparison, frameworks, similar items and notices: their numbers against a count by hand."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from kggraph.config import Settings
from kggraph.notices import Notice, NoticeLink
from kggraph.store.embedded import EmbeddedEngine
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase
from kggraph.web.related import related
from tests.http.conftest import HTML


def test_every_cell_is_what_the_list_behind_it_has(client: FlaskClient, kb: KnowledgeBase) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/gaps.csv?rows=form&columns=designer").text)))
    assert rows and any(row["number"] == "0" for row in rows)
    for row in rows:
        filters = {"form": [row[next(k for k in row if k.endswith("IRI"))]]}
        filters["designer"] = [list(row.values())[3]]
        assert kb.facets.select(filters, limit=0).total == int(row["number"])


def test_the_map_says_how_many_cells_are_empty(client: FlaskClient) -> None:
    text = client.get("/gaps?rows=form&columns=designer", headers=HTML).text
    said = re.search(r"(\d+) of the (\d+) cells are empty", text)
    assert said
    assert text.count('class="shade-0"') == int(said[1])
    assert len(re.findall(r'class="shade-\d"', text)) == int(said[2])


@pytest.mark.parametrize("query", ["rows=nothing", "columns=%00", "rows=form&columns=form", "rows=" + "x" * 9000])
def test_facets_that_cannot_be_crossed_are_named(client: FlaskClient, query: str) -> None:
    for path in ("/gaps", "/gaps.csv"):
        assert client.get(f"{path}?{query}", headers=HTML).status_code == 400


def test_figures_are_those_of_the_facets(client: FlaskClient, kb: KnowledgeBase) -> None:
    rows = list(csv.reader(io.StringIO(client.get("/stats.csv").text)))[1:]
    counted = {(row[2] or row[1]): int(row[3]) for row in rows}
    for values in kb.everything.facets.values():
        for value in values:
            if value.count:
                assert counted[value.value] == value.count
    text = client.get("/stats", headers=HTML).text
    assert text.count("<svg") > 2 and text.count("<table") == text.count('class="numbers"')


def test_similar_items_share_what_is_said(kb: KnowledgeBase) -> None:
    for iri in kb.descriptions.iris(kb.model.main.kind or ""):
        description = kb.descriptions.get(iri)
        assert description
        for one in related(kb, description, "en", ""):
            assert one.reasons and one.href != kb.addresses.path(iri)


def test_compare_takes_at_most_four(client: FlaskClient) -> None:
    text = client.get("/compare?item=erasmusbrug&item=hostile", headers=HTML).text
    assert text.count('<th scope="col">') == 3
    many = "&".join(f"item=a{number}" for number in range(5))
    assert client.get(f"/compare?{many}", headers=HTML).status_code == 400
    assert client.get("/compare?item=nowhere", headers=HTML).status_code == 400
    assert client.get("/around", headers=HTML).status_code == 400


def test_a_notice_is_on_the_concept_its_items_and_its_list(
    settings: Settings, engine: EmbeddedEngine, kb: KnowledgeBase
) -> None:
    arch = f"{kb.addresses.base_uri}id/form/arch"
    notice = Notice((arch,), {"en": "Mind the step"}, {"en": "It is high."}, (NoticeLink("tel:112", {"en": "Call"}),))
    noticed = replace(settings, notices=(notice,))
    client = create_app(noticed, Generations(noticed), engine).test_client()
    (item,) = kb.facets.select({"form": [arch]}, limit=1).iris
    for path in ("/doc/form/arch", str(kb.addresses.path(item)), "/items?form=arch"):
        text = client.get(path, headers=HTML).text
        assert "Mind the step" in text and 'href="tel:112"' in text, path
    for other in ("/items?form=movable", "/items?q=movable"):
        assert "Mind the step" not in client.get(other, headers=HTML).text
    # Who asks for it in words is told as well: by its name or another name of it, in any place.
    for asked in ("arch+bridge", "boogbrug", "old+arch+bridge"):
        assert "Mind the step" in client.get(f"/items?q={asked}", headers=HTML).text, asked


def test_whom_to_write_to_is_told_when_there_is_someone(
    settings: Settings, engine: EmbeddedEngine, kb: KnowledgeBase, client: FlaskClient
) -> None:
    mailed = replace(settings, contact_email="desk@example.org")
    told = create_app(mailed, Generations(mailed), engine).test_client()
    item = str(kb.addresses.path(kb.descriptions.iris(kb.model.main.kind or "")[0]))
    assert 'href="mailto:desk@example.org?subject=Error%20in%20the' in told.get(item, headers=HTML).text
    assert 'href="mailto:desk@example.org?subject=Fout%20in%20de' in told.get(f"/nl{item}", headers=HTML).text
    assert 'class="gap-invite" href="mailto:desk@example.org?' in told.get("/gaps?rows=form&columns=designer").text
    assert 'href="mailto:desk@example.org"' in told.get("/accessibility", headers=HTML).text
    for path in (item, "/gaps?rows=form&columns=designer", "/accessibility"):
        assert "mailto:desk" not in client.get(path, headers=HTML).text
    # Without an address there is still somebody: who publishes the dataset, if that is told.
    named = client.get("/dataset.ttl").text
    assert ("Report an error to" in client.get(item, headers=HTML).text) == ("dcterms:publisher" in named)
    empty = client.get("/gaps?rows=form&columns=designer", headers=HTML).text
    assert 'class="gap-invite" href="/items?' in empty


def test_names_stand_under_their_letter(client: FlaskClient) -> None:
    text = client.get("/designers", headers=HTML).text
    letters = re.findall(r'class="letter">(.)<', text)
    assert "B" in letters and len(letters) == len(set(letters))


@pytest.mark.parametrize(
    "name",
    [
        "erasmusbrug",
        "bridge/erasmusbrug",
        "{base}id/bridge/erasmusbrug",
        "/doc/bridge/erasmusbrug",
        "https://some.host/nl/doc/bridge/erasmusbrug.html?page=2#top",
    ],
)
def test_an_item_is_named_as_people_paste_it(client: FlaskClient, kb: KnowledgeBase, name: str) -> None:
    for path in ("/compare", "/list", "/around"):
        answer = client.get(path, query_string={"item": name.format(base=kb.addresses.base_uri)}, headers=HTML)
        assert answer.status_code == 200 and "Erasmus" in answer.text, path


@pytest.mark.parametrize("name", ["", "nowhere", "https://elsewhere.example/", "/doc/designer/erasmusbrug", "a b", "%"])
def test_what_names_no_item_is_said(client: FlaskClient, name: str) -> None:
    assert client.get("/around", query_string={"item": name}, headers=HTML).status_code == 400
