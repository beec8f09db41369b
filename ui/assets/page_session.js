// Who is at work: the account line at the top, the token that requests of the page carry, and files that are handed over.
"use strict";

(() => {
  let session = null;

  /** Who is logged in and the token; asked for once. */
  function who() {
    session ??= fetch("session", { cache: "no-store" }).then(async (answer) => {
      if (answer.ok) return answer.json();
      session = null;
      throw new Error(await sentence(answer));
    });
    return session;
  }

  async function sentence(answer) {
    try {
      return (await answer.json()).error ?? "";
    } catch {
      return "程序没有给出可读的回答，请稍后再试。";
    }
  }

  /** Send something that changes something; a token of before a restart is renewed once. Throws Error with a Chinese sentence. */
  async function send(path, options, again = true) {
    let answer;
    const { csrf } = await who();
    try {
      answer = await fetch(path, { ...options, headers: { ...options.headers, "X-CSRF-Token": csrf } });
    } catch {
      throw new Error("与程序的连接断了，请确认它仍在运行，然后再试一次。");
    }
    if (answer.ok) return answer.json();
    if (answer.status === 403 && again) {
      session = null;
      if ((await who()).csrf !== csrf) return send(path, options, false);
    }
    throw new Error(await sentence(answer));
  }

  window.rongcuo = {
    ...window.rongcuo,

    /** Send a request with the token and return the JSON of the answer; throws Error with the program's Chinese sentence. */
    send,

    /** Hand over the file that was chosen in an <input type=file>; returns {id, name, size}. */
    async upload(input) {
      const file = input?.files?.[0];
      if (!file) throw new Error("还没有选择文件，请先选择一个文件。");
      if (file.size > 20 * 2 ** 20) throw new Error(`文件“${file.name}”超过 20 MB，请拆成几个文件。`);
      const form = new FormData();
      form.append("file", file);
      return send("uploads", { method: "POST", body: form });
    },
  };

  // A page that stays open longer than its login: say so, and keep what was typed.
  const fetched = window.fetch;
  window.fetch = async (...request) => {
    const answer = await fetched(...request);
    if (answer.status === 401 && new URL(answer.url).origin === location.origin) ended();
    return answer;
  };

  function ended() {
    if (document.querySelector(".rc-ended")) return;
    const line = document.createElement("p");
    line.className = "rc-ended";
    line.setAttribute("role", "alert");
    const link = document.createElement("a");
    Object.assign(link, { href: "login", target: "_blank", textContent: "在新窗口登录" });
    line.append("登录已失效。请", link, "，然后回到这里继续；已填写的内容还在。");
    document.body.prepend(line);
    session = null;
    addEventListener("focus", async () => (await fetched("session", { cache: "no-store" })).ok && line.remove());
  }

  async function account() {
    let place;
    while (!(place = document.getElementById("rc-account"))) await new Promise((resolve) => setTimeout(resolve, 100));
    const me = await who();
    if (me.single || place.childElementCount) return;
    const name = document.createElement("span");
    name.textContent = `${me.display_name}（${me.title}）`;
    const change = document.createElement("a");
    Object.assign(change, { href: "password", textContent: "修改口令" });
    const tokens = document.createElement("a");
    Object.assign(tokens, { href: "tokens", textContent: "访问令牌" });
    const leave = document.createElement("button");
    Object.assign(leave, { type: "button", textContent: "退出登录" });
    leave.addEventListener("click", async () => {
      try {
        location.assign((await send("logout", { method: "POST" })).next);
      } catch (error) {
        name.textContent = error.message;
      }
    });
    place.append(name, change, tokens, leave);
  }

  document.addEventListener("DOMContentLoaded", () => account().catch(() => {}));
})();
