// Marks in the query: what can be seen before it runs, and what the server said about it.
import { fill } from "./text.js";
import { declarations, tokenize } from "./tokens.js";

const OPENING = { "}": "{", ")": "(", "]": "[" };

/** Undeclared prefixes, brackets that do not match, and terms that a vocabulary we know whole does not have. */
export function localDiagnostics(query, terms, text) {
  const tokens = tokenize(query).filter((token) => token.type !== "comment");
  const { prefixes, end } = declarations(tokens);
  const found = [...brackets(tokens, text)];
  const missing = new Set();
  tokens.forEach((token, index) => {
    if (token.type !== "name" || isDeclaration(tokens, index)) return;
    const colon = token.text.indexOf(":");
    const prefix = token.text.slice(0, colon);
    const namespace = prefixes.get(prefix);
    if (namespace !== undefined) {
      const misspelt = unknownTerm(token, namespace, colon, terms, text);
      if (misspelt) found.push(misspelt);
    } else if (!missing.has(prefix)) {
      missing.add(prefix);
      found.push(undeclared(token, prefix, terms, end, text));
    }
  });
  return found;
}

function isDeclaration(tokens, index) {
  return tokens[index - 1]?.type === "keyword" && tokens[index - 1].text.toUpperCase() === "PREFIX";
}

function undeclared(token, prefix, terms, end, text) {
  const namespace = terms.prefixes[prefix];
  const actions = namespace ? [addPrefix(prefix, namespace, end, text)] : [];
  return { from: token.from, to: token.to, severity: "error", message: fill(text.undeclared, { prefix: `${prefix}:` }), actions };
}

function addPrefix(prefix, namespace, end, text) {
  const line = `PREFIX ${prefix}: <${namespace}>`;
  return {
    name: fill(text.addLine, { line }),
    apply: (view) => view.dispatch({ changes: { from: end, insert: end ? `\n${line}` : `${line}\n` } }),
  };
}

function unknownTerm(token, namespace, colon, terms, text) {
  const local = token.text.slice(colon + 1);
  if (!terms.complete.includes(namespace) || terms.byIri.has(namespace + local)) return null;
  const names = terms.vocabulary.filter((term) => term.iri.startsWith(namespace)).map((term) => term.iri.slice(namespace.length));
  const near = nearest(local, names);
  const written = `${token.text.slice(0, colon)}:${near}`;
  const actions = near
    ? [{ name: fill(text.changeTo, { name: written }), apply: (view, from, to) => view.dispatch({ changes: { from, to, insert: written } }) }]
    : [];
  return { from: token.from, to: token.to, severity: "warning", message: fill(text.unknownTerm, { name: token.text }), actions };
}

function* brackets(tokens, text) {
  const open = [];
  for (const token of tokens) {
    if (token.type !== "punctuation") continue;
    if ("{([".includes(token.text)) open.push(token);
    else if (token.text in OPENING) {
      if (open.at(-1)?.text === OPENING[token.text]) open.pop();
      else {
        yield { from: token.from, to: token.to, severity: "error", message: fill(text.unopened, { sign: token.text }) };
        return; // all that follows would be guesses
      }
    }
  }
  const last = open.at(-1);
  if (last) yield { from: last.from, to: last.to, severity: "error", message: fill(text.unclosed, { sign: last.text }) };
}

/** The name at the smallest edit distance, when that is small enough to be a slip. */
export function nearest(name, names) {
  const allowed = Math.max(1, Math.floor(name.length / 3));
  let best = null;
  let least = allowed + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const steps = distance(name.toLowerCase(), candidate.toLowerCase());
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}

function distance(one, two) {
  let previous = Array.from({ length: two.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= two.length; j++) {
      row.push(Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (one[i - 1] === two[j - 1] ? 0 : 1)));
    }
    previous = row;
  }
  return previous[two.length];
}

/** The place of a problem document's `line` and `column` (both from 1, in characters) in an editor's document. */
export function placeOf(doc, problem) {
  if (!Number.isInteger(problem.line)) return null;
  const line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
  const before = [...line.text].slice(0, Math.max(0, (problem.column ?? 1) - 1)).join("");
  const from = Math.min(line.from + before.length, line.to);
  const word = /^[\p{L}\p{N}_:.\-]+|^./u.exec(line.text.slice(from - line.from));
  const to = from + (word ? word[0].length : 0);
  return from === to ? { from: Math.max(line.from, from - 1), to } : { from, to };
}
