// The open board follows the hub. Text changes at once; cards come, go and move
// only when nobody's hand is on their column, else they wait behind a pill.
import { $, $$, say, alarm, parse } from "./dom.js";
import { times } from "./times.js";

export function live(b) {
  const el = b.el, sign = $("#live"), seqOf = () => +el.dataset.seq;
  const state = { tries: 0, since: 0, lost: 0, socket: null, poll: 0 };
  const waiting = new Map(); // card id → change of structure
  const touched = new WeakMap(); // column → when a hand was last on it
  let hiddenFrames = [], recent = [], refetch = 0;

  // The line to the hub
  function connect() {
    clearTimeout(state.again);
    const address = new URL(`${el.dataset.project}/live?since=${seqOf()}`, location);
    address.protocol = address.protocol.replace("http", "ws");
    const s = (state.socket = new WebSocket(address));
    s.onopen = () => { state.tries = 0; state.lost = 0; show("live", "Live"); alarm(""); };
    s.onmessage = (e) => hear(JSON.parse(e.data));
    s.onclose = () => {
      if (s !== state.socket) return;
      state.lost ||= Date.now();
      const wait = Math.min(30, 2 ** state.tries++) * (0.7 + Math.random() * 0.6);
      state.until = Date.now() + wait * 1000;
      state.again = setTimeout(connect, wait * 1000);
      if (state.tries > 3 && Date.now() - state.poll > 30000) { state.poll = Date.now(); refresh(); }
      tell();
    };
  }
  function tell() {
    if (!state.lost) return;
    const down = Date.now() - state.lost;
    if (down > 10000 || !navigator.onLine) {
      const at = new Date(state.lost).toTimeString().slice(0, 5);
      show("off", `Offline – data from ${at}`);
      alarm(`The connection is lost. The board shows data from ${at}.`);
    } else show("again", `Reconnecting, ${Math.max(1, Math.round((state.until - Date.now()) / 1000))} s`);
  }
  function show(is, text) { sign.hidden = false; sign.dataset.is = is; sign.textContent = text; sign.title = text; }
  show("again", "Connecting");
  setInterval(tell, 1000);
  addEventListener("online", () => state.lost && connect());
  addEventListener("pagehide", () => { state.socket.onclose = null; state.socket.close(); });
  addEventListener("pageshow", (e) => e.persisted && (connect(), refresh()));

  // What it says
  function hear(frame) {
    if (document.hidden) {
      hiddenFrames.push(frame);
      document.title = `(${hiddenFrames.length}) ${title}`;
      return;
    }
    if (frame.seq) el.dataset.seq = frame.seq;
    if (frame.resync) return refresh();
    for (const change of frame.changes || []) {
      recent.push(Date.now());
      if (change.fetch) fetchCard(change);
      else apply(change);
    }
    settle();
  }
  async function fetchCard(change) { // too large for a frame
    const answer = await fetch(`${el.dataset.project}/cards/${change.card}`, { headers: { "X-Part": "1" } });
    if (answer.ok) { apply({ ...change, html: await answer.text() }); settle(); }
  }
  const title = document.title;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    const frames = hiddenFrames;
    hiddenFrames = [];
    document.title = title;
    if (frames.length > 200) refresh();
    frames.forEach(hear);
  });

  function apply(change) {
    const old = document.getElementById(`card-${change.card}`);
    if (change.op === "remove") return old && waiting.set(String(change.card), { change, old });
    const card = parse(change.html || "").firstElementChild;
    if (!card) return;
    const column = b.column(change.column);
    const same = old && column?.contains(old) && (old.dataset.position === card.dataset.position || standsRight(old, card));
    if (same || old?.matches(".pending, .lifted")) {
      waiting.delete(card.dataset.id);
      if (!old.matches(".pending, .lifted") && b.fresh(old, card)) flash(old);
      return;
    }
    if (old) b.fresh(old, stay(old, card));
    waiting.set(card.dataset.id, { change, card: parse(change.html).firstElementChild });
  }

  // stay keeps a card's place in the marks while its words are renewed.
  function stay(old, card) {
    const copy = card.cloneNode(true);
    for (const name of ["data-column", "data-position", "data-version"]) copy.setAttribute(name, old.getAttribute(name));
    return copy;
  }

  const at = (c) => parseFloat(c.dataset.position);
  function standsRight(old, card) {
    const before = old.previousElementSibling, after = old.nextElementSibling;
    return (!before?.dataset.position || at(before) <= at(card)) && (!after?.dataset.position || at(card) <= at(after));
  }

  // A hand on a column: pointer, focus, scroll, selection, an open menu, a drag.
  const mark = (e) => { const c = e.target.closest?.(".column"); if (c) touched.set(c, Date.now()); };
  for (const type of ["pointermove", "pointerdown", "focusin", "keydown"]) el.addEventListener(type, mark, { passive: true });
  el.addEventListener("scroll", mark, { capture: true, passive: true });
  function quiet(column) {
    if (!column) return true;
    const selection = getSelection();
    const inside = column.matches(":hover") || column.contains(document.activeElement);
    return !b.busy && !inside && b.list(column).scrollTop < 4 && Date.now() - (touched.get(column) || 0) > 3000 &&
      (selection.isCollapsed || !column.contains(selection.anchorNode)) && !$("details[open]", column) && !$("dialog[open]");
  }

  const columnsOf = (w) => [b.column(w.change.column), document.getElementById(`card-${w.change.card}`)?.closest(".column")].filter(Boolean);

  function settle(all) {
    recent = recent.filter((t) => Date.now() - t < 1000);
    const busy = recent.length > 20;
    let taken = 0;
    for (const [id, w] of waiting) {
      if (!all && (busy || taken >= 20 || !columnsOf(w).every(quiet))) continue;
      waiting.delete(id);
      take(w);
      taken++;
    }
    pills();
    if (taken) times(el);
  }
  b.take = () => settle(true);
  setInterval(() => waiting.size && !document.hidden && settle(), 1000);

  function take({ change, card }) {
    const counted = change.counted; // a fetched page brought its counts along
    const old = document.getElementById(`card-${change.card}`);
    if (change.op === "remove") {
      if (old && !counted) b.count(old.closest(".column"), -1);
      if (old) leave(old);
      return;
    }
    const column = b.column(change.column);
    if (!column) return recount();
    const list = b.list(column), next = $$(".card", list).find((c) => c !== old && at(c) > at(card));
    if (el.dataset.filtered === "true" && !old) return refreshSoon();
    if (!next && column.dataset.more === "true") {
      if (old) leave(old);
      return recount();
    }
    const moved = old || card, from = old?.closest(".column");
    if (old) b.fresh(old, card);
    const focused = moved.contains(document.activeElement) && document.activeElement;
    const n = +$(".count", column).dataset.count, m = from && +$(".count", from).dataset.count;
    b.put(moved, column, next);
    if (counted) b.setCount(column, n), from && from !== column && b.setCount(from, m);
    if (focused) focused.focus({ preventScroll: true });
    flash(moved);
    if (!old && $$(".column[data-more=true]", el).length) recount();
    if (from && from !== column) say(`${change.subject.title} moved to ${change.column}`);
    else if (!old) say(`${change.subject.title} is new in ${change.column}`);
  }

  function leave(card) {
    const focused = card.contains(document.activeElement), next = card.nextElementSibling || card.previousElementSibling;
    const head = $("h2", card.closest(".column"));
    card.remove();
    if (focused) (next ? $("h3 a", next) : head).focus();
  }

  function pills() {
    const per = new Map();
    for (const w of waiting.values()) for (const c of new Set(columnsOf(w))) per.set(c, (per.get(c) || 0) + 1);
    for (const c of $$(".column", el)) {
      const n = per.get(c) || 0, pill = $("[data-pill]", c);
      pill.hidden = !n;
      if (n) pill.textContent = n === 1 ? "1 update" : `${n} updates`;
    }
  }
  el.addEventListener("click", (e) => e.target.closest("[data-pill]") && settle(true));

  // Never more than three flashes in a second.
  let flashes = [];
  function flash(card) {
    const now = Date.now();
    flashes = flashes.filter((t) => now - t < 1000);
    if (flashes.length >= 3 || now - (touched.get(card) || 0) < 5000) return;
    flashes.push(now);
    touched.set(card, now);
    card.classList.remove("flash");
    requestAnimationFrame(() => card.classList.add("flash"));
    card.addEventListener("animationend", () => card.classList.remove("flash"), { once: true });
  }

  // Quiet repairs: counts only, or the whole window, with scroll and focus kept.
  let counting = 0;
  function recount() {
    counting ||= setTimeout(async () => {
      counting = 0;
      const answer = await fetch(`${el.dataset.project}/board/counts${location.search}`);
      if (!answer.ok) return;
      for (const [id, n] of Object.entries(await answer.json())) { const c = b.column(id); c && b.setCount(c, n); }
    }, 1500);
  }
  function refreshSoon() { refetch ||= setTimeout(refresh, 2000); }
  async function refresh() {
    clearTimeout(refetch);
    refetch = 0;
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"), fresh = $(".board-page", page);
    if (!fresh) return;
    el.dataset.seq = Math.max(seqOf(), +fresh.dataset.seq);
    const seen = new Set();
    for (const col of $$(".column", fresh)) {
      const column = b.column(col.dataset.id);
      if (!column) return location.reload();
      for (const card of $$(".card", col)) {
        seen.add(card.id);
        apply({ op: "put", card: card.dataset.id, column: col.dataset.name, html: card.outerHTML, counted: true, subject: { title: $("h3", card).textContent } });
      }
      b.setCount(column, +$(".count", col).dataset.count);
    }
    for (const card of $$(".card", el)) {
      const more = card.closest(".column").dataset.more === "true";
      if (!seen.has(card.id) && !more) waiting.set(card.dataset.id, { change: { op: "remove", card: card.dataset.id, counted: true } });
    }
    settle();
  }
  connect();
}
