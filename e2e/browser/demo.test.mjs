// The demo as the README promises it: it lives, and the offered line moves a card.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { Hub, until } from "../hub.mjs";
import { column, launch, login, open } from "../chromium.mjs";

let hub, browser, page;

before(async () => {
  hub = await Hub.start("demo");
  await until(() => /curl -X POST.*\n/.test(hub.output), () => `the story: ${hub.output}`, 120000);
  browser = await launch();
  page = await open(browser);
  await login(page, hub, hub.output.match(/Sign in\s+(\S+)/)[1], hub.output.match(/Password\s+(\S+)/)[1]);
  await page.goto(hub.output.match(/Board\s+(\S+)/)[1]);
  await page.locator("#live[data-is=live]").waitFor();
  await page.evaluate(() => { window.sameDocument = true; });
});
after(async () => { await browser?.close(); await hub?.close(); });

test("the offered curl line moves a card on the open board", async () => {
  await column(page, "In progress").locator(".card", { hasText: "try-this-1" }).waitFor();
  execFileSync("bash", ["-c", hub.output.match(/curl -X POST.*/)[0]], { stdio: "pipe" });
  await column(page, "In review").locator(".card", { hasText: "try-this-1" }).waitFor();
});

test("new things keep happening on the open board", async () => {
  const seq = () => page.evaluate(() => Number(document.querySelector("#board").dataset.seq));
  const cards = () => page.locator(".card h3").allInnerTexts();
  const [seqBefore, cardsBefore] = [await seq(), await cards()];
  await until(async () => (await seq()) > seqBefore + 3, "more activity", 60000);
  await until(async () => (await cards()).some((title) => !cardsBefore.includes(title)), "a new card", 60000);
  assert.equal(await page.evaluate(() => window.sameDocument), true);
  assert.deepEqual(page.problems, []);
});
