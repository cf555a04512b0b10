"""pySHACL, the reference that the engine of record must agree with; no other module knows it."""

from __future__ import annotations

from kggraph.errors import ShapesError
from kggraph.terms import SH
from kggraph.validation.report import one_line


def pyshacl_report(data: bytes, shapes: bytes) -> str:
    """The W3C report as N-Triples.

    :param data: the data graph as N-Triples.
    :param shapes: the shapes graph as N-Triples.
    :raises ShapesError: the engine cannot use the shapes.
    """
    # These take 0.5 s, and are only there to check the other engine.
    import pyshacl
    import rdflib

    rdflib.NORMALIZE_LITERALS = False
    data_rdf, shapes_rdf = rdflib.Graph(), rdflib.Graph()
    data_rdf.parse(data=data, format="nt")
    shapes_rdf.parse(data=shapes, format="nt")
    # It does not look for declarations behind owl:imports; these are here, so that nothing is fetched.
    for _, _, declared in shapes_rdf.triples((None, rdflib.URIRef(f"{SH}declare"), None)):
        prefix, namespace = (shapes_rdf.value(declared, rdflib.URIRef(SH + n)) for n in ("prefix", "namespace"))
        for graph in (data_rdf, shapes_rdf):
            graph.bind(str(prefix), str(namespace))
    try:
        _, report, text = pyshacl.validate(
            data_rdf, shacl_graph=shapes_rdf, inference="none", do_owl_imports=False, meta_shacl=False
        )
    except Exception as error:
        # A bare Exception is what rdflib raises for a query with an unknown prefix.
        known = (pyshacl.errors.ReportableRuntimeError, NotImplementedError)
        if type(error) is not Exception and not isinstance(error, known):
            raise
        raise ShapesError(f"The shapes cannot be used: {one_line(error)}") from None
    finally:
        # pySHACL leaves this switched on, and rdflib would rewrite every literal that it reads from then on.
        rdflib.NORMALIZE_LITERALS = False
    if not isinstance(report, rdflib.Graph):
        raise ShapesError(f"The shapes cannot be used: {one_line(text)}")
    return report.serialize(format="nt")
