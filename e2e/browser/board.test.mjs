// The board in real browsers: it follows the hub, and cards move in every way.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub, until } from "../hub.mjs";
import { card, column, launch, login, open } from "../chromium.mjs";

const email = "kim@example.com";
let hub, browser, password;

before(async () => {
  hub = await Hub.start();
  password = hub.tool("user", "create", email, "--name", "Kim", "--role", "administrator");
  await hub.project("BAR");
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

// board opens the board. Until its scripts have come its links are plain ones,
// so what a script answers is asked for once the page says that it is live.
async function board(options) {
  const page = await open(browser, options);
  await login(page, hub, email, password);
  await page.goto(`${hub.address}/projects/BAR/board`);
  if (options?.javaScriptEnabled !== false) await page.locator("#live[data-is=live]").waitFor();
  return page;
}

const where = async (key) => {
  const { columns } = await hub.call("GET", "/api/v1/projects/BAR/board");
  return columns.find((c) => c.cards.some((card) => card.subject.key === key))?.name;
};
const stands = (page, key, name) => column(page, name).locator(".card", { hasText: key }).waitFor();

test("a wrong password is refused, the right one opens the board", async () => {
  const page = await open(browser);
  page.expected.push(/401|422/);
  await page.goto(`${hub.address}/projects/BAR/board`);
  assert.match(page.url(), /\/login\?next=/);
  await page.fill("#email", email);
  await page.fill("#password", "not the password");
  await page.click("main button.primary");
  await page.getByRole("alert").filter({ hasText: /\w/ }).first().waitFor();
  assert.equal(await page.inputValue("#email"), email);
  await page.fill("#password", password);
  await page.click("main button.primary");
  await page.waitForURL(/\/projects\/BAR\/board/);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("two browsers watching one board see an event without reload", async () => {
  const pages = await Promise.all([board(), board()]);
  for (const page of pages) {
    await page.locator("#live[data-is=live]").waitFor();
    await page.evaluate(() => { window.sameDocument = true; });
  }
  await hub.runs("bar", "seen-by-two");
  for (const page of pages) await stands(page, "seen-by-two", "In progress");
  await hub.runs("bar", "seen-by-two", "finished");
  for (const page of pages) {
    await stands(page, "seen-by-two", "In review");
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  }
});

test("a card moves by mouse", async () => {
  await hub.runs("bar", "by-mouse");
  const page = await board();
  const from = await card(page, "by-mouse").boundingBox();
  const to = await column(page, "In review").boundingBox();
  await page.mouse.move(from.x + 20, from.y + 12);
  await page.mouse.down();
  await page.mouse.move(from.x + 60, from.y + 20, { steps: 4 });
  await page.mouse.move(to.x + to.width / 2, to.y + 90, { steps: 12 });
  await page.mouse.up();
  await until(async () => (await where("by-mouse")) === "In review", "the card in In review");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a card moves by keyboard, and the focus goes with it", async () => {
  await hub.runs("bar", "by-keys");
  const page = await board();
  await card(page, "by-keys").locator("h3 a").focus();
  for (const key of ["Space", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await until(async () => (await where("by-keys")) === "In review", "the card in In review");
  assert.equal(await page.evaluate(() => document.activeElement.closest(".card")?.textContent.includes("by-keys")), true);
  await page.locator("#status", { hasText: "moved to In review" }).waitFor({ state: "attached" });
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a card moves by the Move menu", async () => {
  await hub.runs("bar", "by-menu");
  const page = await board();
  await card(page, "by-menu").locator("a.move").click();
  await page.locator("#move-dialog").getByRole("button", { name: "Candidate" }).click();
  await until(async () => (await where("by-menu")) === "Candidate", "the card in Candidate");
  await stands(page, "by-menu", "Candidate");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a card moves by a plain form without JavaScript", async () => {
  await hub.runs("bar", "by-form");
  const page = await board({ javaScriptEnabled: false });
  await card(page, "by-form").locator("a.move").click();
  await page.getByLabel("Sign-off").check();
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await page.waitForURL(/\/board/);
  assert.equal(await where("by-form"), "Sign-off");
  await stands(page, "by-form", "Sign-off");
  await page.context().close();
});

test("a person's move is shown with the person's name", async () => {
  const { columns } = await hub.call("GET", "/api/v1/projects/BAR/board");
  const moved = columns.flatMap((c) => c.cards).find((c) => c.subject.key === "by-form");
  assert.equal(moved.placed_by.person, "Kim");
});

test("a stale move is refused and says who was first", async () => {
  await hub.runs("bar", "contested");
  const slow = await board({ javaScriptEnabled: false });
  await card(slow, "contested").locator("a.move").click();
  const quick = await board();
  await card(quick, "contested").locator("a.move").click();
  await quick.locator("#move-dialog").getByRole("button", { name: "Done" }).click();
  await until(async () => (await where("contested")) === "Done", "the quick move");
  await slow.getByLabel("Backlog").check();
  const [answer] = await Promise.all([slow.waitForResponse((r) => r.request().method() === "POST"), slow.getByRole("button", { name: "Move", exact: true }).click()]);
  assert.equal(answer.status(), 409);
  assert.match(await slow.locator("main").innerText(), /Kim/);
  assert.equal(await where("contested"), "Done");
  await slow.context().close();
  await quick.context().close();
});

test("the filter stays in the address and a fresh session shows the same", async () => {
  const page = await board();
  await page.fill("#filter-text", "by-form");
  await page.press("#filter-text", "Enter");
  await page.waitForURL(/q=by-form/);
  const again = await board();
  await again.goto(page.url());
  for (const p of [page, again]) {
    assert.equal(await p.locator(".card").count(), 1);
    assert.deepEqual(p.problems, []);
    await p.context().close();
  }
});

test("a killed server: the board says so and catches up by itself", async () => {
  const page = await board();
  page.expected.push(/ERR_CONNECTION_REFUSED|WebSocket connection|Failed to load resource/);
  await page.locator("#live[data-is=live]").waitFor();
  await page.evaluate(() => { window.sameDocument = true; });
  await hub.stop("SIGKILL");
  await page.locator("#live:not([data-is=live])").waitFor();
  await hub.run("serve");
  await hub.runs("bar", "after-the-kill");
  await page.locator("#live[data-is=live]").waitFor({ timeout: 45000 });
  await stands(page, "after-the-kill", "In progress");
  assert.equal(await page.evaluate(() => window.sameDocument), true);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
