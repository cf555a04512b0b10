// The knowledge base's terms for completion and checks, fetched once from the address that the form gives.

/** What an empty or missing file means: only keywords, functions and variables are completed. */
const NOTHING = { prefixes: {}, classes: [], properties: [], schemes: [], concepts: [], complete: [], cut: {} };

export class Terms {
  constructor(data, languages) {
    Object.assign(this, NOTHING, data);
    this.languages = languages;
    this.vocabulary = [
      ...this.classes.map((term) => ({ ...term, kind: "class" })),
      ...this.properties.map((term) => ({ ...term, kind: "property" })),
    ];
    this.concepts = this.concepts.map((term) => ({ ...term, kind: "concept" }));
    this.byIri = new Map(this.vocabulary.map((term) => [term.iri, term]));
  }

  /** The label in the page's language, else in another one, else none. */
  label(term) {
    return this.inLanguage(term.label);
  }

  /** The text of a definition or label in the language that fits best. */
  inLanguage(texts) {
    for (const language of this.languages) if (texts?.[language]) return texts[language];
    return Object.values(texts ?? {})[0] ?? "";
  }

  /** Label of the concept scheme that a concept is in. */
  scheme(term) {
    const scheme = this.schemes[term.scheme];
    return scheme ? this.label(scheme) : "";
  }

  /** How a query writes an IRI: by a prefix that it declares, by one that we know, else in full. */
  written(iri, declared) {
    for (const [known, prefixes] of [[true, [...declared]], [false, Object.entries(this.prefixes)]]) {
      let best = null;
      for (const [prefix, namespace] of prefixes) {
        if (!namespace || !iri.startsWith(namespace)) continue;
        if (!/^[\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}_])?$/u.test(iri.slice(namespace.length))) continue;
        if (!known && declared.has(prefix)) continue; // the query uses that prefix for something else
        if (!best || namespace.length > best.namespace.length) best = { prefix, namespace };
      }
      if (best) return { text: `${best.prefix}:${iri.slice(best.namespace.length)}`, add: known ? null : best };
    }
    return { text: `<${iri}>`, add: null };
  }
}

/** The terms, or none when they cannot be had: completion is a help, never a condition. */
export async function fetchTerms(address, languages) {
  if (!address) return new Terms({}, languages);
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    return new Terms(answer.ok ? await answer.json() : {}, languages);
  } catch {
    return new Terms({}, languages);
  }
}
