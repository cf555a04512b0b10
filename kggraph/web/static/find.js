// Makes a list of items quick to use: results change without a new page, and the search field suggests while one types.
// Everything also works without this file. What comes from the server is put in as nodes, never as HTML made here.

const WAIT_MS = 120;

// ------------------------------------------------------------------ results without a new page
class Finder {
  constructor(form) {
    this.form = form;
    this.asked = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.go(this.address());
    });
    form.addEventListener("change", ({ target }) => {
      if (target.type === "checkbox") this.go(this.address());
    });
    form.addEventListener("click", (event) => this.follow(event));
    addEventListener("popstate", () => this.load(location.href, false));
  }

  address() {
    const pairs = [...new FormData(this.form)].filter(([, value]) => value !== "");
    const url = new URL(this.form.action);
    url.search = new URLSearchParams(pairs);
    return url.href;
  }

  follow(event) {
    const link = event.target.closest("a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (new URL(link.href).pathname !== new URL(this.form.action).pathname) return;
    event.preventDefault();
    this.go(link.href, link.closest(".pager") !== null);
  }

  async go(href, toTop = false) {
    if (!(await this.load(href, true))) return;
    if (toTop) this.form.querySelector(".results").scrollIntoView();
  }

  // Gets a page and takes over its parts; a page that says what is wrong, or none at all, is left to the browser.
  async load(href, isNew) {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    this.form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(href, { headers: { Accept: "text/html" }, signal: asked.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const form = page.querySelector("form[data-find]");
      if (!answer.ok || !form) throw new Error("no list");
      if (isNew && answer.url !== location.href) history.pushState(null, "", answer.url);
      this.take(page, form);
      return true;
    } catch (error) {
      if (error.name !== "AbortError") location.assign(href);
      return false;
    } finally {
      if (this.asked === asked) this.form.removeAttribute("aria-busy");
    }
  }

  take(page, form) {
    const focused = place(document.activeElement);
    const open = new Map([...this.form.querySelectorAll("details[data-keep]")].map((d) => [d.dataset.keep, d.open]));
    for (const part of form.querySelectorAll("[data-part]")) {
      const old = this.form.querySelector(`[data-part="${part.dataset.part}"]`);
      if (part.dataset.part === "results") keepTotal(old, part);
      old.replaceChildren(...part.childNodes);
    }
    for (const details of this.form.querySelectorAll("details[data-keep]")) {
      if (open.has(details.dataset.keep)) details.open = open.get(details.dataset.keep);
    }
    const field = this.form.elements.q;
    if (document.activeElement !== field) field.value = form.elements.q.value;
    document.title = page.title;
    for (const rel of ["canonical", "alternate"]) {
      const links = document.head.querySelectorAll(`link[rel="${rel}"][href]`);
      page.head.querySelectorAll(`link[rel="${rel}"][href]`).forEach((link, n) => links[n]?.replaceWith(link));
    }
    const languages = document.querySelector(".languages");
    languages?.replaceWith(page.querySelector(".languages"));
    focused?.()?.focus({ preventScroll: true });
  }
}

// The element that is read aloud when it changes must stay the same element.
function keepTotal(old, part) {
  const [before, after] = [old.querySelector(".total"), part.querySelector(".total")];
  if (before && after) {
    before.replaceChildren(...after.childNodes);
    after.replaceWith(before);
  }
}

// How to find what has the focus among the new elements.
function place(element) {
  if (!element?.closest("form[data-find]")) return null;
  if (element.name) {
    return () => document.querySelector(`[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`)
      ?? document.querySelector(`input[name="${CSS.escape(element.name)}"]:not([type=checkbox])`);
  }
  return () => (element.isConnected ? element : document.querySelector(".results .total a, .results a"));
}

// ------------------------------------------------------------------ suggestions
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
class Suggestions {
  constructor(field) {
    this.field = field;
    this.at = -1;
    this.timer = 0;
    this.asked = null;
    this.id = `${field.id}-suggestions`;
    this.list = make("ul", { id: this.id, role: "listbox", class: "suggestions", hidden: "" });
    this.list.setAttribute("aria-label", field.labels[0]?.textContent ?? "");
    this.status = make("p", { role: "status", class: "hidden" });
    field.after(this.list, this.status);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-expanded": "false", "aria-controls": this.id, "aria-autocomplete": "list",
    })) field.setAttribute(name, value);
    field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), WAIT_MS);
    });
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.close());
    field.form?.addEventListener("submit", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => this.choose(target.closest("[role=option]")));
  }

  get options() {
    return [...this.list.children];
  }

  async ask() {
    this.asked?.abort();
    const text = this.field.value.trim();
    if (text.length < 2) return this.close();
    this.asked = new AbortController();
    try {
      const url = new URL(this.field.dataset.suggest, document.baseURI);
      url.searchParams.set("q", text);
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: this.asked.signal });
      const { suggestions } = answer.ok ? await answer.json() : { suggestions: [] };
      if (document.activeElement === this.field) this.show(suggestions);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(suggestions) {
    this.at = -1;
    this.list.replaceChildren(...suggestions.map((one, n) => option(one, `${this.id}-${n}`)));
    this.open(suggestions.length > 0);
    const { none, some } = this.field.dataset;
    this.status.textContent = suggestions.length ? some.replace("{n}", suggestions.length) : none;
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.field.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.mark(-1);
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.open(false);
    this.status.textContent = "";
  }

  mark(at) {
    this.at = at;
    this.options.forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
    const current = this.options[at];
    if (current) {
      this.field.setAttribute("aria-activedescendant", current.id);
      current.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const { length } = this.options;
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!length) return;
      event.preventDefault();
      this.open(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than there are options: the field itself.
      this.mark(((this.at + 1 + step + length + 1) % (length + 1)) - 1);
    } else if (event.key === "Enter" && !this.list.hidden && this.at >= 0) {
      event.preventDefault();
      this.choose(this.options[this.at]);
    }
  }

  choose(chosen) {
    if (!chosen) return;
    this.close();
    location.assign(chosen.dataset.href);
  }
}

function option(one, id) {
  const made = make("li", { id, role: "option", "aria-selected": "false" });
  made.dataset.href = one.list ?? one.href;
  const text = make("span", { class: "suggestion", ...(one.lang ? { lang: one.lang } : {}) });
  if (one.via) {
    text.append(one.label, " ", make("span", { class: "muted" }, ["(", ...marked(one.segments), ")"]));
  } else text.append(...marked(one.segments));
  made.append(text, make("span", { class: "count" }, [one.items ? `${one.kindLabel} · ${one.items}` : one.kindLabel]));
  return made;
}

function marked(segments) {
  return segments.map(({ text, hit }) => (hit ? make("mark", {}, [text]) : text));
}

function make(name, attributes, children = []) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

for (const form of document.querySelectorAll("form[data-find]")) new Finder(form);
for (const field of document.querySelectorAll("input[data-suggest]")) new Suggestions(field);
