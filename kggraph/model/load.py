"""Reading the model from the shapes graph and the ontology."""

from __future__ import annotations

from kggraph.model.model import Model


def load_model(shapes: bytes, ontology: bytes) -> Model:
    """The model that the shapes tell, with labels of classes from the ontology.

    :param shapes: the shapes graph as N-Triples.
    :param ontology: the ontology as N-Triples.
    :raises ShapesError: a shape lacks what the platform needs, or says what it does not know.
    """
    raise NotImplementedError
