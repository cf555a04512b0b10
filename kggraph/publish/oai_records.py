"""Records of OAI-PMH: headers, and metadata as simple Dublin Core or as the RDF that is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from kggraph.publish import xmltext
from kggraph.publish.changes import Change
from kggraph.publish.descriptions import Description
from kggraph.publish.page_meta import dublin_core_elements
from kggraph.publish.work import Work
from kggraph.rdf.media import RDF_XML
from kggraph.rdf.turtle import serialize
from kggraph.terms import RDF

OAI: Final = "http://www.openarchives.org/OAI/2.0/"
_OAI_DC: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES: Final = {"": OAI, "oai_dc": _OAI_DC, "dc": _DC, "xsi": _XSI}
_LOCATION: Final = f"{{{_XSI}}}schemaLocation"


class Format(NamedTuple):
    """A metadata format."""

    schema: str
    namespace: str


FORMATS: Final[Mapping[str, Format]] = {
    "oai_dc": Format("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", _OAI_DC),
    "rdf": Format("http://www.openarchives.org/OAI/2.0/rdf.xsd", RDF),
}


def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    """Put an element of the protocol into another."""
    return xmltext.add(parent, f"{{{OAI}}}{name}", text, **attributes)


def header(parent: ET.Element, change: Change) -> None:
    """What every record begins with."""
    made = add(parent, "header", status="deleted" if change.is_gone else "")
    add(made, "identifier", change.iri)
    add(made, "datestamp", change.at)
    for spec in change.sets:
        add(made, "setSpec", spec)


def metadata(
    record: ET.Element,
    prefix: str,
    work: Work,
    description: Description,
    languages: tuple[str, ...],
    prefixes: Mapping[str, str],
) -> None:
    """The metadata of a record.

    :raises NotAcceptable: RDF/XML cannot say something of the description.
    """
    if prefix == "rdf":
        graph = ET.fromstring(serialize(description.ntriples, RDF_XML, prefixes))
        add(record, "metadata").append(graph)
        return
    made = add(record, "metadata")
    dc = xmltext.add(made, f"{{{_OAI_DC}}}dc")
    dc.set(_LOCATION, f"{_OAI_DC} {FORMATS[prefix].schema}")
    for element, content, lang in dublin_core_elements(work, languages):
        xmltext.say_language(xmltext.add(dc, f"{{{_DC}}}{element}", content), lang)


def write(root: ET.Element) -> bytes:
    """The document, with prefixes for every namespace that records bring along."""
    root.set(_LOCATION, f"{OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd")
    names = {element.tag for element in root.iter()} | {name for e in root.iter() for name in e.attrib}
    found = {name[1:].partition("}")[0] for name in names if name.startswith("{")}
    others = sorted(found - set(_NAMESPACES.values()) - {RDF, "http://www.w3.org/XML/1998/namespace"})
    extra = {f"ns{number}": namespace for number, namespace in enumerate(others, 1)}
    return xmltext.write(root, {**_NAMESPACES, **({"rdf": RDF} if RDF in found else {}), **extra})
