// GitHub is connected step by step, and the first delivery shows itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub, accepted } from "../hub.mjs";
import { launch, login, open } from "../chromium.mjs";

const email = "kim@example.com";
let hub, browser, password;

before(async () => {
  hub = await Hub.start();
  password = hub.tool("user", "create", email, "--name", "Kim", "--role", "administrator");
  await hub.call("POST", "/api/v1/projects", { key: "BAR", name: "Bar" });
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

for (const javaScriptEnabled of [true, false])
  test(`from the repositories to the first delivery, ${javaScriptEnabled ? "live" : "without scripts"}`, { timeout: 60000 }, async () => {
    const page = await open(browser, { javaScriptEnabled, viewport: { width: 320, height: 800 } });
    await login(page, hub, email, password);
    await page.goto(`${hub.address}/projects/BAR/integrations/new/github`);
    await page.fill("#set-repositories", "acme/fraud");
    const name = await page.inputValue("#integration-name");
    await page.check("input[value=webhook]");
    await page.click("main button.primary");
    await page.fill("#set-secret", "chosen");
    await page.click("main button.primary");
    await page.waitForURL(/\/webhook$/);
    await page.click("text=Wait for the first delivery");
    await page.getByText("Waiting for the first delivery").waitFor();
    await accepted(await hub.github(name, "chosen", "ping", { zen: "Design for failure." }));
    if (!javaScriptEnabled) await page.click("text=Look again");
    await page.locator("main b", { hasText: "First delivery arrived: ping" }).waitFor();
    if (javaScriptEnabled) await page.locator("#status", { hasText: "First delivery arrived: ping" }).waitFor({ state: "attached" });
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
