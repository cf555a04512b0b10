// The editor in a real browser under the real Content Security Policy. CHROMIUM names another browser to use.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, beforeEach, test } from "node:test";

import { chromium } from "playwright-core";

import { start } from "./server.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

let server, browser, context, page, faults;

before(async () => {
  server = await start();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  await context?.close();
  server.requests.length = 0;
  context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  page = await context.newPage();
  faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(server.address);
  await page.waitForSelector(".cm-content");
});

const content = () => page.locator(".cm-content");
const value = () => page.locator("textarea[name=query]").inputValue();
const status = () => page.locator("[data-status]").textContent();
const violations = () => page.evaluate(() => window.violations);

async function write(query) {
  await content().click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(query);
}

async function noViolations() {
  assert.deepEqual(await violations(), []);
  assert.deepEqual(faults.filter((fault) => !/status of 400|ERR_CONTENT_LENGTH|ERR_INCOMPLETE|ERR_CONNECTION/.test(fault)), []);
}

async function accessible() {
  await page.evaluate(axe).catch(() => page.addScriptTag({ content: axe })); // evaluated by the debugger, not by the page
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "incomplete"] }));
  assert.deepEqual(found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`), []);
}

test("the editor takes the text area's place, with its name and help", async () => {
  assert.equal(await page.locator("textarea[name=query]").isHidden(), true);
  assert.equal(await content().getAttribute("aria-label"), "Query");
  assert.equal(await content().getAttribute("aria-describedby"), "query-help");
  assert.deepEqual([await page.locator("[data-stop]").isHidden(), await page.locator("[data-share]").isHidden()], [true, false]);
  for (const [type, text] of [["keyword", "SELECT"], ["variable", "?item"], ["name", "ex:Item"]]) {
    assert.equal(await page.locator(`.tok-${type}`).first().textContent(), text);
  }
  await accessible();
  await noViolations();
});

test("it is styled without a style element or a nonce", async () => {
  assert.equal(await page.locator("style").count(), 0);
  assert.equal(await page.locator(".cm-gutters").first().evaluate((each) => getComputedStyle(each).display), "flex");
  await noViolations();
});

test("typing is in the form's field; completion inserts a term and declares its prefix", async () => {
  await write("SELECT * WHERE {\n  ?item a ");
  await page.keyboard.type("Ite");
  await page.waitForSelector(".cm-tooltip-autocomplete [aria-selected]");
  await accessible();
  assert.match(await page.locator(".cm-tooltip-autocomplete [aria-selected]").textContent(), /ex:Item.*class · 498×/);
  await page.waitForTimeout(100); // CodeMirror ignores keys for a moment after the list opens
  await page.keyboard.press("Enter");
  assert.match(await value(), /^PREFIX ex: <https:\/\/example\.org\/def#>\nSELECT \* WHERE \{\n {2}\?item a ex:Item/);
  await page.keyboard.type(" ; ex:");
  await page.waitForSelector("text=ex:theme");
  await noViolations();
});

test("concepts are found by labels of any language and by synonyms", async () => {
  for (const word of ["slaap", "insom"]) {
    await write(`SELECT * WHERE { ?a ?b `);
    await page.keyboard.type(word);
    await page.waitForSelector(".cm-tooltip-autocomplete >> text=→ Sleep");
    await page.waitForTimeout(100);
    await page.keyboard.press("Enter");
    assert.match(await value(), /<https:\/\/example\.org\/id\/topic\/sleep>/);
  }
  await noViolations();
});

test("variables and keywords complete", async () => {
  await write("SELECT ?something WHERE { ?x ?y ");
  await page.keyboard.type("?some");
  await page.waitForSelector(".cm-tooltip-autocomplete >> text=?something");
  await write("SEL");
  await page.keyboard.type("E");
  await page.waitForSelector(".cm-tooltip-autocomplete >> text=SELECT");
});

test("Tab writes spaces; Escape, then Tab, leaves; and Shift+Tab goes back the other way", async () => {
  await write("ASK {}");
  await page.keyboard.press("Tab");
  assert.equal(await value(), "ASK {}  ");
  await page.keyboard.press("Escape");
  assert.equal(await status(), "Tab leaves the editor now.");
  await page.waitForTimeout(2500); // without a time limit
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.hasAttribute("data-run")), true);
  await page.keyboard.press("Shift+Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className.includes("cm-content")), true);
  assert.equal(await value(), "ASK {}  ");
});

test("only the keyboard: from the top of the page through the editor to the results", async () => {
  const reached = [];
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement.className || document.activeElement.tagName));
  }
  assert.ok(reached.some((name) => name.includes("cm-content")));
  assert.ok(reached.some((name) => name === "SUMMARY"));
});

test("Ctrl+Enter runs; the answer is the page's part; nothing in it is run", async () => {
  await write("SELECT * { ?a ?b ?c }");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#results table");
  const [request] = server.requests;
  assert.deepEqual([request.method, request.fields.partial, request.accept], ["GET", "1", "application/problem+json, text/html;q=0.9"]);
  assert.match(await status(), /^3 solutions in \d+\.\d s$/);
  assert.equal(await page.evaluate(() => window.evil), undefined);
  assert.match(page.url(), /\/sparql\?query=SELECT/);
  assert.doesNotMatch(page.url(), /partial/);
  await accessible();
  assert.deepEqual(await violations(), []);
});

test("a table is sorted by its headers, unbound last", async () => {
  await write("SELECT * { ?a ?b ?c }");
  await page.keyboard.press("Control+Enter");
  const column = (n) => page.locator(`#results tbody td:nth-child(${n})`).allTextContents();
  await page.locator("th >> text=n >> nth=1").waitFor();
  const header = page.locator("th").nth(1);
  await header.locator("button").click();
  assert.equal(await header.getAttribute("aria-sort"), "ascending");
  assert.deepEqual(await column(2), ["9", "10", ""]);
  await header.locator("button").click();
  assert.deepEqual(await column(2), ["10", "9", ""]);
  await page.keyboard.press("Enter");
  assert.equal(await header.getAttribute("aria-sort"), "none");
  assert.deepEqual((await column(1)).slice(0, 2), ["beta", "alpha"]);
  await accessible();
});

test("a long query goes by POST", async () => {
  await write(`SELECT * { ?a ?b "${"x".repeat(6000)}" }`);
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#results table");
  assert.equal(server.requests[0].method, "POST");
});

test("stop ends the request, and says so", async () => {
  await write("SELECT * { ?slow ?b ?c }");
  await page.keyboard.press("Control+Enter");
  const stop = page.locator("[data-stop]");
  await stop.waitFor();
  assert.equal(await page.locator("#results").getAttribute("aria-busy"), "true");
  await stop.click();
  await page.waitForSelector("#results >> text=Stopped.");
  assert.equal(await stop.isHidden(), true);
  assert.equal(await page.evaluate(() => document.activeElement.hasAttribute("data-run")), true);
});

test("a broken answer is never shown as a result", async () => {
  await write("SELECT * { ?break ?b ?c }");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#results >> text=The connection broke");
  assert.equal(await page.locator("#results >> text=half").count(), 0);
});

test("a problem is text, marks its place, and leads there", async () => {
  await write("SELECT *\n{ ?ab  wrong }");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".sparql-problem");
  assert.match(await page.locator(".sparql-problem").textContent(), /<img src=x onerror=alert\(1\)>.*PREFIX ex:/s);
  await page.waitForSelector(".cm-lintRange-error");
  await page.locator(".sparql-goto").click();
  assert.equal(await page.evaluate(() => document.activeElement.className.includes("cm-content")), true);
  assert.equal(await page.evaluate(() => getSelection().toString()), "wrong");
  await accessible();
  await noViolations();
});

test("an undeclared prefix is marked and listed, and one press adds it", async () => {
  await write("SELECT * { ?a ex:theme ?b }");
  await page.waitForSelector(".cm-lintRange-error");
  await accessible();
  await page.locator(".cm-lintRange-error").hover();
  await page.waitForSelector(".cm-tooltip-lint");
  await page.locator(".sparql-checks button >> text=Go to line 1").click();
  assert.equal(await page.evaluate(() => getSelection().toString()), "ex:theme");
  await page.locator(".sparql-checks button >> text=Add PREFIX").click();
  assert.match(await value(), /^PREFIX ex: <https:\/\/example\.org\/def#>\n/);
  await page.waitForSelector(".sparql-checks", { state: "hidden" });
  await noViolations();
});

test("the search panel holds the policy and is accessible", async () => {
  await write("SELECT * { ?a ex:theme ?b }");
  await page.keyboard.press("Control+f");
  await page.waitForSelector(".cm-search");
  await accessible();
  await noViolations();
});

test("history stays in the browser and is cleared", async () => {
  await write("# First question\nSELECT * { ?a ?b ?c }");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#results table");
  await page.goto(server.address);
  await page.locator("summary").click();
  await page.locator("text=First question").click();
  assert.match(await value(), /^# First question/);
  await page.locator("[data-history-clear]").click();
  assert.equal(await page.locator("text=None yet.").count(), 1);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await accessible();
});

test("the link to share holds the query", async () => {
  await write("ASK {}");
  await page.locator("[data-share]").click();
  await page.waitForFunction(() => document.querySelector("[data-status]").textContent === "Copied.");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${server.address}sparql?query=ASK+%7B%7D`);
});

test("in the dark the text keeps its contrast", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.reload();
  await page.waitForSelector(".cm-content");
  await accessible();
});

test("without script the form is a form", async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const tab = await plain.newPage();
  await tab.goto(server.address);
  await tab.locator("textarea").fill("ASK {}");
  await tab.locator("[data-run]").click();
  await tab.waitForURL(/\/sparql\?query=ASK/);
  await plain.close();
});
