// A real program on a free port with its own data folder, and what tests need to
// speak to it.
import { spawn, spawnSync } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const program = process.env.THROUGHLINE || resolve(import.meta.dirname, "../dist/throughline");

// Settings of whoever runs the tests must not reach the program under test.
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("THROUGHLINE")));

export class Hub {
  constructor() {
    if (!existsSync(program)) throw new Error(`${program} is missing: make build`);
    this.data = mkdtempSync(join(tmpdir(), "throughline-"));
    this.output = "";
  }

  // start runs serve or demo and waits until it is ready.
  static async start(command = "serve", ...flags) {
    const hub = new Hub();
    hub.port = await freePort();
    await hub.run(command, ...flags);
    return hub;
  }

  async run(command, ...flags) {
    this.address = `http://127.0.0.1:${this.port}`;
    this.child = spawn(program, [command, "--addr", `127.0.0.1:${this.port}`, "--data", this.data, "--log-level", "warn", ...flags], { env: environment });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (d) => (this.output += d));
    this.ended = new Promise((done) => this.child.on("exit", (code, signal) => done({ code, signal })));
    await until(async () => (await fetch(`${this.address}/readyz`).catch(() => null))?.ok, () => `ready: ${this.output}`);
  }

  // tool runs another command on the same data and returns the last line it printed.
  tool(...args) {
    const done = spawnSync(program, [...args, "--data", this.data], { encoding: "utf8", env: environment });
    if (done.status !== 0) throw new Error(`${args.join(" ")}: ${done.stderr}`);
    return done.stdout.trim().split("\n").at(-1);
  }

  token(role = "administrator") {
    return (this.admin ??= this.tool("token", "create", "--name", "test", "--role", role));
  }

  async stop(signal = "SIGTERM") {
    this.child.kill(signal);
    return this.ended;
  }

  async close() {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  // call asks with the administrator's token; the answer's JSON comes back.
  async call(method, path, body, expect = [200, 201, 202]) {
    const text = typeof body === "string";
    const answer = await fetch(this.address + path, {
      method, headers: { authorization: `Bearer ${this.token()}`, "content-type": text ? "text/markdown" : "application/json" },
      body: body === undefined ? undefined : text ? body : JSON.stringify(body),
    });
    const raw = await answer.text();
    if (!expect.includes(answer.status)) throw new Error(`${method} ${path}: ${answer.status} ${raw}`);
    try { return JSON.parse(raw); } catch { return raw; }
  }

  // github posts a webhook, signed; the answer itself comes back.
  github(name, secret, event, payload, id = randomUUID()) {
    const body = JSON.stringify(payload);
    return fetch(`${this.address}/hooks/github/${name}`, { method: "POST", body, headers: {
      "content-type": "application/json", "x-github-event": event, "x-github-delivery": id,
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    } });
  }

  // event posts a CloudEvent as a bot.
  event(name, type, data, more = {}) {
    const body = { specversion: "1.0", id: randomUUID(), source: "/tests", type: `dev.throughline.${type}.v1`, time: new Date().toISOString(), data, ...more };
    return fetch(`${this.address}/hooks/cloudevents/${name}`, { method: "POST", body: JSON.stringify(body),
      headers: { authorization: `Bearer ${this.token()}`, "content-type": "application/cloudevents+json" } });
  }

  // project makes a project with a GitHub and a CloudEvents integration of its name.
  async project(key, name = key) {
    const hook = key.toLowerCase();
    await this.call("POST", "/api/v1/projects", { key, name });
    await this.call("POST", `/api/v1/projects/${key}/integrations`, { source: "github", name: hook, settings: { secret: "s" } });
    await this.call("POST", `/api/v1/projects/${key}/integrations`, { source: "cloudevents", name: hook });
  }

  // run posts a run; finished when it says so.
  async runs(hook, id, state = "running") {
    const data = { run_id: id, experiment: "exp", name: id, user: "dana", started_at: new Date(Date.now() - 60000).toISOString() };
    if (state === "running") return accepted(await this.event(hook, "run.started", data));
    return accepted(await this.event(hook, "run.finished", { ...data, state, ended_at: new Date().toISOString() }));
  }

  cards(board, column) { return board.columns.find((c) => c.name === column).cards.map((c) => c.subject.key); }
}

export async function accepted(answer) {
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer;
}

export async function until(asked, what, limit = 30000) {
  for (const end = Date.now() + limit; Date.now() < end; await new Promise((r) => setTimeout(r, 50))) {
    const got = await asked();
    if (got) return got;
  }
  throw new Error(`waited in vain for ${typeof what === "function" ? what() : what}`);
}

function freePort() {
  return new Promise((done) => {
    const s = createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => done(port)); });
  });
}
