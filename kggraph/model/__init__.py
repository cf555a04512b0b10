"""The single model, read from the shapes and the ontology."""

from kggraph.model.load import load_model
from kggraph.model.model import ClassModel, Field, Group, LangText, Model, SchemeModel, Value

__all__ = ["ClassModel", "Field", "Group", "LangText", "Model", "SchemeModel", "Value", "load_model"]
