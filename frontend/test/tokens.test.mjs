import assert from "node:assert/strict";
import { test } from "node:test";

import { localDiagnostics, nearest, placeOf } from "../src/checks.js";
import { contextAt } from "../src/context.js";
import { declarations, tokenize } from "../src/tokens.js";
import { Terms } from "../src/terms.js";
import { strings } from "./server.mjs";

const kinds = (text) => tokenize(text).map((token) => `${token.type}:${token.text}`);

test("tokens of every kind", () => {
  assert.deepEqual(kinds("PREFIX ex: <http://e.org/> # why"), ["keyword:PREFIX", "name:ex:", "iri:<http://e.org/>", "comment:# why"]);
  assert.deepEqual(kinds("?a a ex:b.c. $d"), ["variable:?a", "keyword:a", "name:ex:b.c", "punctuation:.", "variable:$d"]);
  assert.deepEqual(kinds("ex:a\\/b%20c 1.5e3 .5 -1"), ["name:ex:a\\/b%20c", "number:1.5e3", "number:.5", "operator:-", "number:1"]);
  assert.deepEqual(kinds("'it\\'s'@nl-NL \"x\"^^xsd:int"), ["string:'it\\'s'", "language:@nl-NL", 'string:"x"', "operator:^^", "name:xsd:int"]);
  assert.deepEqual(kinds("FILTER(?n<5&&isIRI(?x))").slice(2, 6), ["variable:?n", "operator:<", "number:5", "operator:&&"]);
  assert.deepEqual(kinds("_:b0 [] nonsense"), ["blank:_:b0", "punctuation:[", "punctuation:]", "error:nonsense"]);
  assert.deepEqual(kinds('"""a\n}"b"""; "\u{1F600}"').map((kind) => kind.split(":")[0]), ["string", "string", "punctuation", "string"]);
});

test("a token never stands still, whatever the text", () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const pieces = ["\"", "'", '"""', "\\", "<", ">", "?", ":", "_:", "a", "\u{1F600}", "\n", "#", "@", "^", "{", " ", ".", "e9", "\u0000", "é"];
  for (let i = 0; i < 2000; i++) {
    const text = Array.from({ length: random(12) }, () => pieces[random(pieces.length)]).join("");
    const tokens = tokenize(text);
    for (const token of tokens) assert.equal(text.slice(token.from, token.to), token.text);
    for (const position of [0, Math.floor(text.length / 2), text.length]) contextAt(text, position);
  }
});

const slots = [
  ["SELECT * { |", "subject"], ["SELECT * { ?a |", "predicate"], ["SELECT * { ?a a |", "object", "a"],
  ["SELECT * { ?a a sk|", "object", "a"], ["SELECT * { ?a ex:p/|", "predicate"], ["SELECT * { ?a ex:p* |", "object", "ex:p"],
  ["SELECT * { ?a ex:p <htt|", "object", "ex:p"], ["SELECT * { ?a ex:p ?b ; |", "predicate"], ["SELECT * { ?a ex:p ?b , |", "object", "ex:p"],
  ["SELECT * { ?a ex:p ?b |", "other"], ["SELECT * { ?a (ex:p|ex:q)/|", "predicate"], ["SELECT * { ?a ex:p [ |", "predicate"],
  ["SELECT * { FILTER(?a = |", "other"], ["SELECT * { FILTER(?a < |", "other"], ["PREFIX |", "declaration"], ["SELECT ?|", "other"],
  ['SELECT * { ?a ?b "tex|', "none"], ["# com|", "none"], ['SELECT * { ?a ?b """x\ny|', "none"], ['SELECT * { ?a ?b """x\ny""" . ?c |', "predicate"],
  ["SELECT * { { ?a ?b ?c } UNION { ?x |", "predicate"], ["SELECT * { ?s ?p ?o FILTER EXISTS { ?s |", "predicate"], ["SELECT * { VALUES ?x { |", "object"],
];
for (const [marked, slot, property = null] of slots) {
  test(`in ${JSON.stringify(marked)} stands the ${slot}`, () => {
    const at = marked.lastIndexOf("|");
    const found = contextAt(marked.slice(0, at) + marked.slice(at + 1), at);
    assert.deepEqual([found.slot, found.property], [slot, property]);
  });
}

test("declarations end where the next one goes", () => {
  const query = "# x\nBASE <http://b/>\nPREFIX a: <http://a#>\nSELECT * { a:b ?p ?o }";
  const { prefixes, end } = declarations(tokenize(query));
  assert.deepEqual([...prefixes], [["a", "http://a#"]]);
  assert.equal(query.slice(0, end).split("\n").length, 3);
});

test("checks: undeclared prefixes, misspelt terms, brackets", () => {
  const terms = new Terms({
    prefixes: { ex: "https://example.org/def#" }, complete: ["https://example.org/def#"],
    properties: [{ iri: "https://example.org/def#theme", count: 3 }],
  }, ["en"]);
  const messages = (query) => localDiagnostics(query, terms, strings).map((each) => each.message);
  assert.deepEqual(messages("SELECT * { ?a ex:theme ?b . ?b ex:theme 'no:prefix' } # no:prefix"), ["The prefix ex: is not declared."]);
  const query = "PREFIX ex: <https://example.org/def#> SELECT * { ?a ex:teme ?b }";
  const [diagnostic] = localDiagnostics(query, terms, strings);
  assert.equal(diagnostic.actions[0].name, "Change to ex:theme");
  assert.deepEqual(messages("SELECT * { ?a ?b ?c"), ["{ is not closed."]);
  assert.deepEqual(messages("SELECT * { ?a ?b ?c } }"), ["} was not opened."]);
  assert.deepEqual(messages("SELECT * { ?a ?b ?c }"), []);
});

test("the nearest name is near", () => {
  assert.equal(nearest("tittle", ["title", "theme"]), "title");
  assert.equal(nearest("publisher", ["title", "theme"]), null);
});

test("a problem's column counts characters, not halves of them", () => {
  const lines = ["SELECT *", "{ \u{1F600} wrong }"];
  const doc = { lines: 2, line: (n) => ({ text: lines[n - 1], from: n === 1 ? 0 : 9, to: (n === 1 ? 0 : 9) + lines[n - 1].length }) };
  const { from, to } = placeOf(doc, { line: 2, column: 5 });
  assert.equal(lines[1].slice(from - 9, to - 9), "wrong");
  assert.equal(placeOf(doc, { line: 99, column: 99 }).to, doc.line(2).to);
  assert.equal(placeOf(doc, {}), null);
});

test("an IRI is written by the prefix of the query, else by ours, else in full", () => {
  const terms = new Terms({ prefixes: { ex: "https://example.org/def#" } }, ["en"]);
  assert.deepEqual(terms.written("https://example.org/def#a", new Map([["e", "https://example.org/def#"]])), { text: "e:a", add: null });
  assert.equal(terms.written("https://example.org/def#a", new Map()).add.prefix, "ex");
  assert.equal(terms.written("https://example.org/def#a", new Map([["ex", "http://other/"]])).text, "<https://example.org/def#a>");
  assert.equal(terms.written("https://example.org/def#a/b", new Map()).text, "<https://example.org/def#a/b>");
});
