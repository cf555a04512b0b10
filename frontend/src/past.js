// The queries run in this browser: kept in its localStorage, sent nowhere, cleared by a button.
import { element } from "./element.js";

const KEY = "kggraph.sparql.history";
const MOST = 50;

/** What was run before, newest first; empty when the browser keeps nothing. */
export function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry?.query === "string" && Number.isFinite(entry?.at)) : [];
  } catch {
    return [];
  }
}

export function remember(query) {
  const text = query.trim();
  if (!text) return;
  write([{ query: text, at: Date.now() }, ...read().filter((entry) => entry.query !== text)].slice(0, MOST));
}

export function clear() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // a browser that keeps nothing has nothing to clear
  }
}

function write(entries) {
  try {
    localStorage.setItem(KEY, JSON.stringify(entries));
  } catch {
    // no storage or no room: history is a convenience
  }
}

/** Fills the list in `box` ([data-history]); `choose` gets the query that is picked. */
export function show(box, text, locale, choose) {
  const list = box.querySelector("[data-history-list]");
  if (!list) return;
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const entries = read();
  list.replaceChildren(...entries.map(({ query, at }) => {
    const button = element("button", { type: "button", class: "sparql-past", title: query }, firstLine(query));
    button.addEventListener("click", () => choose(query));
    const item = element("li");
    item.append(button, " ", element("time", { datetime: new Date(at).toISOString() }, time.format(at)));
    return item;
  }));
  if (!entries.length) list.append(element("li", {}, text.historyEmpty));
}

/** The first line that says what the query is about: a comment, else the first line that declares nothing. */
export function firstLine(query) {
  const lines = query.split("\n").map((line) => line.trim()).filter(Boolean);
  const line = lines.find((each) => !/^(PREFIX|BASE)\b/i.test(each)) ?? lines[0] ?? "";
  const said = line.replace(/^#+\s*/, "");
  return said.length > 100 ? `${said.slice(0, 99)}…` : said;
}
