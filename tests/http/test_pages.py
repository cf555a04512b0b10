"""Pages: languages, labels, links, and that nothing in the data can harm a reader."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

from kggraph.web.present import relation_in_words
from kggraph.web.render import static_files
from kggraph.web.texts import texts
from tests.http.addresses import DOCUMENTS, NEGOTIATED

HTML = {"Accept": "text/html"}
VOID = {"meta", "link", "img", "input", "br"}

FOR_PROGRAMS = ("/api/", "/openapi.json", "/dumps/", "/void", "/oai", "/reconcile", "/feed.atom")
"""Beginnings of addresses that have no language."""
GRAPHS = (".ttl", ".jsonld", ".json", ".nt", ".rdf", ".trig")

each_page = pytest.mark.parametrize("path", (*NEGOTIATED, "/nowhere", "/items?form=hostile", "/items?page=99"))


class Page(HTMLParser):
    """What a page is made of: its elements, and that they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"<{tag}> says an attribute twice"
        self.elements.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of all elements of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


@each_page
def test_pages_are_well_formed_and_harmless(client: FlaskClient, path: str) -> None:
    text = client.get(path, headers=HTML).text
    page = Page(text)
    assert not [e for e in page.elements if e[0] in ("object", "embed", "iframe", "base", "style")]
    assert all(set(script) <= {"src", "type", "defer"} for script in page.all("script")), "no script in the page itself"
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        for name in ("href", "src", "action"):
            scheme = urlsplit(attributes.get(name, "")).scheme
            assert scheme in ("", "http", "https", "mailto"), attributes[name]
        if tag == "a" and urlsplit(attributes.get("href", "")).netloc:
            assert "noopener" in attributes["rel"]
    assert len(set(page.ids)) == len(page.ids), "an id stands twice"
    markup = re.sub(r' content="[^"]*"', "", re.sub(r">[^<]*<", "><", text))
    assert "onerror=alert" not in re.sub(r"&[a-z]+;|&#\d+;", "", markup)
    assert "49" not in re.findall(r"</script>[^<]{0,80}(49)", text), "templates in data are not run"


@each_page
def test_nothing_is_fetched_from_elsewhere(client: FlaskClient, path: str) -> None:
    page = Page(client.get(path, headers=HTML).text)
    for tag, attributes in page.elements:
        if tag in ("img", "script", "link", "source") and attributes.get("rel") not in ("canonical",):
            assert not urlsplit(attributes.get("src", attributes.get("href", ""))).netloc


@each_page
def test_frame_of_every_page(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    page = Page(response.text)
    language = "nl" if path.startswith("/nl") else "en"
    assert page.all("html") == [{"lang": language}]
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("header")[:1]) == len(page.all("footer")) == 1
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}
    assert [link["hreflang"] for link in page.all("link") if link.get("hreflang")] == ["en", "nl"]
    assert re.search(r"<title>[^<]+ · Br[^<]+</title>", response.text)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    for attributes in page.all("img"):
        assert "alt" in attributes
    named = {
        value
        for _, a in page.elements
        for key in ("aria-labelledby", "for", "aria-describedby")
        if (value := a.get(key))
    }
    assert named <= set(page.ids)


def test_the_language_switch_keeps_path_and_query(client: FlaskClient) -> None:
    for path, there in (
        ("/items?form=arch&sort=title", "/nl/items?form=arch&sort=title"),
        ("/nl/items?form=arch&sort=title", "/items?form=arch&sort=title"),
        ("/nl/doc/form/arch", "/doc/form/arch"),
        ("/", "/nl/"),
    ):
        page = Page(client.get(path, headers=HTML).text)
        switch = [a["href"] for a in page.all("a") if "hreflang" in a]
        assert switch == [there]
        assert client.get(there, headers=HTML).status_code == 200


@each_page
def test_links_stay_in_the_language_and_lead_somewhere(client: FlaskClient, path: str) -> None:
    page = Page(client.get(path, headers=HTML).text)
    prefix = "/nl" if path.startswith("/nl") else ""
    for attributes in page.all("a"):
        href = attributes.get("href", "")
        if "hreflang" in attributes or urlsplit(href).netloc or href.startswith(("#", "mailto:")):
            continue
        target = urlsplit(urljoin(path, href))
        if not target.path.startswith(FOR_PROGRAMS) and not target.path.endswith(GRAPHS):
            assert target.path == prefix or target.path.startswith(f"{prefix}/"), href
        if "%" not in target.path and "query=" not in target.query:
            with client.get(target.path + (f"?{target.query}" if target.query else ""), headers=HTML) as found:
                assert found.status_code in (200, 406), href  # 406: a file of data, asked for as a page


def test_anchors_of_the_ontology_are_its_hash_uris(client: FlaskClient) -> None:
    page = Page(client.get("/def", headers=HTML).text)
    assert {"Bridge", "Designer", "form", "opened", "lengthM", "designedBy"} <= set(page.ids)
    text = client.get("/def", headers=HTML).text
    assert re.search(r'<h3>bridge\s+<span class="count">9</span>', text)
    assert re.search(r'<h3>designed by\s+<span class="count">9</span>', text)
    assert 'id="Bridge-form"' in client.get("/shapes", headers=HTML).text


def test_foreign_texts_say_their_language(client: FlaskClient) -> None:
    text = client.get("/nl/items?form=movable", headers=HTML).text
    assert '<span lang="en">Tower Bridge</span>' in text
    assert ">Erasmusbrug<" in text
    hostile = client.get("/doc/bridge/hostile", headers=HTML).text
    assert 'dir="auto" lang="ar"' in hostile


def test_an_address_that_is_no_web_address_is_no_link(client: FlaskClient) -> None:
    text = client.get("/doc/bridge/hostile", headers=HTML).text
    assert "javascript:alert" in unquote(text)
    assert 'href="javascript' not in text
    assert 'href="data:' not in client.get("/doc/designer/hostile", headers=HTML).text


def test_a_thing_is_told_in_full(client: FlaskClient) -> None:
    text = client.get("/nl/doc/bridge/erasmusbrug", headers=HTML).text
    for expected in (
        "Erasmusbrug",
        "Brug over de Nieuwe Maas in Rotterdam.",
        '<a href="/nl/doc/form/cable-stayed">',
        '<a href="/nl/doc/designer/ben-van-berkel">',
        '<time datetime="1996">1996</time>',
        "https://example.org/bridges/id/bridge/erasmusbrug",
        'href="/doc/bridge/erasmusbrug.ttl"',
        'rel="noopener external"',
    ):
        assert expected in text, expected


def test_above_a_title_stands_of_which_sort_a_thing_is(client: FlaskClient) -> None:
    def above(path: str) -> list[str]:
        return re.findall(r'<p class="eyebrow">(.*?)</p>\s*<h1>', client.get(path, headers=HTML).text)

    assert above("/doc/bridge/brooklyn") == ["cable-stayed bridge · suspension bridge"], "the first list on its cards"
    assert above("/nl/doc/bridge/tower-bridge")[0].startswith("beweegbare brug")
    assert above("/doc/form/arch") == ["Form"], "what has no such field is called what things like it are"


def test_a_field_that_readers_filter_by_is_said_to_be_unknown(client: FlaskClient) -> None:
    unknown = "unknown (not stated)"
    page = client.get("/doc/bridge/pont-du-gard", headers=HTML).text
    assert re.search(rf'<dt[^>]*>opened</dt><dd><span class="muted">{re.escape(unknown)}</span></dd>', page)
    assert unknown in client.get("/items", headers=HTML).text, "in the words of the filter"
    assert unknown not in client.get("/doc/bridge/erasmusbrug", headers=HTML).text
    for suffix in (".md", ".csv"):
        assert unknown not in client.get(f"/doc/bridge/pont-du-gard{suffix}").text, "a file has values only"


def test_a_relation_of_concepts_is_said_in_words() -> None:
    assert relation_in_words("http://www.w3.org/2004/02/skos/core#closeMatch", "nl") == ("lijkt sterk op", "nl")
    assert relation_in_words("https://example.org/closeMatch", "nl") is None


def test_a_concept_tells_its_place_items_and_mappings(client: FlaskClient) -> None:
    text = client.get("/doc/form/hostile", headers=HTML).text
    assert 'href="/doc/form/arch"' in text
    assert 'href="/items?form=hostile"' in text
    assert "is the same as" in text
    assert "example.org/elsewhere/a" in text
    assert "&lt;i&gt;there&lt;/i&gt;" in text


@pytest.mark.parametrize("path", DOCUMENTS[:9])
def test_what_links_here_is_counted(client: FlaskClient, path: str) -> None:
    text = client.get(path, headers=HTML).text
    if path.startswith("/doc/designer/ben"):
        assert "/items?designer=ben-van-berkel" in text


def test_locales_have_the_same_keys() -> None:
    keys = {language: set(texts(language).keys()) for language in ("en", "nl")}
    assert keys["en"] == keys["nl"]
    for key in keys["en"]:
        names = [set(re.findall(r"\{(\w+)\}", texts(language)(key))) for language in ("en", "nl")]
        assert names[0] == names[1], key


@pytest.mark.parametrize(
    ("lexical", "english", "dutch"),
    [
        ("2023", "2023", "2023"),
        ("2023-03", "March 2023", "maart 2023"),
        ("2023-03-09", "9 March 2023", "9 maart 2023"),
        ("2023-03-09T10:00:00Z", "9 March 2023", "9 maart 2023"),
        ("2023-13", "2023", "2023"),
        ("nonsense", "nonsense", "nonsense"),
    ],
)
def test_dates(lexical: str, english: str, dutch: str) -> None:
    assert (texts("en").date(lexical), texts("nl").date(lexical)) == (english, dutch)
    assert (texts("en").number(12345), texts("nl").number(12345)) == ("12,345", "12.345")


def test_static_files_are_kept_for_ever_under_their_hash(client: FlaskClient) -> None:
    tag = static_files()["site.css"][2]
    current = client.get(f"/static/site.css?v={tag}")
    assert "immutable" in current.headers["Cache-Control"]
    for path in ("/static/site.css", "/static/site.css?v=old"):
        assert "immutable" not in client.get(path).headers["Cache-Control"]
    fetched = re.findall(r'url\("([^"]*)"\)', current.text)
    assert fetched and all(name.partition("?")[0].endswith(".woff2") for name in fetched), "only fonts are fetched"
    assert all(static_files()[name.partition("?")[0]][2] == name.partition("?v=")[2] for name in fetched)
