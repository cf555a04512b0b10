"""Another SPARQL endpoint on this machine, as queries with SERVICE meet it: one that answers, and many that do harm."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, Store

JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
DATA = """
@prefix e: <http://example.org/> .
e:n1 e:population 7 ; e:label "één \\"\\\\u0022\\" \\n}"@nl .
e:n2 e:population 9 ; e:label "SERVICE <http://127.0.0.1/> { }" .
e:blank e:friend [] .
"""
ONE_ROW = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}}]}}'


class Endpoint:
    """The server as its tests see it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[tuple[str, str]] = []
        """Method and path of each request."""
        self.leads_to = ""
        """Where `/moved` redirects to."""

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """A running endpoint."""
    store = Store()
    store.load(DATA.encode(), format=RdfFormat.TURTLE)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.command, self.path))
            length = int(self.headers.get("Content-Length") or 0)
            query = parse_qs(self.rfile.read(length).decode()).get("query", ["SELECT * { }"])[0]
            answer = getattr(self, f"answer_{self.path.strip('/').partition('?')[0]}", None)
            if answer:
                answer(query)
            else:
                self.send_error(404)

        do_POST = do_GET

        def send(self, body: bytes, media_type: str = JSON, status: int = 200, **headers: str) -> None:
            self.send_response(status)
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            for name, value in {"Content-Type": media_type, "Content-Length": str(len(body)), **given}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def result(self, query: str, format: QueryResultsFormat) -> bytes:
            results = store.query(query)
            assert isinstance(results, QuerySolutions)
            return results.serialize(format=format) or b""

        def answer_sparql(self, query: str) -> None:
            self.send(self.result(query, QueryResultsFormat.JSON))

        def answer_xml(self, query: str) -> None:
            self.send(self.result(query, QueryResultsFormat.XML), XML)

        def answer_moved(self, query: str) -> None:
            self.send(b"", status=307, Location=told.leads_to)

        def answer_circle(self, query: str) -> None:
            self.send(b"", status=302, Location="/circle")

        def answer_page(self, query: str) -> None:
            self.send(b"<html>", "text/html")

        def answer_broken(self, query: str) -> None:
            self.send(ONE_ROW, Content_Length=str(len(ONE_ROW) + 10))

        def answer_half(self, query: str) -> None:
            self.send(ONE_ROW[:-20])

        def answer_ask(self, query: str) -> None:
            self.send(b'{"head":{},"boolean":true}')

        def answer_error(self, query: str) -> None:
            self.send(b"no", status=500)

        def answer_huge(self, query: str) -> None:
            self.send(ONE_ROW + b" " * 4_000_000)

        def answer_many(self, query: str) -> None:
            row = b'{"x":{"type":"literal","value":"1"}}'
            self.send(b'{"head":{"vars":["x"]},"results":{"bindings":[' + b",".join([row] * 10_001) + b"]}}")

        def answer_nonsense(self, query: str) -> None:
            self.send(b'{"head":{"vars":["x) } #"]},"results":{"bindings":[{"x":{"type":"uri","value":"a b> }"}}]}}')

        def answer_drip(self, query: str) -> None:
            self.send(b"", Content_Length="1000")
            for _ in range(100):
                self.wfile.write(b" ")
                time.sleep(0.05)

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # the client has hung up, as it is to do
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        told = Endpoint(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
