// CodeMirror makes its style rules in the browser and puts them in a <style> element, which a strict Content Security
// Policy only lets pass with a nonce; a nonce in the page would forbid keeping finished pages and their ETags. A
// constructed style sheet is script, not inline style, so `style-src 'self'` is enough. build.mjs puts this module in
// the place of `style-mod` for all of CodeMirror.
import { StyleModule as Original } from "style-mod/original";

const sheets = new WeakMap(); // StyleModule -> CSSStyleSheet

export class StyleModule extends Original {
  /** Modules earlier in the list take precedence, as in the original: it puts later rules above earlier ones. */
  static mount(root, modules) {
    const list = Array.isArray(modules) ? modules : [modules];
    const mine = list.map((module) => {
      if (!sheets.has(module)) {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(module.getRules());
        sheets.set(module, sheet);
      }
      return sheets.get(module);
    });
    const others = root.adoptedStyleSheets.filter((sheet) => !mine.includes(sheet));
    root.adoptedStyleSheets = [...others, ...mine];
  }
}

/** Whether this browser can style the editor; the plain text area stays where it cannot. */
export const canStyle =
  typeof CSSStyleSheet === "function" && "replaceSync" in CSSStyleSheet.prototype && "adoptedStyleSheets" in document;
