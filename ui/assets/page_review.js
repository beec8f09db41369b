// The tab 复核 and the list of own cases: buttons in HTML, requests, and what was filled in but not saved yet.
"use strict";

(() => {
  // What was filled in, by case and clause: in this page's memory only, so that a conflict or another case loses nothing.
  const drafts = new Map();
  let asked = null; // what the next event sends
  let asking = false; // one request at a time
  let following = null; // what was asked for meanwhile
  let own = null;
  let back = ""; // what had the focus before the page changed

  const work = () => document.querySelector(".rv-case");
  const cards = () => [...document.querySelectorAll(".rv-case .rv-clause")];
  const cardAt = (clause) => cards().find((card) => card.dataset.clause === clause);
  const mayDecide = () => Boolean(work()?.dataset.turn);
  const place = () => window.rongcuo.review.place; // page_review_keys.js

  function draftsOf(id) {
    if (!drafts.has(id)) drafts.set(id, new Map());
    return drafts.get(id);
  }

  /** The decision that a card shows: the draft, or what is stored. */
  function decision(card) {
    const draft = draftsOf(work().dataset.case).get(card.dataset.clause);
    const area = card.querySelector("textarea");
    return draft ?? { verdict: card.dataset.stored, comment: area ? area.defaultValue : "" };
  }

  function remember(card, change) {
    const mine = draftsOf(work().dataset.case);
    const next = { ...decision(card), ...change };
    const same = next.verdict === card.dataset.stored && next.comment === card.querySelector("textarea").defaultValue;
    if (same) mine.delete(card.dataset.clause);
    else mine.set(card.dataset.clause, next);
    paint(card);
    count();
  }

  function paint(card) {
    const area = card.querySelector("textarea");
    if (!area) return;
    const said = decision(card);
    if (area.value !== said.comment) area.value = said.comment;
    for (const button of card.querySelectorAll("[data-rv-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.rvChoice === said.verdict));
    }
    const changed = draftsOf(work().dataset.case).has(card.dataset.clause);
    card.classList.toggle("rv-changed", changed);
    card.querySelector(".rv-unsaved").textContent = changed ? "未保存" : "";
  }

  function count() {
    const line = document.querySelector(".rv-count");
    if (!line) return;
    const open = cards().filter((card) => !card.dataset.stored && !decision(card).verdict).length;
    const unsaved = cards().filter((card) => draftsOf(work().dataset.case).has(card.dataset.clause)).length;
    line.textContent = [unsaved ? `未保存 ${unsaved} 条` : "", open ? `未定 ${open} 条` : "每条都有意见"].filter(Boolean).join("，");
  }

  /** Send a request of the page through the hidden event; what is asked for meanwhile comes after it, a repeated one is dropped. */
  async function ask(what, extra = {}) {
    if (asking) {
      if (asked?.do !== what || extra.case !== undefined) following = () => ask(what, extra);
      return;
    }
    asking = true;
    const now = work();
    asked = { do: what, case: now?.dataset.case ?? "", version: Number(now?.dataset.version ?? 0), ...extra };
    back = keyOf(document.activeElement);
    // Gradio puts a tab into the page when it is chosen for the first time
    while (!document.getElementById("rv-trigger")) await pause(50);
    busy(true);
    document.getElementById("rv-trigger").click();
  }

  function busy(now) {
    asking = now;
    document.getElementById("rv-desk")?.setAttribute("aria-busy", String(now));
  }

  /** How to find the same thing again after its part of the page was replaced. */
  function keyOf(element) {
    const button = element?.closest?.("[data-rv-do], [data-rv-open]");
    if (button?.dataset.rvOpen) return `[data-rv-open="${CSS.escape(button.dataset.rvOpen)}"]`;
    if (button) return `[data-rv-do="${button.dataset.rvDo}"]`;
    return ["rv-query", "rv-number"].includes(element?.id) ? `#${element.id}` : "";
  }

  const decisions = () => [...draftsOf(work().dataset.case)].map(([clause, said]) => ({ clause, ...said }));

  function save() {
    if (!mayDecide()) return;
    ask("save", { decisions: decisions() });
  }

  const DO = {
    save,
    queue: () => ask("queue"),
    number: () => ask("number", { number: document.getElementById("rv-number").value }),
    find: () => ask("find", { query: document.getElementById("rv-query").value }),
    withdraw: (button) => ask("withdraw", { clause: button.closest(".rv-clause").dataset.clause }),
    assign: (button) => ask("assign", { reviewer: chosenNear(button) }),
    second: (button) => pending() || ask("second", { reviewer: chosenNear(button) }),
    close: () => pending() || ask("close"),
    back: () => pending() || ask("back"),
  };
  const chosenNear = (button) => button.parentElement.querySelector("[data-rv-reviewer]")?.value ?? "";

  /** Before a case leaves the reviewer's hands: what is not saved must be saved first. */
  function pending() {
    if (!draftsOf(work().dataset.case).size) return false;
    say("还有没保存的意见，请先点“保存意见”，或改回原样。", "rc-error");
    return true;
  }

  function say(text, kind) {
    const status = document.querySelector("#rv-status .rc-status");
    status.className = `rc-status ${kind}`;
    status.textContent = text;
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const data = button.dataset;
    if (data.rvOpen) ask("open", { case: data.rvOpen });
    else if (data.rvDo) (DO[data.rvDo] ?? (() => ask(data.rvDo)))(button);
    else if (data.rvChoice) choose(button.closest(".rv-clause"), data.rvChoice);
    else if (data.rvAdd) add(button.closest(".rv-hit").dataset.clause, data.rvAdd);
    else if ("rvRest" in data) rest();
    else if (data.ownDo) {
      const row = button.closest("[data-case]");
      own = { do: data.ownDo, case: row.dataset.case, version: Number(row.dataset.version) };
      document.getElementById("own-trigger").click();
      if (data.ownDo === "edit") document.querySelector("#rc-story textarea")?.focus();
    } else if (button.getAttribute("role") === "tab" && button.textContent.trim() === "复核") ask("queue");
  });

  /** A chosen verdict; chosen once more it is taken back to what is stored. */
  function choose(card, verdict) {
    if (!card?.querySelector(`[data-rv-choice="${verdict}"]`)) return;
    remember(card, { verdict: decision(card).verdict === verdict ? card.dataset.stored : verdict });
  }

  function add(clause, grade) {
    ask("save", { decisions: [...decisions(), { clause, verdict: `add${grade}`, comment: "" }] });
  }

  function rest() {
    for (const card of cards()) if (!decision(card).verdict) remember(card, { verdict: "reject" });
  }

  document.addEventListener("input", (event) => {
    const card = event.target.closest?.(".rv-clause");
    if (card && event.target.matches("textarea")) remember(card, { comment: event.target.value });
  });

  window.addEventListener("beforeunload", (event) => {
    if ([...drafts.values()].some((mine) => mine.size)) event.preventDefault();
  });

  /** What was saved is no draft any more, but for what was changed while it was being saved. */
  function forget(sent) {
    const mine = draftsOf(sent.case);
    for (const saved of sent.decisions) {
      const draft = mine.get(saved.clause);
      if (draft?.verdict === saved.verdict && draft.comment === saved.comment) mine.delete(saved.clause);
    }
  }

  /** Give the focus a place after the page has changed. */
  function settle(sent, wrong) {
    const to = (element) => element?.focus({ preventScroll: true });
    if (!wrong && ["open", "number", "claim"].includes(sent.do)) {
      place().leave();
      to(document.getElementById("rv-title"));
      if (window.innerWidth < 1000) work().scrollIntoView({ block: "start" });
    } else if (!wrong && sent.do === "history") document.getElementById("rv-history-title")?.focus();
    else if (document.activeElement?.isConnected && document.activeElement !== document.body) return;
    else to((sent.do === "save" && place().card()) || (back ? document.querySelector(back) : null));
  }

  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 30)));

  window.rongcuo.review = {
    // what the keys act on and do
    work, cards, cardAt, mayDecide, choose, save, find: DO.find, number: DO.number,

    /** What the hidden event sends: the request as JSON. */
    take() {
      return JSON.stringify(asked ?? { do: "queue" });
    },

    /** What the list of own cases sends. */
    takeOwn() {
      return JSON.stringify(own);
    },

    /** A request is under way: should the program be gone, say so and let it be tried again. */
    async begun() {
      await window.rongcuo.watch("#rc-reviewing");
      if (document.querySelector("#rv-status .rc-error")) busy(false);
    },

    /** The answer is there: put back what was filled in, the place and the focus. */
    async done() {
      const sent = asked;
      await frame();
      const wrong = document.querySelector("#rv-status .rc-error") !== null;
      if (!wrong && sent.do === "save") forget(sent);
      if (work()) {
        for (const card of cards()) paint(card);
        count();
        settle(sent, wrong);
        place().mark();
      }
      busy(false);
      const next = following;
      following = null;
      next?.();
    },

    /** The program failed: what was filled in stays. */
    failed() {
      busy(false);
      following = null;
    },
  };
})();
