// The tab 复核 by keyboard, and the clause that has the focus: its evidence, and no other, is marked in the narrative.
"use strict";

(() => {
  const { work, cards, cardAt, mayDecide, choose, save, find, number } = window.rongcuo.review;
  let current = ""; // the clause that the keys act on

  const shown = () => Boolean(document.getElementById("rc-reviewing")?.checkVisibility?.());

  const MOVES = { j: 1, k: -1 };
  const CHOICES = { a: ["accept"], r: ["reject"], 1: ["grade1", "add1"], 2: ["grade2", "add2"] };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || !shown()) return;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "Enter" && typing?.id === "rv-number") return number();
    if (!work()) return;
    if (typing) return keysWhileTyping(event, typing);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = press(event.key.toLowerCase());
    if (done) event.preventDefault();
  });

  function keysWhileTyping(event, field) {
    const card = field.closest(".rv-clause");
    if (event.key === "Escape" && (card || field.id === "rv-query")) select(card ?? cards()[0]);
    if (event.key === "Enter" && field.id === "rv-query") find();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && card) save();
  }

  function press(key) {
    const list = cards();
    const card = cardAt(current);
    if (key in MOVES) {
      const place = card ? list.indexOf(card) + MOVES[key] : 0;
      select(list[Math.min(Math.max(place, 0), list.length - 1)]);
    } else if (!mayDecide()) return false;
    else if (key in CHOICES) CHOICES[key].forEach((verdict) => choose(card ?? list[0], verdict));
    else if (key === "c") (card ?? list[0])?.querySelector("textarea")?.focus();
    else if (key === "s") save();
    else if (key === "/") document.getElementById("rv-query")?.focus();
    else return false;
    return true;
  }

  function select(card) {
    if (!card) return;
    card.focus({ preventScroll: true });
    const place = card.getBoundingClientRect();
    if (place.top < 8 || place.bottom > window.innerHeight - 72) card.scrollIntoView({ block: place.height > innerHeight / 2 ? "start" : "center" });
  }

  document.addEventListener("focusin", (event) => {
    const card = event.target instanceof Element ? event.target.closest(".rv-case .rv-clause") : null;
    if (card) current = card.dataset.clause;
    mark();
  });
  document.addEventListener("pointerover", (event) => {
    const card = event.target instanceof Element ? event.target.closest(".rv-case .rv-clause") : null;
    if (card && !document.activeElement?.closest(".rv-clause") && card.dataset.clause !== current) {
      current = card.dataset.clause;
      mark();
    }
  });

  function mark() {
    const told = document.querySelector(".rv-told");
    if (!told) return;
    const card = cardAt(current);
    const rank = card?.dataset.rank;
    for (const other of cards()) other.classList.toggle("rv-current", other === card);
    told.classList.toggle("rc-focused", Boolean(rank));
    const has = (name, element) => Boolean(rank) && (element.dataset[name] ?? "").split(" ").includes(rank);
    let best = null;
    for (const part of told.querySelectorAll("mark, span")) {
      part.classList.toggle("rc-active-word", has("words", part));
      part.classList.toggle("rc-active", has("windows", part));
      part.classList.toggle("rc-active-best", has("best", part));
      best ??= has("best", part) ? part : null;
    }
    if (best) reveal(told, best);
  }

  /** Scroll inside the narrative only, and only where the passage is out of sight. */
  function reveal(told, part) {
    const [inside, place] = [told, part].map((element) => element.getBoundingClientRect());
    if (place.top < inside.top || place.bottom > inside.bottom) told.scrollTop += place.top - inside.top - 24;
  }

  window.rongcuo.review.place = {
    /** The card of the clause, undefined where there is none. */
    card: () => cardAt(current),

    /** Another case: none of its clauses is chosen yet. */
    leave() {
      current = "";
    },

    mark,
  };
})();
