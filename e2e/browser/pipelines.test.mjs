// Morning triage: failures stand together by their cause, one person claims one,
// another sees it at once, a run that passes clears it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub, until } from "../hub.mjs";
import { axe, launch, login, open } from "../chromium.mjs";

let hub, browser;
const people = { kim: "", lee: "" };

before(async () => {
  hub = await Hub.start();
  for (const name in people) people[name] = hub.tool("user", "create", `${name}@example.com`, "--name", name, "--role", "contributor");
  await hub.project("BAR");
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

const at = (minute) => new Date(Date.UTC(2026, 10, 20, 8, minute)).toISOString();

// ran tells of a finished run of a pipeline, of three steps.
const ran = (pipeline, number, state, error) => hub.event("bar", "pipeline_run.finished", {
  id: `${pipeline}-${number}`, pipeline, number, branch: "main", state, error, started_at: at(number), ended_at: at(number + 5),
  steps: [{ name: "load", state: "passed" }, { name: "check", state: "passed" }, { name: "train", state, after: ["load", "check"], error }] });

async function signedIn(name, options) {
  const page = await open(browser, options);
  await login(page, hub, `${name}@example.com`, people[name]);
  return page;
}

test("a failure is claimed, others see it at once, a re-run clears it", async () => {
  await ran("fraud/train", 1, "failed", "No space left on device /tmp/a81");
  await ran("fraud/etl", 1, "failed", "No space left on device /tmp/b2");
  const kim = await signedIn("kim"), lee = await signedIn("lee");
  for (const page of [kim, lee]) await page.goto(`${hub.address}/pipelines?view=failing`);
  assert.match(await kim.locator(".cause h2").innerText(), /No space left on device …\s+2 pipelines/);
  await kim.getByRole("button", { name: "I look at it" }).click();
  await lee.getByText("looks at it").first().waitFor();
  assert.equal(await lee.getByText("looks at it").count(), 2);
  await ran("fraud/etl", 9, "passed");
  await until(async () => (await lee.getByText("looks at it").count()) === 1, () => "the claim of a pipeline that passes stays");
  assert.deepEqual([...kim.problems, ...lee.problems], []);
  await kim.context().close();
  await lee.context().close();
});

test("the graph leads to the steps by the keyboard", async () => {
  await ran("fraud/graph", 1, "failed", "why");
  const page = await signedIn("kim");
  await page.goto(`${hub.address}/pipelines/${encodeURIComponent("fraud/graph-1")}`);
  assert.deepEqual(await page.locator(".graph-box").evaluateAll((all) => all.map((a) => a.getAttribute("aria-label"))),
    ["load, passed", "check, passed", "train, failed, after load, check"]);
  await page.locator(".graph-box").last().focus();
  await page.keyboard.press("Enter");
  assert.match(await page.locator(".steps li:target").innerText(), /train/);
  assert.match(await page.locator("#failure").innerText(), /Failed at step 3 of 3, train/);
  await page.context().close();
});

for (const [colorScheme, width] of [["light", 1280], ["dark", 320]])
  test(`axe finds nothing, ${colorScheme}, ${width} px`, async () => {
    await ran("fraud/axe", 2, "failed", "why");
    const page = await signedIn("kim", { colorScheme, viewport: { width, height: 900 } });
    for (const path of ["/pipelines", "/pipelines?q=state:failed", "/pipelines?q=colour:red", "/pipelines?view=failing", `/pipelines/${encodeURIComponent("fraud/axe-2")}`]) {
      await page.goto(hub.address + path);
      assert.deepEqual(await axe(page), [], path);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `${path} is too wide`);
    }
    await page.context().close();
  });
