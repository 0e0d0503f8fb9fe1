// Signing in with a second factor and with passkeys, in a real browser whose
// authenticator is virtual.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { Hub } from "../hub.mjs";
import { axe, launch, login, open } from "../chromium.mjs";

const password = "a sentence for the tests";
let hub, browser;

before(async () => {
  hub = new Hub();
  hub.port = 20000 + Math.floor(Math.random() * 20000);
  await hub.run("serve", "--base-url", `http://localhost:${hub.port}`);
  hub.address = `http://localhost:${hub.port}`; // passkeys are bound to a name
  for (const name of ["ana", "dan"]) hub.tool("user", "create", `${name}@example.com`, "--role", "administrator", "--password", password);
  browser = await launch();
});
after(async () => { await browser?.close(); await hub?.close(); });

// code is what an authenticator app shows.
function code(secret, at = Date.now()) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const mac = createHmac("sha1", Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)))).update(counter).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
}

async function fresh(options) {
  const page = await open(browser, { reducedMotion: "reduce", ...options });
  page.expected.push(/40[13]|422/);
  return page;
}

async function device(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true,
    hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
}

const at = (page, path) => page.waitForURL((u) => u.pathname === path);

test("a passkey signs in alone, and proves who it is", { timeout: 60000 }, async () => {
  const page = await fresh();
  await device(page);
  await login(page, hub, "ana@example.com", password);
  await page.goto(`${hub.address}/account/passkeys`);
  await page.fill("#name", "Laptop");
  await page.click("form[data-passkey] .primary");
  await page.getByText("never used").waitFor();
  await page.goto(`${hub.address}/account`);
  await page.locator(".me summary").click();
  await Promise.all([at(page, "/login"), page.click("text=Sign out >> visible=true")]);
  await Promise.all([at(page, "/"), page.click("text=Sign in with a passkey")]);
  await page.goto(`${hub.address}/account/prove?next=/account`);
  await Promise.all([at(page, "/account"), page.click("text=Use a passkey")]);
  assert.match(await page.textContent("main"), /by passkey/);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("an app's code, a recovery code, and the pages without JavaScript", { timeout: 90000 }, async () => {
  const page = await fresh({ javaScriptEnabled: false });
  await login(page, hub, "dan@example.com", password);
  await page.goto(`${hub.address}/account/second`);
  const secret = (await page.textContent(".secret-text")).replaceAll(" ", "");
  await page.fill("#code", code(secret));
  await page.click(".setup-app .primary");
  const codes = await page.locator(".codes code").allTextContents();
  assert.equal(codes.length, 10);
  for (const shown of [code(secret, Date.now() + 30000), codes[0]]) {
    const other = await fresh({ javaScriptEnabled: false });
    await login(other, hub, "dan@example.com", password);
    assert.equal(new URL(other.url()).pathname, "/login/second");
    if (shown.length > 6) await other.click("text=Use a recovery code");
    await other.fill(shown.length > 6 ? "#recovery" : "#code", shown);
    await Promise.all([at(other, "/"), other.locator("button:visible", { hasText: "Go on" }).last().click()]);
    await other.context().close();
  }
  await page.goto(`${hub.address}/account`);
  assert.match(await page.textContent("main"), /9 codes left/);
  await page.context().close();
});

for (const [scheme, width] of [["light", 1280], ["dark", 320]])
  test(`axe finds nothing on these pages, ${scheme}, ${width} px`, { timeout: 90000 }, async () => {
    const page = await fresh({ colorScheme: scheme, viewport: { width, height: 800 } });
    const found = [];
    const look = async (what) => {
      for (const line of await axe(page)) found.push(`${what}: ${line}`);
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)) found.push(`${what}: too wide`);
    };
    hub.tool("user", "reset-second-factor", "ana@example.com");
    await page.goto(`${hub.address}/login`);
    await look("/login");
    await page.check("[data-show]");
    assert.equal(await page.getAttribute("#password", "type"), "text");
    await login(page, hub, "ana@example.com", password);
    for (const path of ["/account", "/account/second", "/account/passkeys", "/account/prove", "/people"]) {
      await page.goto(hub.address + path);
      await look(path);
    }
    await page.context().clearCookies();
    await login(page, hub, "dan@example.com", password);
    await look("/login/second");
    assert.deepEqual(found, []);
    await page.context().close();
  });
