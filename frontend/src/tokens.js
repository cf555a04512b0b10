// SPARQL 1.1 tokens, a line at a time: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
// One tokenizer serves highlighting, completion and the checks, so that they never disagree.

const KEYWORDS = `
ADD ALL AS ASC ASK BASE BIND BY CLEAR CONSTRUCT COPY CREATE DATA DEFAULT DELETE DESC DESCRIBE DISTINCT DROP EXISTS
FILTER FROM GRAPH GROUP HAVING IN INSERT INTO LIMIT LOAD MINUS MOVE NAMED NOT OFFSET OPTIONAL ORDER PREFIX REDUCED
SELECT SEPARATOR SERVICE SILENT TO UNDEF UNION USING VALUES WHERE WITH`.trim().split(/\s+/);

const FUNCTIONS = `
ABS AVG BNODE BOUND CEIL COALESCE CONCAT CONTAINS COUNT DATATYPE DAY ENCODE_FOR_URI FLOOR GROUP_CONCAT HOURS IF IRI
ISBLANK ISIRI ISLITERAL ISNUMERIC ISURI LANG LANGMATCHES LCASE MAX MD5 MIN MINUTES MONTH NOW RAND REGEX REPLACE ROUND
SAMETERM SAMPLE SECONDS SHA1 SHA256 SHA384 SHA512 STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLEN STRSTARTS STRUUID
SUBSTR SUM TIMEZONE TZ UCASE URI UUID YEAR`.trim().split(/\s+/);

/** Spelling of the functions as the specification prints them; the others are in capitals. */
const SPELLED = new Map(
  ["isBlank", "isIRI", "isLiteral", "isNumeric", "isURI", "langMatches", "sameTerm"].map((name) => [name.toUpperCase(), name]),
);

export const keywords = KEYWORDS;
export const functions = FUNCTIONS.map((name) => SPELLED.get(name) ?? name);

const keywordSet = new Set(KEYWORDS);
const functionSet = new Set(FUNCTIONS);

const PN_CHARS_BASE = "A-Za-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D" +
  "\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}";
const PN_CHARS = `${PN_CHARS_BASE}_0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040\\-`;
const PN_PREFIX = `[${PN_CHARS_BASE}](?:[${PN_CHARS}.]*[${PN_CHARS}])?`;
const PLX = "%[0-9A-Fa-f]{2}|\\\\[_~.\\-!$&'()*+,;=/?#@%]";
const PN_LOCAL = `(?:[${PN_CHARS_BASE}_0-9:]|${PLX})(?:(?:[${PN_CHARS}.:]|${PLX})*(?:[${PN_CHARS}:]|${PLX}))?`;
const sticky = (source) => new RegExp(source, "uy");

const RULES = [
  ["comment", sticky("#.*")],
  ["iri", sticky('<[^<>"{}|^`\\\\\\u0000-\\u0020]*>')],
  ["variable", sticky(`[?$][${PN_CHARS_BASE}_0-9][${PN_CHARS_BASE}_0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`)],
  ["blank", sticky(`_:[${PN_CHARS_BASE}_0-9](?:[${PN_CHARS}.]*[${PN_CHARS}])?`)],
  ["name", sticky(`(?:${PN_PREFIX})?:(?:${PN_LOCAL})?`)],
  ["language", sticky("@[A-Za-z]+(?:-[A-Za-z0-9]+)*")],
  ["number", sticky("(?:[0-9]+\\.[0-9]*|\\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?")],
  ["string", sticky('"(?:[^"\\\\]|\\\\.)*("|$)|\'(?:[^\'\\\\]|\\\\.)*(\'|$)')],
  ["word", sticky("[A-Za-z_][A-Za-z0-9_]*")],
  ["operator", sticky("\\^\\^|&&|\\|\\||!=|<=|>=|[=<>!+*/|^?-]")],
  ["punctuation", sticky("[{}()\\[\\].,;]")],
];
const SPACE = sticky("\\s+");
const LONG_QUOTE = sticky("\"\"\"|'''");

/** State between lines: the quotes of a long string that is still open. */
export const startState = () => ({ quote: null });

/**
 * The token of `line` at `start`: its type, its end and whether it is a string still open there. `type` is null for
 * space and "error" for what is no token. `state.quote` says whether the line begins inside a long string, and is kept
 * up to date.
 */
export function tokenAt(line, start, state) {
  if (state.quote) return longString(line, start, state);
  SPACE.lastIndex = start;
  if (SPACE.test(line)) return { type: null, end: SPACE.lastIndex };
  LONG_QUOTE.lastIndex = start;
  const quote = LONG_QUOTE.exec(line);
  if (quote) {
    state.quote = quote[0];
    return longString(line, start + 3, state);
  }
  for (const [type, rule] of RULES) {
    rule.lastIndex = start;
    const match = rule.exec(line);
    if (!match) continue;
    const open = type === "string" && !(match[1] || match[2]);
    return { type: type === "word" ? wordType(match[0]) : type, end: rule.lastIndex, open };
  }
  return { type: "error", end: start + (line.codePointAt(start) > 0xffff ? 2 : 1) };
}

function longString(line, from, state) {
  for (let i = from; i < line.length; i++) {
    if (line[i] === "\\") i++;
    else if (line.startsWith(state.quote, i)) {
      state.quote = null;
      return { type: "string", end: i + 3, open: false };
    }
  }
  return { type: "string", end: line.length, open: true };
}

function wordType(word) {
  if (word === "a" || word === "true" || word === "false") return "keyword";
  const upper = word.toUpperCase();
  if (keywordSet.has(upper)) return "keyword";
  return functionSet.has(upper) ? "function" : "error";
}

/** All tokens of a text but the spaces: `{type, from, to, text, open}`; a long string is one token a line. */
export function tokenize(text) {
  const tokens = [];
  const state = startState();
  let offset = 0;
  for (const line of text.split("\n")) {
    for (let at = 0; at < line.length; ) {
      const { type, end, open } = tokenAt(line, at, state);
      if (type) tokens.push({ type, from: offset + at, to: offset + end, text: line.slice(at, end), open });
      at = end;
    }
    offset += line.length + 1;
  }
  return tokens;
}

/** Prefix declarations of a query: `{prefixes: Map(prefix -> namespace), end}`, `end` being where a next one goes. */
export function declarations(tokens) {
  const prefixes = new Map();
  let end = 0;
  const code = tokens.filter((token) => token.type !== "comment");
  for (let i = 0; i < code.length; i++) {
    const word = code[i].type === "keyword" ? code[i].text.toUpperCase() : "";
    if (word === "PREFIX" && code[i + 1]?.type === "name" && code[i + 2]?.type === "iri") {
      prefixes.set(code[i + 1].text.slice(0, -1), code[i + 2].text.slice(1, -1));
      end = code[(i += 2)].to;
    } else if (word === "BASE" && code[i + 1]?.type === "iri") end = code[(i += 1)].to;
    else if (word !== "PREFIX") break;
  }
  return { prefixes, end };
}
