// Completion of prefixes, variables, keywords, classes, properties and concept labels, with counts from the data.
import { pickedCompletion, startCompletion } from "@codemirror/autocomplete";

import { contextAt } from "./context.js";
import { functions, keywords } from "./tokens.js";

/** Rows in the list; typing on narrows them. */
const MOST = 200;

/**
 * A completion source for CodeMirror.
 *
 * @param {() => Terms} terms the terms as they are now (they arrive after the editor)
 * @param {object} text texts of the page; `kinds` names the kinds of terms
 */
export function completionSource(terms, text, locale) {
  const number = new Intl.NumberFormat(locale);
  return (context) => {
    const document = context.state.doc.toString();
    const place = contextAt(document, context.pos);
    if (place.slot === "none") return null;
    const typed = place.current ? document.slice(place.current.from, context.pos) : "";
    const from = place.current ? place.current.from : context.pos;
    if (!typed && !context.explicit) return null;
    const maker = new Options(terms(), place, text, number);
    const options = maker.for(typed);
    if (!options.length) return null;
    return { from, options, validFor: validFor(typed) };
  };
}

function validFor(typed) {
  if (/^[?$]/.test(typed)) return /^[?$][\w\u00B7-\uFFFD]*$/;
  if (typed.startsWith("<")) return /^<[^<>"{}|^`\\\s]*$/;
  if (typed.includes(":")) return new RegExp(`^${typed.slice(0, typed.indexOf(":") + 1).replace(/[.\-]/g, "\\$&")}[^\\s:]*$`);
  return /^[\p{L}\p{N}_-]*$/u;
}

class Options {
  constructor(terms, place, text, number) {
    Object.assign(this, { terms, place, text, number });
  }

  for(typed) {
    if (/^[?$]/.test(typed)) return this.variables(typed[0]);
    if (this.place.slot === "declaration") return this.declarations();
    if (typed.startsWith("<")) return this.iris(typed.slice(1).toLowerCase());
    const colon = typed.indexOf(":");
    if (colon >= 0) return this.names(typed.slice(0, colon));
    const word = typed.toLowerCase();
    return [
      ...this.variables("?"),
      ...this.vocabulary(word),
      ...this.concepts(word),
      ...this.prefixes(),
      ...keywords.map((label) => ({ label, type: "keyword", boost: this.place.slot === "other" ? 3 : -1 })),
      ...functions.map((label) => ({ label, type: "function", apply: `${label}(`, boost: this.place.slot === "other" ? 2 : -3 })),
    ];
  }

  variables(mark) {
    return this.place.variables.map((name) => ({ label: mark + name, type: "variable", boost: 5 }));
  }

  declarations() {
    return Object.entries(this.terms.prefixes)
      .filter(([prefix]) => !this.place.prefixes.has(prefix))
      .map(([prefix, namespace]) => ({ label: `${prefix}:`, apply: `${prefix}: <${namespace}>\n`, detail: namespace, type: "namespace" }));
  }

  prefixes() {
    const known = new Map([...Object.entries(this.terms.prefixes), ...this.place.prefixes]);
    return [...known].map(([prefix, namespace]) => ({
      label: `${prefix}:`,
      detail: namespace,
      type: "namespace",
      boost: -2,
      apply: this.inserting({ text: `${prefix}:`, add: this.place.prefixes.has(prefix) ? null : { prefix, namespace } }, true),
    }));
  }

  /** Terms of one prefix, after its colon. */
  names(prefix) {
    const namespace = this.place.prefixes.get(prefix) ?? this.terms.prefixes[prefix];
    if (namespace === undefined) return [];
    const add = this.place.prefixes.has(prefix) ? null : { prefix, namespace };
    return this.terms.vocabulary
      .filter((term) => term.iri.startsWith(namespace))
      .map((term) => {
        const written = `${prefix}:${term.iri.slice(namespace.length)}`;
        return this.option(term, written, { text: written, add });
      });
  }

  iris(part) {
    return [...this.terms.vocabulary, ...this.terms.concepts]
      .filter((term) => !part || term.iri.toLowerCase().includes(part) || this.terms.label(term).toLowerCase().includes(part))
      .slice(0, MOST)
      .map((term) => this.option(term, `<${term.iri}>`, { text: `<${term.iri}>`, add: null }));
  }

  /** Classes and properties by their name and by their label. */
  vocabulary(word) {
    const options = [];
    for (const term of this.terms.vocabulary) {
      const written = this.terms.written(term.iri, this.place.prefixes);
      options.push(this.option(term, written.text, written));
      for (const label of word ? new Set(Object.values(term.label ?? {})) : []) {
        options.push({ ...this.option(term, label, written), displayLabel: `${label} (${written.text})` });
      }
    }
    return options;
  }

  /** Concepts by any of their labels, in every language; only once something is typed. */
  concepts(word) {
    if (!word) return [];
    const options = [];
    for (const term of this.terms.concepts) {
      const labels = new Set([...Object.values(term.label ?? {}), ...(term.alt ?? [])]);
      for (const label of labels) {
        if (!label.toLowerCase().includes(word)) continue;
        const written = this.terms.written(term.iri, this.place.prefixes);
        const main = this.terms.label(term);
        const option = this.option(term, label, written);
        options.push(label === main ? option : { ...option, displayLabel: `${label} → ${main}` });
        if (options.length >= MOST) return options;
      }
    }
    return options;
  }

  option(term, label, written) {
    const { slot, property } = this.place;
    const expected = { subject: null, predicate: "property", object: property === "a" || property === "rdf:type" ? "class" : "concept" }[slot];
    const kind = this.text.kinds[term.kind] ?? term.kind;
    const shown = this.terms.label(term);
    const parts = [shown && shown !== label ? shown : null, this.terms.scheme(term) || kind, `${this.number.format(term.count)}×`];
    return {
      label,
      detail: parts.filter(Boolean).join(" · "),
      info: this.terms.inLanguage(term.definition) || undefined,
      type: term.kind,
      boost: Math.min(4, Math.log10(1 + term.count)) + (term.kind === expected ? 20 : expected === "class" ? -20 : 0),
      apply: this.inserting(written),
    };
  }

  /** Writes a term, and the declaration of its prefix when the query has none. */
  inserting({ text, add }, reopen = false) {
    const end = this.place.end;
    return (view, completion, from, to) => {
      const changes = [{ from, to, insert: text }];
      let shift = 0;
      if (add) {
        const line = `${end ? "\n" : ""}PREFIX ${add.prefix}: <${add.namespace}>${end ? "" : "\n"}`;
        changes.unshift({ from: end, insert: line });
        shift = line.length;
      }
      view.dispatch({
        changes,
        selection: { anchor: from + shift + text.length },
        scrollIntoView: true,
        userEvent: "input.complete",
        annotations: pickedCompletion.of(completion),
      });
      if (reopen) startCompletion(view);
    };
  }
}
