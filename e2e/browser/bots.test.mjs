// Somebody who writes a bot: a token, a line, and the event is seen to arrive.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub } from "../hub.mjs";
import { axe, launch, login, open } from "../chromium.mjs";

let hub, browser, password;
before(async () => {
  hub = await Hub.start();
  password = hub.tool("user", "create", "mia@example.com", "--name", "mia", "--role", "maintainer");
  await hub.project("BAR");
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

for (const [scheme, width] of [["light", 1280], ["dark", 320]]) {
  test(`a bot's first event is seen to arrive, ${scheme}, ${width} px`, async () => {
    const page = await open(browser, { colorScheme: scheme, viewport: { width, height: 900 } });
    await login(page, hub, "mia@example.com", password);
    await page.goto(`${hub.address}/projects/BAR/bots`);
    assert.deepEqual(await axe(page), []);
    await page.getByLabel("Name of the bot").fill(`bot-${width}`);
    await page.getByRole("button", { name: "Make a token" }).click();
    const lines = await page.locator("#environment").innerText();
    const token = /THROUGHLINE_TOKEN=(tl_\S+)/.exec(lines)[1];
    assert.ok(lines.includes(`THROUGHLINE_URL=${hub.address}`), lines);
    assert.match(await page.locator(".arrivals").innerText(), /Waiting for an event/);
    assert.deepEqual(await axe(page), []);
    const post = (body) => fetch(`${hub.address}/api/v1/projects/BAR/events`, { method: "POST", body: JSON.stringify(body),
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/cloudevents+json" } });
    const event = { specversion: "1.0", type: "dev.throughline.run.finished.v1", source: "/me", id: `e${width}`, data: { run_id: `r${width}`, state: "passed" } };
    assert.equal((await post(event)).status, 202);
    await page.getByText("arrived", { exact: false }).first().waitFor();
    assert.match(await page.locator(".arrivals").innerText(), /applied\s+run\.finished\s+arrived/);
    assert.equal((await post({ ...event, id: `p${width}`, data: {} })).status, 202);
    await page.getByText("could not be used").waitFor();
    assert.deepEqual(await axe(page), []);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}
