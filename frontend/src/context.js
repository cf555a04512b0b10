// What is being written at the cursor, told from the tokens before it.
import { declarations, tokenize } from "./tokens.js";

/** Small words that are terms of a triple pattern. */
const TERMS = new Set(["a", "true", "false"]);

/** Words of the grammar after which no triple pattern stands. */
const EXPRESSION = new Set(["FILTER", "BIND", "VALUES", "SERVICE", "GRAPH", "AS", "HAVING", "ORDER", "GROUP", "BY"]);

/**
 * Where the cursor is in a query.
 *
 * `slot` is "none" (in a comment or string), "declaration" (after PREFIX), "subject", "predicate" or "object" in a
 * triple pattern, or "other"; `property` is the predicate's text in the object slot; `current` the token being typed;
 * `prefixes` those declared, `end` where a further declaration goes; `variables` those of the query.
 */
export function contextAt(text, position) {
  const tokens = tokenize(text);
  const declared = declarations(tokens);
  const current = tokens.find((token) => token.from < position && position <= token.to && !SIGNS.has(token.type));
  const found = { ...declared, current, property: null, variables: variablesOf(tokens, current) };
  if (current && inside(current, position)) return { ...found, slot: "none" };
  const partial = current?.type === "iri" ? null : /<[^<>"{}|^`\\\s]*$/.exec(text.slice(0, position));
  if (partial) {
    const place = tripleSlot(tokens.filter((token) => token.to <= partial.index));
    if (place.slot !== "other") {
      return { ...found, ...place, current: { type: "iri", from: partial.index, to: position, text: partial[0] } };
    }
  }
  const code = tokens.filter((token) => token.to <= (current ? current.from : position) && token.type !== "comment");
  const last = code.at(-1);
  if (last?.type === "keyword" && last.text.toUpperCase() === "PREFIX") return { ...found, slot: "declaration" };
  return { ...found, ...tripleSlot(code) };
}

const SIGNS = new Set(["punctuation", "operator"]);

function variablesOf(tokens, current) {
  const names = tokens.filter((token) => token.type === "variable" && token !== current).map((token) => token.text.slice(1));
  return [...new Set(names)];
}

function inside({ type, to, open }, position) {
  return type === "comment" || (type === "string" && (open || position < to));
}

const [SUBJECT, PREDICATE, OBJECT, COMPLETE, ELSEWHERE] = [0, 1, 2, 3, 4];

/** The slot of the next term, by counting terms since the triple pattern began; one frame for each open bracket. */
function tripleSlot(code) {
  const frames = [{ mark: "", slot: ELSEWHERE, property: null, values: false }];
  for (const token of code) {
    const top = frames.at(-1);
    if (token.type === "punctuation") punctuate(frames, top, token.text);
    else if (top.mark === "(" || top.mark === "") top.values = token.text.toUpperCase() === "VALUES";
    else if (token.type === "operator") {
      if (top.slot === OBJECT && "/|".includes(token.text)) top.slot = PREDICATE; // a property path goes on
    } else if (token.type === "function" || (token.type === "keyword" && !TERMS.has(token.text))) {
      const word = token.text.toUpperCase();
      top.slot = token.type === "function" || EXPRESSION.has(word) ? ELSEWHERE : SUBJECT;
      top.values = word === "VALUES";
    } else if (top.slot === PREDICATE) [top.slot, top.property] = [OBJECT, token.text];
    else if (top.slot < COMPLETE && !top.data) top.slot++;
  }
  const { slot, property } = frames.at(-1);
  return { slot: NAMES[slot], property: slot === OBJECT ? property : null };
}

const NAMES = ["subject", "predicate", "object", "other", "other"];

function punctuate(frames, top, sign) {
  if (sign === "{") frames.push({ mark: sign, slot: top.values ? OBJECT : SUBJECT, property: null, data: top.values });
  else if (sign === "(") frames.push({ mark: sign, slot: ELSEWHERE, property: null });
  else if (sign === "[") frames.push({ mark: sign, slot: PREDICATE, property: null });
  else if ("})]".includes(sign)) {
    if (frames.length > 1) frames.pop();
    close(frames.at(-1), sign);
  } else if (top.mark === "(" || top.mark === "") return;
  else if (sign === ".") top.slot = SUBJECT;
  else if (sign === ";") top.slot = PREDICATE;
  else if (sign === ",") top.slot = OBJECT;
}

/** A bracket that closes is the end of a group, of a path's part, of a list or of an expression. */
function close(top, sign) {
  if (top.mark === "(" || top.mark === "") return;
  if (sign === "}") top.slot = SUBJECT;
  else if (top.slot === ELSEWHERE) top.slot = top.values ? ELSEWHERE : SUBJECT;
  else if (!top.data) [top.slot, top.property] = [Math.min(top.slot + 1, COMPLETE), null];
}
