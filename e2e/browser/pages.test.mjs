// Every page of a full hub: no axe violation in light and dark, narrow and wide,
// no console error; and what people do on them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub, until } from "../hub.mjs";
import { axe, launch, login, open } from "../chromium.mjs";

let hub, browser, person;

before(async () => {
  hub = await Hub.start("demo", "--still");
  await until(() => /curl -X POST/.test(hub.output), () => `the story: ${hub.output}`, 120000);
  const [, email] = hub.output.match(/Sign in\s+(\S+)/), [, password] = hub.output.match(/Password\s+(\S+)/);
  person = { email, password };
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

async function signedIn(options) {
  const page = await open(browser, options);
  await login(page, hub, person.email, person.password);
  return page;
}

const first = async (kind) => (await hub.call("GET", `/api/v1/subjects?kind=${kind}&limit=1`)).subjects[0];

const anyCard = async () => (await hub.call("GET", "/api/v1/projects/FRAUD/board")).columns.flatMap((c) => c.cards)[0].id;

async function addresses() {
  const of = async (kind, path) => path + encodeURIComponent((await first(kind)).key);
  return ["/", "/projects", "/projects/FRAUD/board", "/projects/FRAUD/board?q=train", "/projects/FRAUD/settings", "/projects/FRAUD/integrations",
    "/projects/FRAUD/activity", "/search?q=fraud", "/pulls", "/runs", "/pipelines", "/models", "/datasets", "/deployments", "/throughline",
    "/throughline/production/fraud-score", "/throughline/production/churn-propensity", "/models/fraud-score", "/models/fraud-score/versions/5",
    "/models/fraud-score/card", "/account", "/people", "/help", "/projects/new", "/projects/FRAUD/deliveries", "/projects/FRAUD/tokens", "/projects/FRAUD/integrations/new/mlflow",
    "/projects/FRAUD/integrations/new/github", "/projects/FRAUD/integrations/github/fraud", "/projects/FRAUD/integrations/github/fraud/import", "/projects/FRAUD/repositories", "/projects/FRAUD/repositories?state=gone", "/subjects/repository/github.com%2Fharbour-bank%2Ffraud-scoring",
    "/pulls/harbour-bank%2Ffraud-scoring%23221", "/pulls/harbour-bank%2Ffraud-scoring%23217", "/pulls?project=FRAUD", "/projects/FRAUD/integrations/new/github?way=token", "/projects/FRAUD/integrations/new/github?way=app",
    ...["check", "webhook", "first"].map((step) => `/projects/FRAUD/integrations/github/fraud/${step}`), `/projects/FRAUD/cards/${await anyCard()}/move`, "/api/docs",
    "/search?q=zzzz", "/projects/CHURN/board?state=queued", await of("pull_request", "/pulls/"), await of("run", "/runs/"), await of("pipeline_run", "/pipelines/"),
    await of("deployment", "/deployments/"), await of("commit", "/commits/"), "/datasets/s3%3A%2F%2Fharbour-lake/payments%2Ftransactions", "/nothing-here"];
}

for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 320], ["dark", 320]])
  test(`axe finds nothing on any page, ${scheme}, ${width} px`, { timeout: 300000 }, async () => {
    const page = await signedIn({ colorScheme: scheme, viewport: { width, height: 800 }, reducedMotion: "reduce" });
    page.expected.push(/404.*nothing-here/);
    const found = [];
    for (const path of await addresses()) {
      const answer = await page.goto(hub.address + path);
      if (path !== "/nothing-here" && answer.status() !== 200) found.push(`${path}: ${answer.status()}`);
      for (const line of await axe(page)) found.push(`${path}: ${line}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 1) found.push(`${path}: the page is ${wide} px too wide`);
    }
    await page.goto(`${hub.address}/projects/FRAUD/board`);
    await page.locator("#live[data-is=live]").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("m");
    await page.locator("#move-dialog[open]").waitFor();
    for (const line of await axe(page)) found.push(`the Move menu: ${line}`);
    const out = await open(browser, { colorScheme: scheme, viewport: { width, height: 800 } });
    await out.goto(`${hub.address}/login`);
    for (const line of await axe(out)) found.push(`/login: ${line}`);
    assert.deepEqual(found, []);
    assert.deepEqual([...page.problems, ...out.problems], []);
    await page.context().close();
    await out.context().close();
  });

test("search finds by words, and a pasted address opens our page of it", async () => {
  const page = await signedIn();
  await page.fill("#q", "calibrate scores");
  await page.press("#q", "Enter");
  await page.locator("main a", { hasText: "Calibrate scores" }).first().waitFor();
  await page.fill("#q", "https://github.com/harbour-bank/fraud-scoring/pull/212");
  await page.press("#q", "Enter");
  await page.waitForURL(/\/pulls\/harbour-bank%2Ffraud-scoring%23212/i);
  await page.locator("h1", { hasText: "Calibrate" }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a comment in Markdown is shown, and nothing in it runs", async () => {
  const page = await signedIn();
  await page.goto(`${hub.address}/pulls/${encodeURIComponent("harbour-bank/fraud-scoring#212")}`);
  await page.fill("#comment", "Looks **good**. <script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>");
  await page.locator("#comments form").last().getByRole("button").first().click();
  await page.locator("#comments strong", { hasText: "good" }).waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("#comments script").count(), 0);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a model card with broken front matter is kept and the line is named", async () => {
  const page = await signedIn();
  await page.goto(`${hub.address}/models/merchant-risk/card`);
  await page.fill("#markdown", "---\nlicense: mit\ntags: [unclosed\n---\n# Merchant risk\n\nKept all the same.\n");
  await page.getByRole("button", { name: "Save a revision" }).click();
  await page.locator("main", { hasText: /line [2-4]/i }).waitFor();
  await page.goto(`${hub.address}/models/merchant-risk`);
  await page.locator("main", { hasText: "Kept all the same." }).waitFor();
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
