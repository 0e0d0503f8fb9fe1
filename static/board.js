// The board's own moves: menu, keyboard, drag, show more. Whatever the way, the
// same form is posted, and a refusal puts the card back with the reason.
import { $, $$, post, say, toast, parse, morph } from "./dom.js";
import { times } from "./times.js";
import { onKey } from "./keys.js";
import { drag } from "./drag.js";

export function board() {
  const el = $(".board-page");
  const b = { el, mine: el.dataset.mine === "true", busy: false, own: new Map() };
  const columns = () => $$(".column", el);
  const list = (column) => $(".cards", column);
  const named = (id) => columns().find((c) => c.dataset.id === String(id) || c.dataset.name === id);
  const label = (card) => $("h3", card).textContent.trim();

  b.column = named;
  b.list = list;
  b.count = (column, by) => b.setCount(column, Math.max(0, +$(".count", column).dataset.count + by));
  b.setCount = (column, n) => {
    const out = $(".count", column);
    out.dataset.count = out.textContent = n;
    column.classList.toggle("over", +column.dataset.limit > 0 && n > +column.dataset.limit);
    $(".column-empty", column).hidden = n > 0;
    const pick = $(`[data-count-of="${column.dataset.id}"]`, el);
    if (pick) pick.textContent = n;
  };

  // put stands a card before another, or at the end, and keeps the counts.
  b.put = (card, column, before) => {
    const from = card.closest(".column");
    list(column).insertBefore(card, before ?? null);
    if (from === column) return;
    if (from) b.count(from, -1);
    b.count(column, 1);
  };

  // move is what every way of moving ends in.
  b.move = async (card, column, place, silent) => {
    const back = { column: card.closest(".column"), after: card.previousElementSibling, before: card.nextElementSibling };
    const cards = list(column);
    const next = place.after ? place.after.nextElementSibling : place.bottom ? null : cards.firstElementChild;
    const fields = { column: column.dataset.id, version: card.dataset.version };
    if (place.bottom) fields.place = "bottom"; else fields.after = place.after?.dataset.id || 0;
    const focused = card.contains(document.activeElement);
    if (next !== card) b.put(card, column, next);
    card.classList.add("pending");
    if (focused) $("h3 a", card).focus({ preventScroll: true });
    const undo = () => b.move(card, back.column, back.after ? { after: back.after } : {}, true);
    try {
      const answer = await post(`${el.dataset.project}/cards/${card.dataset.id}/move`, fields);
      const text = await answer.text();
      if (!answer.ok) throw new Error(reason(answer, text));
      b.fresh(card, parse(text).firstElementChild);
      card.classList.remove("pending");
      const at = [...cards.children].indexOf(card) + 1;
      say(`${label(card)} moved to ${column.dataset.name}, ${at} of ${$(".count", column).dataset.count}`);
      if (!silent) toast(`Moved to ${column.dataset.name}`, "Undo", undo);
    } catch (err) {
      card.classList.remove("pending");
      b.put(card, back.column, back.before?.isConnected ? back.before : null);
      toast(err.message || "The card could not be moved.");
      say(err.message);
    }
  };

  b.fresh = (card, news) => {
    const changed = morph(card, news);
    times(card);
    return changed;
  };

  // The menu
  const dialog = $("#move-dialog");
  let chosen = null;
  b.menu = (card) => {
    chosen = card;
    $("#move-title").textContent = `Move ${label(card)}`;
    const here = card.closest(".column").dataset.id;
    $$("li button", dialog).forEach((btn) => btn.toggleAttribute("aria-current", btn.value === here));
    dialog.returnValue = "";
    dialog.showModal();
    ($("[aria-current]", dialog) || $("li button", dialog)).focus();
  };
  if (dialog) {
    dialog.addEventListener("close", () => {
      const column = dialog.returnValue && named(dialog.returnValue);
      $("h3 a", chosen).focus({ preventScroll: true });
      if (column) b.move(chosen, column, { bottom: $("[value=bottom]", dialog).checked });
    });
    el.addEventListener("click", (e) => {
      const link = e.target.closest("a.move");
      if (link && !e.ctrlKey && !e.metaKey) { e.preventDefault(); b.menu(link.closest(".card")); }
    });
  }

  // Show more
  el.addEventListener("click", async (e) => {
    const link = e.target.closest("a.more");
    if (!link || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    link.setAttribute("aria-busy", "true");
    const answer = await fetch(link.href, { headers: { "X-Part": "1" } });
    if (!answer.ok) return location.assign(link.href);
    const column = link.closest(".column"), part = parse(await answer.text());
    const first = $(".card", part), next = $("a.more", part);
    for (const card of $$(".card", part)) $(`#${card.id}`) ? card.remove() : list(column).append(card);
    next ? link.replaceWith(next) : link.remove();
    column.dataset.more = String(!!next);
    times(list(column));
    if (first?.isConnected) $("h3 a", first).focus();
  });

  walk(b, { columns, list, label });
  pick(el, columns);
  if (b.mine) drag(b);
  $("#filter")?.addEventListener("change", (e) => e.target.matches("select") && e.currentTarget.requestSubmit());
  return b;
}

function reason(answer, text) {
  try { return JSON.parse(text).detail; } catch { return answer.status === 401 ? "Sign in again to move cards." : "The card could not be moved."; }
}

// walk moves the focus over the board, and a lifted card.
function walk(b, { columns, list, label }) {
  const current = () => document.activeElement?.closest?.(".card") || $(".card:hover", b.el);
  const go = (card) => { const a = card && $("h3 a", card); a?.focus(); card?.scrollIntoView({ block: "nearest", inline: "nearest" }); };
  const step = (by) => () => {
    const c = current();
    if (!c) return go($(".card", b.el));
    go(by > 0 ? c.nextElementSibling : c.previousElementSibling);
  };
  const side = (by) => () => {
    const c = current(), all = columns();
    let i = c ? all.indexOf(c.closest(".column")) : -1;
    const row = c ? [...c.parentNode.children].indexOf(c) : 0;
    for (i += by; all[i]; i += by) {
      const cards = list(all[i]).children;
      if (cards.length) return go(cards[Math.min(row, cards.length - 1)]);
    }
  };
  Object.assign(onKey, {
    j: step(1), k: step(-1), h: side(-1), l: side(1),
    o: () => { const c = current(); c ? location.assign($("h3 a", c).href) : 0; },
    m: () => { const c = current(); if (!c || !b.mine) return false; b.menu(c); },
    f: () => $("#filter-text").focus(),
    u: () => b.take?.(),
  });
  if (!b.mine) return;
  let lifted = null;
  const end = (drop) => {
    const { card, column, next } = lifted;
    lifted = null;
    b.busy = false;
    card.classList.remove("lifted");
    const at = card.closest(".column"), after = card.previousElementSibling;
    b.put(card, column, next?.isConnected ? next : null);
    if (drop && (at !== column || card.previousElementSibling !== after)) b.move(card, at, after ? { after } : {});
    else if (!drop) say(`${label(card)} is back in ${column.dataset.name}`);
    $("h3 a", card).focus();
  };
  b.el.addEventListener("keydown", (e) => {
    const card = e.target.closest?.(".card");
    if (!lifted) {
      if (e.key !== " " || !card || !e.target.matches("h3 a")) return;
      e.preventDefault();
      lifted = { card, column: card.closest(".column"), next: card.nextElementSibling };
      b.busy = true;
      card.classList.add("lifted");
      return say(`${label(card)} picked up. Arrows move it, Enter drops it, Escape puts it back`);
    }
    const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], k: [0, -1], j: [0, 1], h: [-1, 0], l: [1, 0] };
    if (e.key === "Escape") { e.preventDefault(); return end(false); }
    if (e.key === " " || e.key === "Enter") { e.preventDefault(); return end(true); }
    if (e.key === "Tab") return end(false);
    if (!steps[e.key]) return;
    e.preventDefault();
    const [dx, dy] = steps[e.key], c = lifted.card;
    if (dy < 0 && c.previousElementSibling) c.parentNode.insertBefore(c, c.previousElementSibling);
    if (dy > 0 && c.nextElementSibling) c.parentNode.insertBefore(c.nextElementSibling, c);
    if (dx) {
      const all = columns(), to = all[all.indexOf(c.closest(".column")) + dx];
      if (to) b.put(c, to, list(to).firstElementChild);
    }
    $("h3 a", c).focus();
    c.scrollIntoView({ block: "nearest", inline: "nearest" });
    const at = c.closest(".column");
    say(`${at.dataset.name}, ${[...list(at).children].indexOf(c) + 1} of ${$(".count", at).dataset.count}`);
  });
}

// pick shows one column on a narrow screen.
function pick(el, columns) {
  const show = (id) => {
    columns().forEach((c) => c.classList.toggle("picked", c.dataset.id === id));
    $$("[data-pick]", el).forEach((a) => a.dataset.pick === id ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current"));
    try { sessionStorage.setItem("column", id); } catch { /* private windows */ }
  };
  const all = columns();
  if (!all.length) return;
  $(".columns", el).classList.add("one");
  const wanted = all.find((c) => `#${c.id}` === location.hash) || all.find((c) => c.dataset.id === sessionStorage.getItem("column"));
  show((wanted || all.find((c) => $(".card", c)) || all[0]).dataset.id);
  el.addEventListener("click", (e) => {
    const a = e.target.closest("[data-pick]");
    if (a) { e.preventDefault(); show(a.dataset.pick); }
  });
}
