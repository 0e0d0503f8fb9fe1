// Runs that a training script logs: the open page follows them, and they are compared.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub, until } from "../hub.mjs";
import { axe, launch, login, open } from "../chromium.mjs";

const email = "kim@example.com";
let hub, browser, password, experiment;

const mlflow = (call, body) => hub.call("POST", `/p/BAR/api/2.0/mlflow/${call}`, body);

before(async () => {
  hub = await Hub.start();
  password = hub.tool("user", "create", email, "--name", "Kim", "--role", "administrator");
  await hub.project("BAR");
  experiment = (await mlflow("experiments/create", { name: "forecast" })).experiment_id;
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

// training starts a run as a script does, and gives its id.
async function training(name, rate) {
  const { run } = await mlflow("runs/create", { experiment_id: experiment, start_time: Date.now(), tags: [{ key: "mlflow.runName", value: name }] });
  await mlflow("runs/log-batch", { run_id: run.info.run_id, params: [{ key: "rate", value: rate }, { key: "seed", value: "1" }] });
  return run.info.run_id;
}

const log = (run, step, value) => mlflow("runs/log-metric", { run_id: run, key: "loss", value, step, timestamp: Date.now() });

async function keyOf(run) {
  const found = async () => (await hub.call("GET", "/api/v1/subjects?kind=run")).subjects.find((s) => s.key.includes(run))?.key;
  await until(found, () => `the run ${run} is not known`);
  return found();
}

async function signedIn(options) {
  const page = await open(browser, options);
  await login(page, hub, email, password);
  return page;
}

test("the chart of an open page follows the run that is logged", async () => {
  const run = await training("followed", "0.1");
  await log(run, 0, 1);
  await log(run, 1, 0.5);
  const page = await signedIn();
  await page.goto(`${hub.address}/runs/${encodeURIComponent(await keyOf(run))}`);
  const canvas = page.locator("[data-name=loss] canvas");
  await canvas.waitFor();
  const picture = () => canvas.evaluate((el) => el.toDataURL()), drawn = await picture();
  await log(run, 2, 7);
  await until(async () => (await picture()) !== drawn, () => "the chart stands still");
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

for (const [colorScheme, width] of [["light", 1280], ["dark", 320]])
  test(`runs are compared, and axe finds nothing, ${colorScheme}, ${width} px`, async () => {
    const keys = [];
    for (const rate of ["0.1", "0.2"]) {
      const run = await training(`rate ${rate}`, rate);
      await log(run, 0, +rate);
      keys.push(await keyOf(run));
    }
    const page = await signedIn({ colorScheme, viewport: { width, height: 800 }, reducedMotion: "reduce" });
    await page.goto(`${hub.address}/runs/compare?${keys.map((k) => `run=${encodeURIComponent(k)}`).join("&")}`);
    await page.locator("[data-name=loss] canvas").waitFor();
    assert.equal(await page.locator("table.compared th", { hasText: "rate" }).count() > 0, true, "what differs is shown");
    assert.equal(await page.locator("table.compared tbody th", { hasText: "seed" }).count(), 0, "what is the same is not");
    const found = [];
    for (const path of ["", `/runs?q=${encodeURIComponent("metrics.loss > 0")}`, `/runs/${encodeURIComponent(keys[0])}`, `/runs/${encodeURIComponent(keys[0])}/artifacts`]) {
      if (path) await page.goto(hub.address + path);
      for (const line of await axe(page)) found.push(`${path}: ${line}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 1) found.push(`${path}: the page is ${wide} px too wide`);
    }
    assert.deepEqual(found, []);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
