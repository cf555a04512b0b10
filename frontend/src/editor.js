// The editor in the place of the form's text area, which stays the form's field.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { forEachDiagnostic, forceLinting, lintGutter, linter, nextDiagnostic, previousDiagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";

import { localDiagnostics, placeOf } from "./checks.js";
import { completionSource } from "./completion.js";
import { element } from "./element.js";
import { sparql } from "./language.js";
import { fill } from "./text.js";

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
  // CodeMirror draws these with data: images, which `img-src 'self'` does not let pass
  ".cm-lintRange": { backgroundImage: "none", textDecorationLine: "underline", textDecorationStyle: "wavy", textDecorationSkipInk: "none" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecorationColor: "var(--sparql-error)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecorationColor: "var(--sparql-warning)" },
  ".cm-lint-marker": { width: "1em", height: "1em", textAlign: "center", lineHeight: "1.2" },
  ".cm-lint-marker-error": { content: "normal", color: "var(--sparql-error)" },
  ".cm-lint-marker-error:after": { content: "'●'" },
  ".cm-lint-marker-warning": { content: "normal", color: "var(--sparql-warning)" },
  ".cm-lint-marker-warning:after": { content: "'▲'" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--sparql-error)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--sparql-warning)" },
  ".cm-highlightTab": { backgroundImage: "none" },
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
  const marks = new Marks(text);
  const view = new EditorView({
    state: EditorState.create({
      doc: area.value,
      extensions: [
        Prec.highest(keymap.of(keys(run, announce, text))),
        EditorState.phrases.of(text.phrases ?? {}),
        lineNumbers(), lintGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(),
        closeBrackets(), highlightActiveLine(), highlightSelectionMatches(), indentUnit.of("  "), EditorView.lineWrapping,
        autocompletion({ override: [completionSource(terms, text, locale)], maxRenderedOptions: 60, icons: true }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
        sparql(), checks, SIZES,
        EditorView.contentAttributes.of(named(area)), EditorView.domEventHandlers({ beforeinput: replaceSelected }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) area.value = update.state.doc.toString();
          if (update.docChanged || (update.focusChanged && view.hasFocus)) view.setTabFocusMode(false);
          marks.show(update.state);
        }),
      ],
    }),
  });
  area.before(view.dom, marks.list);
  marks.view = view;
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

/**
 * What is marked in the query as a list below it, with buttons to go there and to mend it: reached by keyboard and read
 * by a screen reader, which the editor's tooltips and its panel (buttons inside options) are not.
 */
class Marks {
  constructor(text) {
    this.text = text;
    this.list = element("ul", { class: "sparql-checks", hidden: "" });
    this.shown = "";
  }

  show(state) {
    const found = [];
    forEachDiagnostic(state, (diagnostic, from, to) => found.push({ ...diagnostic, from, to }));
    const key = JSON.stringify(found.map(({ message, severity, from }) => [message, severity, state.doc.lineAt(from).number]));
    if (key === this.shown) return;
    this.shown = key;
    this.list.hidden = !found.length;
    this.list.replaceChildren(...found.map((diagnostic) => this.item(diagnostic, state)));
  }

  item({ message, severity, from, actions = [] }, state) {
    const line = state.doc.lineAt(from).number;
    const item = element("li", { class: severity });
    item.append(message, " ", this.button(fill(this.text.goTo, { line }), (now) => this.select(now)));
    for (const action of actions) {
      item.append(" ", this.button(action.name, (now) => {
        action.apply(this.view, now.from, now.to);
        this.view.focus();
      }));
    }
    item.dataset.key = `${message}\n${line}`;
    return item;
  }

  /** A button that does something with the mark as it is then: editing moves marks. */
  button(words, act) {
    const button = element("button", { type: "button" }, words);
    button.addEventListener("click", () => {
      const key = button.closest("li").dataset.key;
      forEachDiagnostic(this.view.state, (diagnostic, from, to) => {
        if (`${diagnostic.message}\n${this.view.state.doc.lineAt(from).number}` === key) queueMicrotask(() => act({ from, to }));
      });
    });
    return button;
  }

  select({ from, to }) {
    this.view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    this.view.focus();
  }
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
    { key: "F8", run: nextDiagnostic, shift: previousDiagnostic },
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

/**
 * Typing over a selection: a browser would keep the look of what was selected in a `style` attribute, which the Content
 * Security Policy blocks and reports; so the editor replaces it itself, through the handlers that typing goes through.
 */
function replaceSelected(event, view) {
  const { main } = view.state.selection;
  if (event.inputType !== "insertText" || !event.data || !event.cancelable || event.isComposing || main.empty) return false;
  event.preventDefault();
  const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  const handled = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, main.from, main.to, event.data, insert));
  if (!handled) view.dispatch(insert());
  return true;
}

function indent(view) {
  return view.state.selection.ranges.some((range) => !range.empty) ? indentMore(view) : insertTwo(view);
}

function insertTwo(view) {
  const unit = view.state.facet(indentUnit);
  view.dispatch(view.state.replaceSelection(unit), { userEvent: "input", scrollIntoView: true });
  return true;
}
