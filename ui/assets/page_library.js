// Script of the 条款库 tab: its buttons ([data-lib] on a button) and forms ([data-lib] on a form) name an action; one hidden
// button carries it to the program, with what stands in the form.
(() => {
  const TAB = "#rc-library-tab";
  const SLOW = { upload: "正在上传并解析……", publish: "正在编码并发布，可能需要一分钟……", withdraw: "正在撤回……", preview: "正在比较……" };
  const FOCUS = ["clause", "draft", "upload", "start", "differences", "preview"]; // actions that open something to read
  let asked = null;
  let busy = false;

  const idle = () => `<p class="rc-status rc-plain" role="status"></p>`;
  const running = (text) => `<p class="rc-status rc-running" role="status">${text}</p>`;

  /** Ask for the action of a button or form, once at a time. */
  function ask(element, form) {
    const { lib: action, confirm: question, ...data } = element.dataset;
    if (busy || (question && !confirm(question))) return;
    asked = { ...(form ? fields(form) : {}), ...(form && form !== element ? idsOf(form) : {}), ...data, action };
    if (action === "withdraw") asked.note = document.getElementById("rc-lib-note")?.value ?? "";
    busy = true;
    document.getElementById("rc-lib-run").click();
  }

  const idsOf = ({ dataset: { id, version } }) => ({ ...(id && { id }), ...(version && { version }) });

  /** What stands in a form: texts by name, ticked boxes as lists, and categories that were changed. */
  function fields(form) {
    const found = { drafts: [], remove: [] };
    for (const field of form.querySelectorAll("[name]")) {
      if (field.type !== "checkbox") found[field.name] = field.value;
      else if (field.checked) found[field.name].push(field.value);
    }
    const picked = [...form.querySelectorAll("select[data-clause]")].filter((one) => one.value !== one.dataset.was);
    if (picked.length) found.categories = Object.fromEntries(picked.map((one) => [one.dataset.clause, one.value]));
    return found;
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest(`${TAB} button[data-lib]`) : null;
    if (!button) return;
    ask(button, ["preview"].includes(button.dataset.lib) ? button.closest("form") : null);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.(`${TAB} form[data-lib]`);
    if (!form) return;
    event.preventDefault();
    ask(form, form);
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "rc-lib-file") {
      document.querySelector(".rc-lib-filename").textContent = event.target.files[0]?.name ?? "还没有选择文件";
      return;
    }
    const pick = event.target.closest?.(`${TAB} select[data-clause]`);
    if (pick) pick.closest(".rc-lib-row").classList.toggle("rc-lib-changed", pick.value !== pick.dataset.was);
  });

  window.rongcuo.library = {
    /** The status while an action runs. */
    running() {
      return SLOW[asked?.action] ? running(SLOW[asked.action]) : idle();
    },

    /** What was asked for, as JSON; a file is handed over first. */
    async payload() {
      const sent = { ...asked };
      busy = false;
      if (sent.action === "upload") {
        try {
          sent.upload = (await window.rongcuo.upload(document.getElementById("rc-lib-file"))).id;
        } catch (error) {
          sent.problem = error.message;
        }
      }
      return JSON.stringify(sent);
    },

    /** What was opened gets the focus, so that a screen reader begins there and a narrow screen shows it. */
    shown() {
      const failed = document.querySelector(`${TAB} .rc-status.rc-error`);
      const note = document.getElementById("rc-lib-note");
      if (note && !failed && ["publish", "withdraw"].includes(asked?.action)) note.value = ""; // it spoke of what is done
      if (!FOCUS.includes(asked?.action) || failed) return;
      requestAnimationFrame(() => {
        const title = document.querySelector(`${TAB} #rc-lib-title`);
        title?.focus({ preventScroll: true });
        const top = title?.getBoundingClientRect().top ?? 0;
        if (top < 0 || top > window.innerHeight * 0.7) title.scrollIntoView({ block: "start" });
      });
    },
  };
})();
