"""`kggraph serve`: a port, a query host and web workers, started, watched and stopped together.

`knowledge_base` serves what is built, `data_file` any RDF file as it is. They are imported apart: a file must be served
in a second, and needs no model.
"""
