// Script of the page. It stands in the head, before Gradio's own modules, and asks no host for anything.
"use strict";

// Gradio chooses its language by the browser's; this page is Chinese whatever the browser is set to.
Object.defineProperty(navigator, "language", { configurable: true, get: () => "zh-CN" });
Object.defineProperty(navigator, "languages", { configurable: true, get: () => ["zh-CN"] });

(() => {
  const FILES = {
    text: ["容错条款匹配", "txt", "text/plain"],
    json: ["容错条款匹配", "json", "application/json"],
    report: ["容错条款评测", "html", "text/html"],
    run: ["容错条款评测", "json", "application/json"],
  };
  const told = () => document.querySelector(".rc-told");

  /** Show in the narrative what belongs to one card; null shows what belongs to the best clauses again. */
  function activate(card) {
    for (const old of document.querySelectorAll(".rc-active, .rc-active-word")) old.classList.remove("rc-active", "rc-active-best", "rc-active-word");
    const panel = told();
    if (!panel) return;
    panel.classList.toggle("rc-focused", card !== null);
    if (card === null) return;
    const rank = card.dataset.rank;
    card.classList.add("rc-active");
    for (const mark of panel.querySelectorAll(`[data-words~="${rank}"]`)) mark.classList.add("rc-active-word");
    const windows = panel.querySelectorAll(`[data-windows~="${rank}"]`);
    for (const mark of windows) mark.classList.add("rc-active");
    const best = panel.querySelectorAll(`[data-best~="${rank}"]`);
    for (const mark of best) mark.classList.add("rc-active-best");
    if (best.length) reveal(panel, best[0]);
  }

  /** Scroll inside the panel only: the page itself must not move under the pointer. */
  function reveal(panel, mark) {
    const inside = panel.getBoundingClientRect();
    const place = mark.getBoundingClientRect();
    if (place.top < inside.top || place.bottom > inside.bottom) panel.scrollTop += place.top - inside.top - 24;
  }

  const cardOf = (target) => (target instanceof Element ? target.closest(".rc-card") : null);
  const rest = () => activate(cardOf(document.activeElement));

  document.addEventListener("pointerover", (event) => {
    const card = cardOf(event.target);
    if (card) activate(card);
  });
  document.addEventListener("pointerout", (event) => {
    if (cardOf(event.target) && !cardOf(event.relatedTarget)) rest();
  });
  document.addEventListener("focusin", rest);
  document.addEventListener("focusout", (event) => {
    if (cardOf(event.target)) activate(null);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    if (!event.target.closest?.("#rc-story")) return;
    event.preventDefault();
    document.getElementById("rc-match")?.click();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-export]") : null;
    if (!button) return;
    const kind = button.dataset.export;
    const content = document.querySelector(`[data-content="${kind === "copy" ? "text" : kind}"]`).textContent;
    const done = kind === "copy" ? ((await copy(content)) ? "已复制。" : "浏览器不允许复制，请用“下载文字版”。") : save(kind, content);
    button.parentElement.querySelector(".rc-done").textContent = done;
  });

  /** Copy a text; tell whether that worked. Outside localhost and https there is only the old command. */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const box = document.createElement("textarea");
      const before = document.activeElement;
      box.value = text;
      document.body.append(box);
      box.select();
      const worked = document.execCommand("copy");
      box.remove();
      before?.focus();
      return worked;
    }
  }

  /** Save a text as a file named after the time; return what to say. */
  function save(kind, text) {
    const [name, ending, type] = FILES[kind];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    link.download = `${name}-${stamp(new Date())}.${ending}`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    return `已保存 ${link.download}。`;
  }

  function stamp(now) {
    const two = (number) => String(number).padStart(2, "0");
    const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
    return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  }

  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  // When the program is back, Gradio loads the page anew: carry the narrative over that, and leave nothing behind.
  const KEY = "rongcuo-story";
  const story = () => document.querySelector("#rc-story textarea");
  const keep = () => story()?.value && sessionStorage.setItem(KEY, story().value);

  async function restore(text) {
    sessionStorage.removeItem(KEY);
    while (!story()) await pause(100);
    story().value = text;
    story().dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (sessionStorage.getItem(KEY)) restore(sessionStorage.getItem(KEY));

  // The visitor's own case file: read here, because the program takes no uploads, and sent along when a run is started.
  const NONE = ["", ""];
  let own = NONE;
  let reading = Promise.resolve();

  document.addEventListener("change", (event) => {
    if (event.target.id !== "rc-file" || !event.target.files.length) return;
    reading = choose(event.target.files[0], Number(event.target.dataset.limitMb));
  });

  async function choose(file, limit) {
    const say = (text, wrong) => {
      const line = document.querySelector(".rc-chosen");
      line.textContent = text;
      line.classList.toggle("rc-error", wrong);
    };
    own = NONE;
    if (file.size > limit * 2 ** 20) return say(`${file.name} 超过 ${limit} MB，请分成几个文件。`, true);
    say(`正在读取 ${file.name}……`, false);
    try {
      own = [file.name, new TextDecoder("utf-8", { fatal: true }).decode(await bytes(file))];
      say(`已选择 ${file.name}。`, false);
    } catch {
      say(`${file.name} 读不出来，请确认它是 UTF-8 的 .jsonl 文件。`, true);
    } finally {
      document.getElementById("rc-file").value = ""; // so that the same file can be chosen again when it was put right
    }
  }

  function bytes(file) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsArrayBuffer(file);
    });
  }

  const statusIn = (tab) => document.querySelector(`${tab} .rc-status`);

  window.rongcuo = {
    /** While an answer is awaited in a tab, see that the program is still there: Gradio would wait for it without a word. */
    async watch(tab) {
      for (;;) {
        await pause(3000);
        const status = statusIn(tab);
        if (!status?.classList.contains("rc-running")) return;
        try {
          await fetch("favicon.ico", { cache: "no-store" }); // HEAD is refused there, which the console would show as an error
        } catch {
          status.classList.replace("rc-running", "rc-error");
          status.textContent = "与程序的连接断了，请确认它仍在运行，然后再试一次。";
          window.addEventListener("pagehide", keep, { once: true });
          return;
        }
      }
    },

    /** On a narrow screen the answer lies below the fold: bring its first line into view when it arrives. */
    shown(tab) {
      const status = statusIn(tab);
      if (status?.getBoundingClientRect().top > window.innerHeight * 0.6) status.scrollIntoView({ block: "start" });
    },

    /** An evaluation begins: the button that stops it takes the place and the focus of the one that started it, until its end. */
    async began(tab) {
      this.stopped = false;
      this.watch(tab);
      const [start, stop] = ["rc-start", "rc-stop"].map((id) => document.getElementById(id));
      const follow = (from, to) => [from, document.body].includes(document.activeElement) && to.focus({ preventScroll: true });
      const runs = () => statusIn(tab)?.classList.contains("rc-running");
      while (!runs()) await pause(50);
      follow(start, stop);
      while (runs()) await pause(200);
      follow(stop, start);
    },

    /** Name and text of the visitor's case file; empty where none was chosen or none is wanted. */
    async own(wanted) {
      await reading;
      return wanted ? own : NONE;
    },
  };
})();
