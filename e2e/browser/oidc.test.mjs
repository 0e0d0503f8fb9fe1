// Chromium signs in at a real OpenID provider: our policy keeps forms from being
// led to other sites, and browsers apply that to redirects, too.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { axe, launch, login, open } from "../chromium.mjs";
import { Hub } from "../hub.mjs";

const program = resolve(import.meta.dirname, "../../.cache/bin/oidc-provider");
const missing = !existsSync(program) && process.env.CI !== "true" && "the OpenID provider is not here: make test installs it";
const freePort = () => new Promise((done) => { const s = createServer().listen(0, () => { const { port } = s.address(); s.close(() => done(port)); }); });
const person = (id, name) => ({ ID: id, Username: name, Password: "verysecure", FirstName: name, LastName: "Doe", Email: `${name}@example.com`, EmailVerified: true });

async function world(t) {
  const hub = new Hub();
  hub.port = await freePort();
  const port = await freePort(), base = `http://localhost:${hub.port}`, people = join(hub.data, "people.json"), secret = join(hub.data, "client");
  writeFileSync(people, JSON.stringify({ d1: person("d1", "dana"), e1: person("e1", "eve") }));
  writeFileSync(secret, "secret", { mode: 0o600 });
  const provider = spawn(program, [], { stdio: "ignore", env: { ...process.env, PORT: String(port), USERS_FILE: people, REDIRECT_URI: `${base}/login/oidc/callback` } });
  await hub.run("serve", "--base-url", base, "--oidc-issuer", `http://localhost:${port}/`, "--oidc-client-id", "web",
    "--oidc-client-secret-file", secret, "--oidc-name", "Corner Login", "--oidc-allow-new", "example.com");
  hub.address = base;
  const browser = await launch();
  t.after(async () => { await browser.close(); provider.kill(); await hub.close(); });
  return { hub, browser, port: String(port) };
}

async function atProvider(page, port, name) {
  await page.waitForURL((u) => u.port === port);
  await page.fill("#username", name);
  await page.fill("#password", "verysecure");
  await page.click("button");
}

test("signing in and connecting at a provider", { skip: missing }, async (t) => {
  const { hub, browser, port } = await world(t);
  const page = await open(browser);
  page.expected.push(/favicon/); // the provider has none
  await page.goto(`${hub.address}/login?next=%2Faccount`);
  assert.deepEqual(await axe(page), []);
  await page.click("text=Sign in with Corner Login");
  await atProvider(page, port, "dana");
  await page.waitForURL(`${hub.address}/account`);
  assert.match(await page.textContent("main"), /dana@example.com/);

  const password = hub.tool("user", "create", "root@example.com");
  const root = await open(browser);
  root.expected.push(/favicon/);
  await login(root, hub, "root@example.com", password);
  await root.goto(`${hub.address}/account`);
  await root.click('form[action="/account/connect/oidc"] button');
  await atProvider(root, port, "eve");
  await root.waitForURL(`${hub.address}/account`);
  assert.equal(await root.locator('form[action^="/account/identities/"]').count(), 1);
  assert.deepEqual(await axe(root), []);
  assert.deepEqual([...page.problems, ...root.problems], []);
});
