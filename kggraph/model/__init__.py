"""The single model, read from the shapes and the ontology."""

from kggraph.model.model import ClassModel, Field, Group, LangText, Model, SchemeModel

__all__ = ["ClassModel", "Field", "Group", "LangText", "Model", "SchemeModel"]
