"""An address of the web has no spaces, those included that an IRI may hold and that are pasted unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from kggraph.config import load
from kggraph.publish.inputs import read_shapes
from kggraph.terms import RDF
from kggraph.validation.engines import validate

DEF = "https://w3id.org/studentenwelzijn/def#"


@pytest.mark.parametrize(("space", "is_found"), [("", False), ("\u00a0", True), ("\u3000", True)])
def test_spaces_in_addresses_are_found(root: Path, space: str, is_found: bool) -> None:
    shapes, _ = read_shapes(load(root, {}))
    item = "<https://w3id.org/studentenwelzijn/id/item/a>"
    data = f"{item} <{RDF}type> <{DEF}Item> .\n"
    data += f"{item} <http://www.w3.org/ns/dcat#landingPage> <https://example.org/a{space}b> .\n"
    found = {result.shape for result in validate(data.encode(), shapes).results}
    assert any(shape.endswith("#Item-landingPage-web") for shape in found) == is_found
