"""Runs a kggraph command whose server shows at /exposed all that a request brings to it, and its environment."""

from __future__ import annotations

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

if __name__ == "__main__":
    from kggraph.cli import main
    from kggraph.web.gate import _Gate

    answer = _Gate.__call__

    def exposing(self: _Gate, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Show it, or answer as always."""
        if environ["PATH_INFO"] != "/exposed":
            return answer(self, environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{environ}\n{os.environ}\n".encode()]

    _Gate.__call__ = exposing  # type: ignore[method-assign]
    main()
