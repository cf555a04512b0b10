"""`kggraph import`: records become things, as the annotations of the shapes say; all of them or none.

`plan` reads and checks a file of records and says what would change; `apply` writes it. Nothing here knows a subject:
which key of a record becomes which property is told by `kg:importKey` and its neighbours (`docs/importing.md`).
"""

from kggraph.importer.journal import apply, recover
from kggraph.importer.plan import FieldChange, Plan, ThingChange, plan

__all__ = ["FieldChange", "Plan", "ThingChange", "apply", "plan", "recover"]
