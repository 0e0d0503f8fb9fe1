// Workflow E: the owner of data announces that a column goes; the owner of the live
// model behind it is asked, answers, and the announcer sees the answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub } from "../hub.mjs";
import { axe, launch, login, open } from "../chromium.mjs";

let hub, browser;
const people = { rosa: "", mo: "" };
const digest = "sha256:" + "ab".repeat(32);

before(async () => {
  hub = await Hub.start();
  for (const name in people) people[name] = hub.tool("user", "create", `${name}@example.com`, "--name", name, "--role", "contributor");
  await hub.project("BAR");
  await hub.event("bar", "run.finished", { run_id: "r1", experiment: "fraud", state: "passed", datasets: [{ namespace: "s3://lake", name: "tx", digest, role: "training" }] });
  await hub.event("bar", "model_version.registered", { model: "fraud", version: "1", run_id: "r1" });
  await hub.event("bar", "deployment", { id: "d1", environment: "production", model: "fraud", version: "1", state: "live", at: "2026-11-20T10:00:00Z" });
  await hub.call("PUT", "/api/v1/subjects/model/fraud/owners", { owners: [{ person: "mo@example.com", as: "owner" }] });
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

async function signedIn(name, options) {
  const page = await open(browser, options);
  await login(page, hub, `${name}@example.com`, people[name]);
  return page;
}

const dataset = "/datasets/" + encodeURIComponent("s3://lake") + "/tx";
const inDays = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);

for (const [scheme, width] of [["light", 1280], ["dark", 320]]) {
  test(`a column goes, its users answer, ${scheme}, ${width} px`, async () => {
    const look = { colorScheme: scheme, viewport: { width, height: 900 } };
    const rosa = await signedIn("rosa", look), mo = await signedIn("mo", look);
    await rosa.goto(hub.address + dataset);
    await rosa.getByText("Announce a change").click();
    await rosa.getByLabel("Columns", { exact: true }).fill(`country_${width}`);
    await rosa.getByLabel("On", { exact: true }).fill(inDays(9));
    await rosa.getByLabel("Why, and what to do").fill("The provider stops sending it.");
    await rosa.getByRole("button", { name: "Announce" }).click();
    const change = rosa.locator("article.change", { hasText: `country_${width}` });
    await change.getByText("asked: mo").waitFor();
    assert.deepEqual(await axe(rosa), []);

    await mo.goto(hub.address + "/");
    assert.match(await mo.locator("main").innerText(), /Waiting for your answer/);
    await mo.goto(hub.address + "/datasets/changes");
    const asked = mo.locator("article.change", { hasText: `country_${width}` });
    await asked.locator("summary", { hasText: "Answer" }).click();
    await asked.getByLabel("Blocked").check();
    await asked.getByRole("button", { name: "Answer" }).click();
    await mo.getByText("Say what stands in the way").waitFor(); // refused: the choice is kept
    assert.equal(await mo.getByLabel("Blocked").isChecked(), true);
    assert.deepEqual(await axe(mo), []);
    await mo.getByLabel("What stands in the way").fill("The model needs it until the next training.");
    await mo.getByRole("button", { name: "Answer" }).click();
    await mo.locator(`article.change`, { hasText: `country_${width}` }).getByText("until the next training").waitFor();

    await rosa.goto(hub.address + dataset);
    assert.match(await change.innerText(), /blocked/);
    await change.locator("summary", { hasText: "Move" }).click();
    await change.getByLabel("To another day").fill(inDays(30));
    await change.getByRole("button", { name: "Move" }).click();
    await rosa.locator("article.change", { hasText: new Date(inDays(30)).getUTCDate() + " " }).first().waitFor();
    assert.deepEqual([...rosa.problems, ...mo.problems].filter((p) => !/422/.test(p)), []);
    await rosa.context().close();
    await mo.context().close();
  });
}
