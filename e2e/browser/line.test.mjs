// The throughline page: whole, with gaps named, and gaps closed by the form.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Hub, accepted, until } from "../hub.mjs";
import { launch, login, open } from "../chromium.mjs";

const email = "kim@example.com";
let hub, browser, page;

before(async () => {
  hub = await Hub.start();
  const password = hub.tool("user", "create", email, "--name", "Kim", "--role", "administrator");
  await hub.project("BAR");
  await accepted(await hub.event("bar", "run.finished", { run_id: "r-1", experiment: "e", name: "brave-otter", state: "finished", ended_at: new Date().toISOString(),
    datasets: [{ namespace: "lake", name: "clicks", digest: "sha256:aa", role: "training" }] }));
  await accepted(await hub.event("bar", "model_version.registered", { model: "ranker", version: "1", run_id: "r-1" }));
  await accepted(await hub.event("bar", "deployment", { id: "d-1", environment: "production", model: "ranker", version: "1", state: "live", at: new Date().toISOString(), by: "bot" }));
  browser = await launch();
  page = await open(browser);
  await login(page, hub, email, password);
});
after(async () => { await browser?.close(); await hub?.close(); });

const gaps = async () => (await hub.call("GET", "/api/v1/throughline/production/ranker")).gaps.map((g) => g.missing).sort();
const close = async (kind, value) => {
  await page.goto(`${hub.address}/throughline/production/ranker`);
  const form = page.locator(`form:has(input[name=missing][value=${kind}])`).first();
  await form.locator("input[name=value]").fill(value);
  await form.getByRole("button").click();
  await until(async () => !(await gaps()).includes(kind), `the gap ${kind} to close`);
};

test("every gap is named on the page, with who can close it", async () => {
  assert.deepEqual(await gaps(), ["commit", "model_card", "owner_dataset", "owner_model"]);
  await page.goto(`${hub.address}/throughline/production/ranker`);
  assert.equal(await page.locator("#gaps li").count(), 4);
  for (const text of ["owner", "commit", "model card"]) assert.match((await page.locator("#gaps").innerText()).toLowerCase(), new RegExp(text));
});

test("owners are assigned by the form", async () => {
  await close("owner_model", "dana@example.com");
  await close("owner_dataset", "ravi@example.com");
  assert.deepEqual(await gaps(), ["commit", "model_card"]);
});

test("a reference that nobody knows is refused, and kept in the form", async () => {
  page.expected.push(/4\d\d/);
  await page.goto(`${hub.address}/throughline/production/ranker`);
  const form = page.locator("form:has(input[name=missing][value=commit])");
  await form.locator("input[name=value]").fill("no such thing");
  await form.getByRole("button").click();
  await page.getByRole("alert").filter({ hasText: /\w/ }).first().waitFor();
  assert.equal(await page.locator("form:has(input[name=missing][value=commit]) input[name=value]").inputValue(), "no such thing");
});

test("commit, reviewed pull request and model card make the line whole", async () => {
  const sha = "c0ffee".padEnd(40, "0"), now = new Date().toISOString();
  const user = (login, id) => ({ login, id, type: "User" });
  const repository = { id: 5, name: "ranker", full_name: "acme/ranker", owner: user("acme", 1), html_url: "https://github.com/acme/ranker", default_branch: "main" };
  const side = (ref, s) => ({ ref, sha: s, label: ref, repo: repository, user: user("acme", 1) });
  const pull = { id: 7, number: 7, state: "closed", title: "Ranker", html_url: "https://github.com/acme/ranker/pull/7", user: user("dana", 2), draft: false,
    merged: true, merged_at: now, closed_at: now, created_at: now, updated_at: now, merge_commit_sha: sha, head: side("f", "a".repeat(40)), base: side("main", "b".repeat(40)) };
  await accepted(await hub.github("bar", "s", "pull_request", { action: "closed", number: 7, pull_request: pull, repository, sender: user("dana", 2) }));
  await accepted(await hub.github("bar", "s", "pull_request_review", { action: "submitted", pull_request: pull, repository, sender: user("kim", 3),
    review: { id: 9, user: user("kim", 3), state: "approved", commit_id: pull.head.sha, submitted_at: now, html_url: pull.html_url } }));
  await close("commit", `github.com/acme/ranker@${sha}`);
  await hub.call("PUT", "/api/v1/models/ranker/card", "# Ranker\n\nRanks.\n");
  assert.deepEqual(await gaps(), []);
  await page.goto(`${hub.address}/throughline/production/ranker`);
  await page.getByText("The line is whole").waitFor();
  for (const text of ["ranker/1", "brave-otter", "acme/ranker#7", "kim", "dana@example.com", "ravi@example.com"]) {
    assert.ok((await page.locator("main").innerText()).includes(text), `the page lacks ${text}`);
  }
  assert.deepEqual(page.problems, []);
});
