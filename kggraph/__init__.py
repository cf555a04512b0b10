"""A linked-data knowledge base from a folder of Turtle, an ontology and SHACL shapes."""

__version__ = "0.1.0"
