// A page of the same form as the real one, under the real Content Security Policy, with answers made up here.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const staticFiles = join(here, "../../kggraph/web/static");
export const POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export const strings = {
  running: "Running …", stopped: "Stopped.", broken: "The connection broke; no result.", finished: "{summary} in {seconds} s",
  retryAfter: "Try again in {seconds} s.", goTo: "Go to line {line}", tabLeaves: "Tab leaves the editor now.", sort: "Sort",
  undeclared: "The prefix {prefix} is not declared.", addLine: "Add {line}", changeTo: "Change to {name}",
  unknownTerm: "{name} is not in this vocabulary.", unclosed: "{sign} is not closed.", unopened: "{sign} was not opened.",
  copied: "Copied.", copyFailed: "Not copied.", copyByHand: "Copy the link from the field.", historyEmpty: "None yet.",
  kinds: { class: "class", property: "property", concept: "concept" }, phrases: {},
};

const completion = {
  prefixes: { ex: "https://example.org/def#", skos: "http://www.w3.org/2004/02/skos/core#" },
  classes: [{ iri: "https://example.org/def#Item", label: { en: "Item", nl: "Stuk" }, count: 498 }],
  properties: [
    { iri: "https://example.org/def#theme", label: { en: "theme", nl: "thema" }, count: 900, definition: { en: "What it is about." } },
    { iri: "http://www.w3.org/2004/02/skos/core#prefLabel", label: { en: "preferred label" }, count: 700 },
  ],
  schemes: [{ iri: "https://example.org/id/scheme/topics", label: { en: "Topics" } }],
  concepts: [{ iri: "https://example.org/id/topic/sleep", label: { en: "Sleep", nl: "Slaap" }, alt: ["insomnia"], count: 12, scheme: 0 }],
  complete: ["https://example.org/def#"],
  cut: {},
};

const FRAGMENT = `<div data-sparql-results><h2><span data-summary>3 solutions</span></h2>
<table data-sortable><caption>Result</caption><thead><tr><th scope="col">name</th><th scope="col">n</th></tr></thead><tbody>
<tr><td>beta</td><td data-value="10">10</td></tr><tr><td>alpha</td><td data-value="9">9</td></tr>
<tr><td><img src="x" alt=""><script>window.evil = true</script></td><td></td></tr></tbody></table>
<pre id="code">curl</pre><button type="button" data-copy="code" hidden>Copy code</button></div>`;

const PROBLEM = {
  type: "about:blank", title: "The query has a syntax error", status: 400, detail: "expected } <img src=x onerror=alert(1)>",
  line: 2, column: 8, hint: "Add the line below.", add: "PREFIX ex: <https://example.org/def#>",
};

/** Starts on a free port of this machine; `requests` has the method, path and fields of each query asked. */
export async function start() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const address = new URL(request.url, "http://localhost");
    const send = (status, type, body) => {
      response.writeHead(status, { "Content-Type": type, "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff" });
      response.end(body);
    };
    if (address.pathname === "/") {
      const page = readFileSync(join(here, "page.html"), "utf8");
      const attribute = JSON.stringify(strings).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
      return send(200, "text/html; charset=utf-8", page.replace("{{strings}}", attribute));
    }
    if (address.pathname === "/sparql-editor.js") return send(200, "text/javascript", readFileSync(join(staticFiles, "sparql-editor.js")));
    const style = /^\/(site|sparql)\.css$/.exec(address.pathname);
    if (style) return send(200, "text/css", readFileSync(join(staticFiles, `${style[1]}.css`)));
    if (address.pathname === "/completion.json") return send(200, "application/json", JSON.stringify(completion));
    if (address.pathname === "/favicon.ico") return send(200, "image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>');
    if (address.pathname !== "/sparql") return send(404, "text/plain", "not found");
    let body = "";
    for await (const chunk of request) body += chunk;
    const fields = request.method === "POST" ? new URLSearchParams(body) : address.searchParams;
    requests.push({ method: request.method, accept: request.headers.accept, fields: Object.fromEntries(fields) });
    const query = fields.get("query");
    if (query.includes("slow")) return undefined; // never answers
    if (query.includes("break")) {
      response.writeHead(200, { "Content-Type": "text/html", "Content-Length": "1000" });
      response.write("<div data-sparql-results><p data-summary>half");
      return setTimeout(() => response.destroy(), 50);
    }
    if (query.includes("wrong")) return send(400, "application/problem+json", JSON.stringify(PROBLEM));
    return send(200, "text/html; charset=utf-8", FRAGMENT);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const stop = () => new Promise((done) => (server.closeAllConnections(), server.close(done)));
  return { address: `http://127.0.0.1:${server.address().port}/`, requests, stop };
}
