"""Feeds, sitemaps and harvests against the published schemas of Atom, sitemaps.org and OAI-PMH."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from kggraph.web.generations import KnowledgeBase
from tests.xml_schemas import complaints, feed_complaints, harvests, sitemaps


@pytest.mark.parametrize("path", ["/feed.atom", "/nl/feed.atom?form=arch", "/feed.atom?q=bridge", "/feed.atom?page=99"])
def test_feeds(client: FlaskClient, kb: KnowledgeBase, path: str) -> None:
    assert feed_complaints(client.get(path).data, kb.addresses.base_uri + path[1:]) == []


def test_sitemaps(client: FlaskClient, kb: KnowledgeBase) -> None:
    documents = list(sitemaps(lambda path: client.get(path).data, kb.addresses.base_uri))
    assert len(documents) > 4
    for name, document in documents:
        assert complaints(name, document) == []


def test_harvests(client: FlaskClient) -> None:
    documents = list(harvests(lambda path: client.get(path).data))
    assert len(documents) >= 16
    for document in documents:
        assert complaints("oai", document) == [], document.decode()[:2000]


@pytest.mark.parametrize(
    ("name", "path", "right", "wrong"),
    [
        ("atom", "/feed.atom", b"<updated>", b"<updated>yesterday"),
        ("atom", "/feed.atom", b"<published>", b"<updated>2026-01-01T00:00:00Z</updated><published>"),
        ("sitemap", "/sitemaps/bridge-1.xml", b"<lastmod>", b"<lastmod>soon"),
        ("sitemap", "/sitemaps/bridge-1.xml", b"hreflang=", b"language="),
        ("index", "/sitemap.xml", b"<loc>", b"<lastmod>2026-01-01</lastmod><loc>"),
        ("oai", "/oai?verb=Identify", b"<protocolVersion>2.0", b"<protocolVersion>3.0"),
        ("oai", "/oai?verb=ListRecords&metadataPrefix=oai_dc", b"<dc:title", b"<dc:name/><dc:title"),
    ],
)
def test_the_judges_see_what_is_wrong(client: FlaskClient, name: str, path: str, right: bytes, wrong: bytes) -> None:
    document = client.get(path).data
    assert right in document
    assert complaints(name, document.replace(right, wrong, 1)) != []
