// Makes each form[data-sparql-editor] an editor. The form works without this script; nothing here is a condition.
import * as past from "./past.js";
import { upgrade } from "./editor.js";
import { Runner } from "./runner.js";
import { canStyle } from "./style-mod.js";
import { sortable } from "./table.js";
import { fetchTerms, Terms } from "./terms.js";
import { jsonAttribute } from "./text.js";

/** Fields that choose a part or a download, and so have no place in a link to share. */
const NOT_SHARED = new Set(["partial", "format"]);

function start(form) {
  const area = form.querySelector('textarea[name="query"]');
  const region = document.getElementById(form.dataset.results ?? "");
  if (!area || !region) return;
  const text = jsonAttribute(form, "data-strings");
  const locale = document.documentElement.lang || "en";
  const status = form.querySelector("[data-status]");
  const announce = (words) => status && (status.textContent = words ?? "");
  const buttons = Object.fromEntries(["run", "stop", "share"].map((name) => [name, form.querySelector(`[data-${name}]`)]));
  let terms = new Terms({}, [locale]);
  const editor = canStyle ? upgrade(area, { terms: () => terms, text, locale, announce, run: () => form.requestSubmit() }) : null;

  const runner = new Runner(form, region, {
    text, locale, announce,
    onStart: () => busy(true),
    onEnd: () => busy(false),
    onProblem: (problem) => editor?.setProblem(problem) ?? null,
    onResult: (fields, action) => {
      enhance(region, runner, locale, text);
      history.replaceState(null, "", address(fields, action));
    },
  });
  const busy = (is) => {
    buttons.run?.setAttribute("aria-disabled", String(is));
    if (!buttons.stop) return;
    const focused = document.activeElement === buttons.stop;
    buttons.stop.hidden = !is;
    if (!is && focused) buttons.run?.focus();
  };

  form.addEventListener("submit", (event) => {
    if (event.submitter?.name) return; // a download button sends the form as a browser does
    event.preventDefault();
    past.remember(area.value);
    refreshPast();
    runner.run();
  });
  form.addEventListener("sparql:goto", ({ detail }) => {
    if (!editor) return;
    editor.view.dispatch({ selection: { anchor: detail.from, head: detail.to }, scrollIntoView: true });
    editor.view.focus();
  });
  buttons.stop?.addEventListener("click", () => runner.stop());
  share(form, buttons.share, text, announce);
  const refreshPast = startPast(form, area, editor, text, locale);
  enhance(region, runner, locale, text);
  if (form.dataset.completion) {
    fetchTerms(form.dataset.completion, [locale, "en"]).then((fetched) => {
      terms = fetched;
      editor?.refresh();
    });
  }
}

/** Everything that the server's results may hold: tables to sort, code to copy, forms and links that ask again. */
function enhance(region, runner, locale, text) {
  sortable(region, locale, text);
  for (const button of region.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(document.getElementById(button.dataset.copy)?.textContent ?? "", runner.announce, text));
  }
  for (const form of region.querySelectorAll("form[data-part]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      runner.send(new FormData(form), form.action);
    });
  }
}

function address(fields, action) {
  const query = new URLSearchParams([...fields].filter(([name, value]) => typeof value === "string" && !NOT_SHARED.has(name)));
  const path = new URL(action, document.baseURI).pathname;
  const whole = `${path}?${query}`;
  return whole.length <= 8000 ? whole : path;
}

function share(form, button, text, announce) {
  if (!button) return;
  button.hidden = false;
  const shown = form.querySelector("[data-share-address]");
  button.addEventListener("click", async () => {
    const link = new URL(address(new FormData(form), form.action), document.baseURI).href;
    const copied = await copy(link, announce, text);
    if (copied || !shown) return;
    shown.value = link; // no clipboard (plain HTTP): the link is shown, ready to copy by hand
    shown.hidden = false;
    shown.select();
    announce(text.copyByHand);
  });
}

async function copy(words, announce, text) {
  try {
    await navigator.clipboard.writeText(words);
    announce(text.copied);
    return true;
  } catch {
    announce(text.copyFailed);
    return false;
  }
}

function startPast(form, area, editor, text, locale) {
  const box = document.querySelector("[data-history]");
  if (!box) return () => {};
  const choose = (query) => {
    if (editor) {
      editor.view.dispatch({ changes: { from: 0, to: editor.view.state.doc.length, insert: query } });
      editor.view.focus();
    } else area.value = query;
  };
  const refresh = () => past.show(box, text, locale, choose);
  box.hidden = false;
  box.querySelector("[data-history-clear]")?.addEventListener("click", () => {
    past.clear();
    refresh();
  });
  refresh();
  return refresh;
}

for (const form of document.querySelectorAll("form[data-sparql-editor]")) start(form);
