"""The initiatives that the facts name, with who started them and the items that describe them."""

from __future__ import annotations

import pyoxigraph as ox

from kggraph.terms import DCTERMS, FOAF, RDF, SKOS
from seeding.facts import Facts, table
from seeding.writing import SW, Folder, Sheet, iri, text, texts, thing


def write_initiatives(facts: Facts, folder: Folder) -> None:
    """One file an initiative of the table."""
    items = {item["slug"]: item for item in facts.items}
    for slug, initiative in table("initiatives").items():
        sheet = Sheet()
        node = thing("initiative", slug)
        sheet.add(node, iri(RDF, "type"), iri(SW, "Initiative"))
        sheet.add(node, iri(SKOS, "prefLabel"), texts(initiative["name"]))
        sheet.add(node, iri(SKOS, "altLabel"), [text(name) for name in initiative.get("other_names", [])])
        sheet.add(node, iri(DCTERMS, "description"), texts(initiative["description"]))
        sheet.add(
            node, iri(FOAF, "homepage"), ox.NamedNode(initiative["homepage"]) if "homepage" in initiative else None
        )
        for role in ("initiator", "partner"):
            agents = [thing("organisation", agent) for agent in initiative.get(role, [])]
            sheet.add(node, iri(SW, role), agents)
        for criterion in ("evaluation", "duration", "reach", "accessibility"):
            sheet.add(node, iri(SW, criterion), [thing("quality", value) for value in initiative.get(criterion, [])])
        described = initiative.get("items", [])
        sheet.add(node, iri(SW, "describedBy"), [thing("item", item) for item in described])
        evidence = [
            *initiative.get("evidence", []),
            *(source for item in described for source in items[item]["evidence"]),
        ]
        sheet.evidence(node, evidence)
        sheet.add(node, iri(SKOS, "editorialNote"), text(initiative["note"], "en") if "note" in initiative else None)
        folder.write(f"initiatives/{slug}.ttl", sheet)
