// Debian's Chromium, pages that watch for errors, and axe.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true, args: ["--no-sandbox", "--disable-gpu",
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"] });
}

// open is a page whose console errors, exceptions, CSP reports and failed
// requests end up in its problems.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.problems = [];
  page.expected = [];
  page.on("console", (m) => m.type() === "error" && note(page, m.text() + " " + m.location().url));
  page.on("pageerror", (e) => note(page, e.stack || e.message));
  page.on("response", (r) => r.status() >= 500 && note(page, `${r.status()} ${r.url()}`));
  return page;
}

function note(page, text) {
  if (!page.expected.some((e) => e.test(text))) page.problems.push(text);
}

export async function login(page, hub, email, password) {
  await page.goto(`${hub.address}/login`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await Promise.all([page.waitForURL((u) => u.pathname !== "/login"), page.click("main button.primary")]);
}

// axe tells what is wrong with a page for people who use other tools than eyes
// and mouse, one line each. It runs in the page's own world over the debugger, so
// the page's security policy stays in force.
// What it finds is looked for once more: a page that still moves covers things for a moment.
export async function axe(page) {
  await page.evaluate(axeSource);
  if ((await found(page)).length === 0) return [];
  await page.waitForTimeout(500);
  return found(page);
}

function found(page) {
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.flatMap((v) => v.nodes.slice(0, 3).map((n) => `${v.id}: ${n.target.join(" ")} ${n.failureSummary?.split("\n")[1] ?? ""}`));
  });
}

export const card = (page, key) => page.locator(".card", { hasText: key });
export const column = (page, name) => page.locator(`.column[data-name="${name}"]`);
