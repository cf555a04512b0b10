// The editor in the place of the form's text area, which stays the form's field.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { forceLinting, lintGutter, lintKeymap, linter } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";

import { localDiagnostics, placeOf } from "./checks.js";
import { completionSource } from "./completion.js";
import { sparql } from "./language.js";

const SIZES = EditorView.theme({
  "&": { color: "var(--sparql-text)", backgroundColor: "var(--sparql-background)", border: "1px solid var(--sparql-border)", borderRadius: "4px" },
  "&.cm-focused": { outline: "3px solid var(--sparql-focus)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--sparql-font)", lineHeight: "1.5", minHeight: "12em", maxHeight: "60vh" },
  ".cm-content": { caretColor: "var(--sparql-text)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--sparql-text)" },
  ".cm-gutters": { color: "var(--sparql-quiet)", backgroundColor: "var(--sparql-gutter)", borderRight: "1px solid var(--sparql-border)" },
  ".cm-activeLine": { backgroundColor: "var(--sparql-line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--sparql-selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--sparql-match)" },
  "&.cm-focused .cm-matchingBracket, &.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", outline: "1px solid currentColor" },
  ".cm-tooltip, .cm-panels": { color: "var(--sparql-text)", backgroundColor: "var(--sparql-raised)", borderColor: "var(--sparql-border)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--sparql-font)", maxHeight: "16em", maxWidth: "min(60em, 90vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--sparql-chosen-text)", backgroundColor: "var(--sparql-chosen)" },
  ".cm-completionDetail": { fontStyle: "normal", color: "var(--sparql-quiet)" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-completionMatchedText": { textDecoration: "underline", fontWeight: "600" },
  ".cm-completionIcon": { opacity: "1", color: "var(--sparql-quiet)" },
  "li[aria-selected] .cm-completionIcon": { color: "inherit" },
  ".cm-button": { backgroundImage: "none", color: "inherit", backgroundColor: "transparent", borderColor: "currentColor" },
  ".cm-textfield": { color: "inherit", backgroundColor: "var(--sparql-background)", borderColor: "currentColor" },
  ".cm-diagnosticAction": { backgroundColor: "var(--sparql-chosen)", color: "var(--sparql-chosen-text)" },
});

/**
 * Puts an editor in front of `area`.
 *
 * @returns {{view: EditorView, setProblem(problem): object|null, refresh(): void}} `setProblem` marks the place that a
 *   problem document names, until the query is edited, and gives that place; `refresh` checks anew with new terms.
 */
export function upgrade(area, { terms, text, locale, run, announce }) {
  let problem = null; // {doc, diagnostic} of the last answer
  const checks = linter(
    ({ state }) => [
      ...localDiagnostics(state.doc.toString(), terms(), text),
      ...(problem?.doc.eq(state.doc) ? [problem.diagnostic] : []),
    ],
    { delay: 400 },
  );
  const view = new EditorView({
    state: EditorState.create({
      doc: area.value,
      extensions: [
        Prec.highest(keymap.of(keys(run, announce, text))),
        EditorState.phrases.of(text.phrases ?? {}),
        lineNumbers(), lintGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(),
        closeBrackets(), highlightActiveLine(), highlightSelectionMatches(), indentUnit.of("  "), EditorView.lineWrapping,
        autocompletion({ override: [completionSource(terms, text, locale)], maxRenderedOptions: 60, icons: true }),
        keymap.of([...closeBracketsKeymap, ...lintKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
        sparql(), checks, SIZES,
        EditorView.contentAttributes.of(named(area)),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) area.value = update.state.doc.toString();
          if (update.docChanged || (update.focusChanged && view.hasFocus)) view.setTabFocusMode(false);
        }),
      ],
    }),
  });
  area.before(view.dom);
  area.hidden = true;
  for (const label of area.labels ?? []) label.addEventListener("click", () => view.focus());
  return {
    view,
    refresh: () => forceLinting(view),
    setProblem(document) {
      const place = document && placeOf(view.state.doc, document);
      problem = place && { doc: view.state.doc, diagnostic: { ...place, severity: "error", message: document.detail ?? document.title ?? "" } };
      forceLinting(view);
      return place;
    },
  };
}

/** The editor has the text area's name and description. */
function named(area) {
  const attributes = { spellcheck: "false", autocapitalize: "off" };
  const label = area.getAttribute("aria-label") ?? area.labels?.[0]?.textContent.trim();
  if (label) attributes["aria-label"] = label;
  const described = area.getAttribute("aria-describedby");
  if (described) attributes["aria-describedby"] = described;
  return attributes;
}

function keys(run, announce, text) {
  return [
    { key: "Mod-Enter", run: () => (run(), true), preventDefault: true },
    { key: "Tab", run: (view) => (completionStatus(view.state) === "active" ? acceptCompletion(view) : indent(view)), shift: indentLess },
    {
      // https://www.w3.org/TR/WCAG22/#no-keyboard-trap: Escape, then Tab; no time limit, editing takes Tab back
      key: "Escape",
      run: (view) => {
        if (completionStatus(view.state) || view.dom.querySelector(".cm-panel")) return false;
        view.setTabFocusMode(true);
        announce(text.tabLeaves);
        return true;
      },
    },
  ];
}

function indent(view) {
  return view.state.selection.ranges.some((range) => !range.empty) ? indentMore(view) : insertTwo(view);
}

function insertTwo(view) {
  const unit = view.state.facet(indentUnit);
  view.dispatch(view.state.replaceSelection(unit), { userEvent: "input", scrollIntoView: true });
  return true;
}
