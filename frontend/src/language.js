// SPARQL for CodeMirror: highlighting by classes (colours are in sparql.css), brackets, comments, indentation.
import { HighlightStyle, LanguageSupport, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { Tag } from "@lezer/highlight";

import { startState, tokenAt } from "./tokens.js";

const TYPES = [
  "comment", "iri", "variable", "blank", "name", "language", "number", "string", "keyword", "function", "operator",
  "punctuation", "error",
];
const tags = Object.fromEntries(TYPES.map((type) => [type, Tag.define(type)]));
/** CodeMirror knows some plain names ("variable") and would take them for its own. */
const nameOf = (type) => `sparql-${type}`;

const language = StreamLanguage.define({
  name: "sparql",
  startState: () => ({ ...startState(), depth: 0 }),
  copyState: (state) => ({ ...state }),
  token(stream, state) {
    const { type, end } = tokenAt(stream.string, stream.pos, state);
    if (type === "punctuation") {
      if ("{([".includes(stream.peek())) state.depth++;
      else if ("})]".includes(stream.peek())) state.depth = Math.max(0, state.depth - 1);
    }
    stream.pos = end;
    return type && nameOf(type);
  },
  indent(state, textAfter, context) {
    if (state.quote) return null;
    return Math.max(0, state.depth - (/^[})\]]/.test(textAfter) ? 1 : 0)) * context.unit;
  },
  languageData: {
    commentTokens: { line: "#" },
    closeBrackets: { brackets: ["{", "(", "[", '"', "'"] },
    indentOnInput: /^\s*[})\]]$/,
  },
  tokenTable: Object.fromEntries(TYPES.map((type) => [nameOf(type), tags[type]])),
});

const style = HighlightStyle.define(TYPES.map((type) => ({ tag: tags[type], class: `tok-${type}` })));

export const sparql = () => new LanguageSupport(language, [syntaxHighlighting(style)]);
