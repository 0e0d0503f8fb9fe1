// Hostile texts in every field that reaches a page; then every page is opened: no
// dialog, nothing that the page's policy had to stop, no error, nothing ran, and
// the texts stand there as they are. (Rows 26, 28, 29, 50 and 51.)
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub, until } from "../hub.mjs";
import { launch, login, open } from "../chromium.mjs";
import { hostile } from "./hostile.mjs";

const password = "a passphrase for this test";
let hub, browser;

before(async () => {
  hub = await Hub.start("serve");
  hub.tool("user", "create", "ana@example.com", "--name", "Ana", "--role", "administrator", "--password", password);
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

let turn = 0;
const evil = () => hostile[turn++ % hostile.length];
const evils = (n, value) => Object.fromEntries(Array.from({ length: n }, () => [evil(), value ? value() : evil()]));

// told is what any answer may be but a failure of ours: some texts are refused.
let taken = 0;
async function told(answer) {
  const { status } = await answer;
  assert.ok(status < 500, `${status}`);
  if (status < 300) taken++;
}
const ask = (method, path, body) => told(fetch(hub.address + path, { method, body: typeof body === "string" ? body : JSON.stringify(body),
  headers: { authorization: `Bearer ${hub.token()}`, "content-type": typeof body === "string" ? "text/markdown" : "application/json" } }));

async function fill() {
  await hub.project("EVIL", evil());
  await ask("PATCH", "/api/v1/projects/EVIL", { name: evil(), description: evil() });
  for (let i = 0; i < 24; i++) {
    const model = i % 3 ? `model ${i}` : evil().slice(0, 60);
    await told(hub.event("evil", i % 2 ? "run.finished" : "run.started", { run_id: i % 4 ? `r${i}` : evil(), experiment: evil(), name: evil(), user: evil(), state: "passed", note: evil(),
      params: evils(5), metrics: evils(5, () => i / 7), tags: evils(4), commit: { repository: "evil/repo", sha: `${i}`.padStart(40, "a") }, datasets: [{ namespace: i % 2 ? "s3" : evil(), name: evil(), digest: evil(), role: "training" }], pipeline_run: evil() }));
    await told(hub.event("evil", "pipeline_run.finished", { id: i % 4 ? `p${i}` : evil(), pipeline: evil(), state: i % 2 ? "failed" : "passed", url: evil(), branch: evil(), steps: [{ name: evil(), state: "passed", log_url: evil() }, { name: evil(), state: evil(), log_url: evil() }] }));
    await told(hub.event("evil", "model_version.registered", { model, version: `${i + 1}`, run_id: `r${i}`, description: evil(), label: evil() }));
    await told(hub.event("evil", "deployment", { id: i % 4 ? `d${i}` : evil(), environment: i % 2 ? "production" : evil().slice(0, 40), model, version: `${i + 1}`, state: "live", at: new Date().toISOString(), by: evil(), url: evil(), description: evil() }));
    await told(hub.github("evil", "s", "pull_request", pull(i)));
    await ask("POST", "/api/v1/projects/EVIL/cards", { title: evil(), column: "Backlog" });
    for (const [kind, key] of [["run", `r${i}`], ["model", model], ["pipeline_run", `p${i}`]]) {
      const path = `/api/v1/subjects/${kind}/${encodeURIComponent(key)}`;
      await ask("POST", `${path}/comments`, { body: `${evil()}\n\n${evil()}\n\n- ${evil()}` });
      await ask("PUT", `${path}/owners`, { owners: [{ person: evil(), as: "owner" }, { person: evil(), as: "deputy" }] });
      await ask("POST", `${path}/files?name=${encodeURIComponent(evil())}`, evil());
    }
    await ask("PUT", `/api/v1/models/${encodeURIComponent(model)}/card`, `---\nlicense: ${JSON.stringify(evil())}\ntags: [${JSON.stringify(evil())}]\ndatasets: [${JSON.stringify(evil())}]\nbase_model: ${JSON.stringify(evil())}\n---\n# ${evil()}\n\n${evil()}\n\n${evil()}\n\n## Limits\n\n${evil()}\n`);
    await ask("POST", "/api/v1/projects/EVIL/tokens", { name: evil(), role: "viewer" });
    await ask("POST", "/api/v1/people", { email: `p${i}+${"<b>'"[i % 4] ?? ""}@example.com`, name: evil().slice(0, 100), password: "quite a long passphrase" });
    await ask("POST", "/api/v1/teams", { key: `team-${i}`, name: evil() });
  }
}

function pull(i) {
  const user = { login: evil(), html_url: evil(), avatar_url: evil() };
  const repo = { full_name: "evil/repo", name: "repo", html_url: "https://github.com/evil/repo", owner: { login: "evil" }, default_branch: "main" };
  return { action: "opened", number: i + 1, repository: repo, sender: user, pull_request: { id: i + 1, number: i + 1, state: "open", draft: false, merged: false, title: evil(), body: evil(), html_url: i % 2 ? evil() : `https://github.com/evil/repo/pull/${i + 1}`,
    user, labels: [{ name: evil() }], head: { ref: evil(), sha: `${i}`.padStart(40, "a"), repo, user }, base: { ref: evil(), sha: "b".repeat(40), repo, user }, created_at: new Date().toISOString(), updated_at: new Date().toISOString(), requested_reviewers: [user] } };
}

// strict is a page on which whatever ran, was stopped or went wrong is noted.
async function strict() {
  const page = await open(browser);
  page.expected.push(/status of 4\d\d/); // addresses that are made up
  page.on("dialog", (d) => { page.problems.push(`dialog: ${d.message()} on ${page.url()}`); d.dismiss(); });
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`)));
  await login(page, hub, "ana@example.com", password);
  return page;
}

const unharmed = (page) => page.evaluate(() => window.hacked === undefined && ({}).x === undefined && ({}).hacked === undefined);

// leads are the pages that one links to; a kind of page that was seen often is left out.
const leads = (page) => page.evaluate(() => [...document.querySelectorAll("a[href]")].map((a) => new URL(a.getAttribute("href"), document.baseURI).href).filter((h) => h.startsWith(location.origin)).map((h) => h.slice(location.origin.length).replace(/#.*/, "")));
const kindOf = (path) => path.split("?")[0].split("/").slice(0, path.startsWith("/projects/") ? 4 : 2).join("/");

test("hostile texts in every field do nothing on any page", { timeout: 240000 }, async () => {
  assert.ok(hostile.length >= 200, `${hostile.length} texts`);
  await fill();
  assert.ok(turn > hostile.length * 3, "each text stands in several fields");
  assert.ok(taken > 300, `only ${taken} of the hostile calls were taken`);
  const page = await strict();
  const queue = ["/", "/account", "/people", "/tokens", "/audit", "/teams", "/help", "/search?q=model", "/api/docs", ...hostile.filter((_, i) => i % 9 === 0).map((h, i) => [`/search?q=`, `/runs?q=`, `/nothing/`, `/projects/EVIL/board?q=`, `/runs/`][i % 5] + encodeURIComponent(h))];
  const seen = new Set(queue), kinds = new Map();
  let opened = 0;
  for (const path of queue) {
    const answer = await page.goto(hub.address + path).catch((e) => ({ failed: e.message }));
    if (answer?.failed) { if (!/Download is starting|ERR_ABORTED/.test(answer.failed)) page.problems.push(`${path}: ${answer.failed}`); continue; }
    opened++;
    if (!await unharmed(page)) page.problems.push(`something ran on ${path}`);
    for (const next of await leads(page)) {
      const kind = kindOf(next), count = kinds.get(kind) ?? 0;
      if (seen.has(next) || count >= 12 || /export|\/static\/|\/api\/openapi|^\/oauth|\/logout/.test(next)) continue;
      seen.add(next); kinds.set(kind, count + 1); queue.push(next);
    }
  }
  assert.deepEqual(page.problems, []);
  assert.ok(opened > 120, `only ${opened} pages were opened`);
  await page.context().close();
});

test("hostile texts stand on the page as they are", async () => {
  const text = "<img src=x onerror=alert(1)> {{7*7}} ${7*7} javascript:alert(1)";
  await told(hub.event("evil", "run.started", { run_id: "literal", name: text, experiment: "e", params: { [text]: text } }));
  const page = await strict();
  await page.goto(`${hub.address}/runs/literal`);
  assert.ok((await page.locator("h1").textContent()).includes(text));
  assert.ok(await page.locator("main", { hasText: text }).count());
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("an open board shows what arrives without obeying it", async () => {
  const page = await strict();
  await page.goto(`${hub.address}/projects/EVIL/board`);
  await page.locator("#live[data-is=live]").waitFor();
  for (const [i, text] of hostile.filter((_, i) => i % 6 === 0).entries()) await told(hub.event("evil", "run.started", { run_id: `live-${i}`, experiment: text, name: text, params: { __proto__x: text } }));
  await told(hub.event("evil", "run.started", { run_id: "live-last", experiment: "e", name: "the last of them" }));
  await until(async () => (await page.content()).includes("the last of them") || (await page.getByText(/updates?$/).count()), "the last event");
  await page.keyboard.press("u");
  assert.ok(await unharmed(page));
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a browser keeps nothing but the theme and what was closed", async () => {
  const page = await strict();
  for (const path of ["/", "/projects/EVIL/board", "/runs", "/account"]) await page.goto(hub.address + path);
  const kept = await page.evaluate(async () => [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...(await indexedDB.databases()).map((d) => d.name), document.cookie]);
  assert.deepEqual(kept.filter((k) => k && k !== "column"), []); // the column that a narrow screen shows
  await page.context().close();
});
