"""Works as citations: what the shapes say is what, names in order and parts, and formats that others read."""

from __future__ import annotations

import json
import re

import pytest

from kggraph.build import open_current
from kggraph.config import Settings
from kggraph.publish.bibliography import Bibliography
from kggraph.publish.citations import BIBTEX, CSL_JSON, RIS, WORK_TYPES, citation, csl_item, work_type
from kggraph.publish.names import split_name
from kggraph.publish.work import Value, Work, WorkReader
from tests.works import hostile, work

SCHEMA = "https://schema.org/"


@pytest.fixture(scope="module")
def works(main_settings: Settings) -> dict[str, Work]:
    """All items of the main knowledge base, by slug."""
    generation = open_current(main_settings)
    descriptions = generation.descriptions()
    reader = WorkReader(generation.model(), generation.manifest.base_uri, descriptions.get, descriptions.labels)
    things = [descriptions.get(iri) for iri in descriptions.iris("item")]
    read = reader.read_all([thing for thing in things if thing])
    descriptions.close()
    return {one.iri.rpartition("/")[2]: one for one in read}


def ris_records(text: str) -> list[dict[str, list[str]]]:
    """RIS read back, strictly."""
    records = []
    for block in text.split("ER  - \r\n\r\n")[:-1]:
        record: dict[str, list[str]] = {}
        for line in block.split("\r\n")[:-1]:
            found = re.fullmatch(r"([A-Z][A-Z0-9])  - (\S.*)", line)
            assert found, line
            record.setdefault(found[1], []).append(found[2])
        records.append(record)
    return records


def bibtex_entries(text: str) -> list[tuple[str, str, dict[str, str]]]:
    """BibTeX read back: type, key and fields; braces must balance."""
    entries = []
    for block in text.split("\n\n") if "\n\n" in text else [text]:
        found = re.match(r"@(\w+)\{([^,{}\s]+),\n", block)
        assert found, block
        fields = {}
        for line in block[found.end() :].rstrip().removesuffix("}").rstrip().split(",\n"):
            name, _, value = line.strip().partition(" = ")
            bare = re.sub(r"\\[{}]", "", value)
            assert value.startswith("{") and value.endswith("}") and bare.count("{") == bare.count("}"), line
            fields[name] = value[1:-1]
        entries.append((found[1], found[2], fields))
    return entries


def test_the_shapes_say_what_is_what(works: dict[str, Work]) -> None:
    one = works["caring-universities"]
    assert one.titles == {"en": "Caring Universities"}
    assert [name.text for name in one.authors] == ["Sascha Y. Struijs", "Annemieke van Straten", "Leonore M. de Wit"]
    assert [name.text for name in one.publishers] == ["Vrije Universiteit Amsterdam"]
    assert one.url == "https://vu.nl/en/research/more-about/caring-universities"
    assert one.languages == ("en",)
    assert set(one.description) == {"nl", "en"}
    assert one.page.endswith("/doc/item/caring-universities")
    assert f"{SCHEMA}Report" in one.types and one.types[-1] == f"{SCHEMA}CreativeWork"
    assert {value.labels["nl"] for value in one.audiences} >= {"Studenten"}
    assert [value.labels["en"] for value in one.countries] == ["Netherlands"]


def test_a_narrower_type_is_what_its_broader_one_is(works: dict[str, Work]) -> None:
    assert all(one.types for one in works.values())
    assert {work_type(one).csl for one in works.values()} >= {"report", "article-journal", "webpage"}


@pytest.mark.parametrize(
    ("classes", "doi", "csl"),
    [
        (("Report", "ScholarlyArticle"), "", "report"),
        (("Report", "ScholarlyArticle"), "10.1234/x", "article-journal"),
        (("ScholarlyArticle",), "", "article-journal"),
        (("WebPage", "Book"), "", "book"),
        (("CreativeWork",), "", "webpage"),
    ],
)
def test_type_of_work(classes: tuple[str, ...], doi: str, csl: str) -> None:
    assert work_type(work(types=tuple(SCHEMA + name for name in classes), doi=doi)).csl == csl


def test_every_type_is_one_of_csl() -> None:
    allowed = {
        *("article", "article-journal", "article-magazine", "article-newspaper", "book", "broadcast", "chapter"),
        *("dataset", "document", "event", "legislation", "motion_picture", "post-weblog", "report", "software"),
        *("thesis", "webpage"),
    }
    assert {one.csl for one in WORK_TYPES.values()} <= allowed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Pim Cuijpers", ("Cuijpers", "Pim", "")),
        ("María del Carmen Carcelén-Fraile", ("Carmen Carcelén-Fraile", "María", "del")),
        ("Vries, Jan de", ("Vries", "Jan de", "")),
        ("van Gogh", ("Gogh", "van", "")),  # what stands first is taken for a given name
        ("Werkgroep (ISO & LSVb)", ("", "", "")),
        ("  ", ("", "", "")),
    ],
)
def test_split_name(text: str, parts: tuple[str, str, str]) -> None:
    assert split_name(text) == parts


def test_ris_of_all_items_reads_back(works: dict[str, Work]) -> None:
    records = ris_records(citation(list(works.values()), RIS, "nl").decode())
    assert [record["TI"] for record in records] == [[" ".join(one.title.split())] for one in works.values()]
    assert [record.get("AU", []) for record in records] == [[n.inverted for n in w.authors] for w in works.values()]
    assert all(record["UR"][0].startswith("http") for record in records)
    assert all(re.fullmatch(r"\d{4}", record["PY"][0]) for record in records if "PY" in record)


def test_bibtex_of_all_items_reads_back(works: dict[str, Work]) -> None:
    entries = bibtex_entries(citation(list(works.values()), BIBTEX, "en").decode())
    assert [key for _, key, _ in entries] == list(works)
    assert all(fields["url"] and fields["title"].startswith("{") for _, _, fields in entries)


def test_csl_json_of_all_items(works: dict[str, Work]) -> None:
    items = json.loads(citation(list(works.values()), CSL_JSON, "nl"))
    assert len({item["id"] for item in items}) == len(works)
    for item in items:
        assert all(
            set(name) <= {"family", "given", "non-dropping-particle", "literal"} for name in item.get("author", [])
        )
        dates = item.get("issued", {"date-parts": [[2000]]})["date-parts"]
        assert len(dates) == 1 and 1 <= len(dates[0]) <= 3


def test_hostile_texts_stay_in_their_fields() -> None:
    made = citation([hostile(), hostile()], RIS, "en").decode()
    assert len(ris_records(made)) == 2
    entries = bibtex_entries(citation([hostile(), hostile()], BIBTEX, "en").decode())
    assert [key for _, key, _ in entries] == ["x", "x-2"]
    assert json.loads(citation([hostile()], CSL_JSON, "en"))[0]["title"] == hostile().title


def test_dates_of_every_precision() -> None:
    assert csl_item(work(issued="2023"), "en")["issued"] == {"date-parts": [[2023]]}
    assert csl_item(work(issued="2023-05"), "en")["issued"] == {"date-parts": [[2023, 5]]}
    assert csl_item(work(issued="2023-05-09"), "en")["issued"] == {"date-parts": [[2023, 5, 9]]}
    assert "issued" not in csl_item(work(issued="soon"), "en")
    assert b"PY  - 2023\r\nDA  - 2023/05/\r\n" in citation([work(issued="2023-05")], RIS, "en")


def test_apa(works: dict[str, Work]) -> None:
    made = Bibliography()
    text, html = made.cite(works["caring-universities"], "nl")
    assert text.startswith("Struijs, S. Y., van Straten, A., & de Wit, L. M. (z.d.). Caring Universities")
    assert "&amp; de Wit" in html and "<i>Caring Universities</i>" in html
    assert "(n.d.)" in made.cite(works["caring-universities"], "en").text


def test_a_work_without_author_goes_by_publisher_or_title() -> None:
    made = Bibliography()
    by_publisher = made.cite(work(authors=(), issued="2021", types=(f"{SCHEMA}Report",)), "en").text
    assert by_publisher == "Institute. (2021). A title. https://e.org/w"
    by_title = made.cite(work(authors=(), publishers=(), issued="2021", types=(f"{SCHEMA}Report",)), "en").text
    assert by_title == "A title. (2021). https://e.org/w"


def test_a_hostile_title_is_text_in_a_citation() -> None:
    text, html = Bibliography().cite(hostile(), "en")
    assert "<script>alert(1)</script>" in text
    assert "<script" not in html and "&lt;script&gt;" in html
    assert set(re.findall(r"<[^>]*>", html)) <= {"<i>", "</i>"}


def test_a_list_is_in_order(works: dict[str, Work]) -> None:
    some = [works[slug] for slug in sorted(works, reverse=True)[:4]]
    texts = [one.text.casefold() for one in Bibliography().list(some, "nl")]
    assert len(texts) == 4 and texts == sorted(texts)


def test_values_without_thing() -> None:
    assert csl_item(work(subjects=(Value("", {"": "sleep"}),)), "nl")["keyword"] == "sleep"
