// Runs the form's query in the background and puts the server's answer in the results region.
import { element } from "./element.js";
import { fill } from "./text.js";

/** Longest address that a query is sent in; longer queries go by POST, which servers and proxies do not cut. */
const LONGEST_ADDRESS = 4000;

/** One request at a time: a new one ends the one before, `stop()` ends it for good. */
export class Runner {
  constructor(form, region, { text, locale, announce, onProblem, onStart, onEnd, onResult }) {
    Object.assign(this, { form, region, text, announce, onProblem, onStart, onEnd, onResult });
    this.seconds = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
    this.controller = null;
  }

  /** Runs the form as it is. */
  run() {
    return this.send(new FormData(this.form), this.form.action);
  }

  /** Sends fields to an address and shows the answer; a link or a form in the results is sent by this too. */
  async send(fields, action) {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    const started = performance.now();
    this.onStart();
    this.region.setAttribute("aria-busy", "true");
    this.announce(this.text.running);
    try {
      const answer = await fetch(...request(fields, action, controller.signal));
      const body = await answer.text(); // a stream that breaks throws: half an answer is never shown
      if (this.controller !== controller) return;
      this.show(answer, body, fields, action, (performance.now() - started) / 1000);
    } catch (error) {
      if (this.controller !== controller) return;
      const stopped = error instanceof DOMException && error.name === "AbortError";
      const words = stopped ? this.text.stopped : this.text.broken;
      this.showProblem({ title: words }, !stopped);
      this.announce(words);
    } finally {
      if (this.controller === controller) {
        this.controller = null;
        this.region.removeAttribute("aria-busy");
        this.onEnd();
      }
    }
  }

  stop() {
    this.controller?.abort();
  }

  show(answer, body, fields, action, seconds) {
    const type = (answer.headers.get("Content-Type") ?? "").split(";")[0].trim().toLowerCase();
    if (type === "text/html" && answer.ok) {
      const summary = replace(this.region, body);
      this.onProblem(null);
      this.announce(fill(this.text.finished, { summary, seconds: this.seconds.format(seconds) }));
      this.onResult(fields, action);
      return;
    }
    const problem = type === "application/problem+json" ? parsed(body) : { title: `${answer.status} ${answer.statusText}`, detail: body };
    const place = this.onProblem(problem);
    this.showProblem(problem, true, place, answer.headers.get("Retry-After"));
    this.announce(problem.title ?? this.text.broken);
  }

  /** A problem as text nodes; nothing that came from outside is read as HTML. */
  showProblem(problem, isError, place = null, retryAfter = null) {
    const box = element("div", { class: isError ? "sparql-problem" : "sparql-note" });
    box.append(element("h2", {}, problem.title ?? ""));
    if (problem.detail) box.append(element("pre", { class: "sparql-detail" }, problem.detail));
    for (const hint of [problem.hint ?? []].flat()) box.append(element("p", {}, String(hint)));
    if (problem.add) box.append(element("pre", {}, String(problem.add)));
    if (retryAfter && /^\d+$/.test(retryAfter)) box.append(element("p", {}, fill(this.text.retryAfter, { seconds: retryAfter })));
    if (place) {
      const button = element("button", { type: "button", class: "sparql-goto" }, fill(this.text.goTo, { line: problem.line }));
      button.addEventListener("click", () => this.form.dispatchEvent(new CustomEvent("sparql:goto", { detail: place })));
      box.append(button);
    }
    this.region.replaceChildren(box);
  }
}

/** Address and options for `fetch`: problems as JSON, results as the part of the page that shows them. */
function request(fields, action, signal) {
  const query = new URLSearchParams([...fields].filter(([, value]) => typeof value === "string"));
  query.set("partial", "1");
  const headers = { Accept: "application/problem+json, text/html;q=0.9" };
  const address = new URL(action, document.baseURI);
  const whole = `${address.pathname}?${query}`;
  if (whole.length <= LONGEST_ADDRESS) return [whole, { headers, signal, credentials: "same-origin" }];
  return [address.pathname, { method: "POST", body: query, headers, signal, credentials: "same-origin" }];
}

/** Puts the server's fragment in the region; gives its one-line summary. DOMParser runs no script in it. */
function replace(region, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const root = parsed.querySelector("[data-sparql-results]") ?? parsed.body;
  const summary = root.querySelector("[data-summary]")?.textContent.trim() ?? "";
  region.replaceChildren(...root.childNodes);
  return summary;
}

function parsed(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return { title: body.slice(0, 200) };
  }
}
