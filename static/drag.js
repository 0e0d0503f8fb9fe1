// Dragging by mouse, or by a long press on a touch screen.
import { $, $$ } from "./dom.js";

export function drag(b) {
  let hold = null; // a press that may become a drag
  let held = null; // the drag

  b.el.addEventListener("pointerdown", (e) => {
    const card = e.target.closest(".card");
    if (!card || e.button || e.target.closest("a.move, button")) return;
    hold = { card, x: e.clientX, y: e.clientY, touch: e.pointerType === "touch" };
    if (hold.touch) hold.timer = setTimeout(() => hold && lift(hold.x, hold.y), 400);
  });
  addEventListener("pointermove", (e) => {
    if (held) return follow(e.clientX, e.clientY);
    if (!hold) return;
    const far = Math.hypot(e.clientX - hold.x, e.clientY - hold.y);
    if (hold.touch && far > 8) release();
    else if (!hold.touch && far > 5) lift(e.clientX, e.clientY);
  });
  addEventListener("pointerup", () => (held ? drop() : release()));
  addEventListener("pointercancel", () => (held ? stop() : release()));
  addEventListener("touchmove", (e) => held && e.preventDefault(), { passive: false });
  addEventListener("keydown", (e) => held && e.key === "Escape" && stop());
  b.el.addEventListener("dragstart", (e) => e.target.closest(".card") && e.preventDefault());
  b.el.addEventListener("contextmenu", (e) => held && e.preventDefault());

  const release = () => { clearTimeout(hold?.timer); hold = null; };

  function lift(x, y) {
    const card = hold.card, box = card.getBoundingClientRect();
    const ghost = card.cloneNode(true);
    ghost.removeAttribute("id");
    ghost.classList.add("ghost");
    ghost.style.width = `${box.width}px`;
    const slot = document.createElement("li");
    slot.className = "slot";
    slot.setAttribute("aria-hidden", "true");
    held = { card, ghost, slot, dx: x - box.left, dy: y - box.top };
    document.body.append(ghost);
    document.body.classList.add("dragging");
    card.classList.add("pending");
    b.busy = true;
    getSelection()?.removeAllRanges();
    release();
    follow(x, y);
  }

  function follow(x, y) {
    const { ghost, slot, card, dx, dy } = held;
    ghost.style.transform = `translate(${x - dx}px, ${y - dy}px) rotate(1deg)`;
    const column = document.elementFromPoint(x, y)?.closest(".column");
    edge(x, y, column);
    if (!column) return;
    const below = $$(".card", column).find((c) => c !== card && y < middle(c));
    b.list(column).insertBefore(slot, below || null);
  }

  const middle = (c) => { const r = c.getBoundingClientRect(); return r.top + r.height / 2; };

  // edge scrolls what the pointer comes close to the end of.
  function edge(x, y, column) {
    const wide = $(".columns", b.el), r = wide.getBoundingClientRect();
    if (x > r.right - 40) wide.scrollLeft += 12; else if (x < r.left + 40) wide.scrollLeft -= 12;
    const l = column && b.list(column), q = l?.getBoundingClientRect();
    if (q && y > q.bottom - 30) l.scrollTop += 10; else if (q && y < q.top + 30) l.scrollTop -= 10;
  }

  function drop() {
    const { slot, card } = held, column = slot.closest(".column");
    let after = slot.previousElementSibling;
    if (after === card) after = card.previousElementSibling;
    const same = !column || column === card.closest(".column") && (slot.previousElementSibling === card || slot.nextElementSibling === card);
    stop();
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
    if (!same) b.move(card, column, after ? { after } : {});
  }

  const swallow = (e) => { e.preventDefault(); e.stopPropagation(); };

  function stop() {
    held.ghost.remove();
    held.slot.remove();
    held.card.classList.remove("pending");
    document.body.classList.remove("dragging");
    held = null;
    b.busy = false;
  }
}
