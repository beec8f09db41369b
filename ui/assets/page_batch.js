// Script of the 批量 tab: the file that is chosen, which job a button speaks of, and the focus while the list changes.
(() => {
  const LIST = "#rc-batch-list";
  const KEYS = ["data-batch-show", "data-batch-cancel", "href"];
  const input = () => document.getElementById("rc-batch-file");
  const say = (text) => (document.querySelector(".rc-batch-chosen").textContent = text);
  let sending = false;

  document.addEventListener("change", (event) => {
    if (event.target.id !== "rc-batch-file") return;
    const file = event.target.files[0];
    say(file ? `${file.name}（${size(file.size)}）` : "还没有选择文件。");
  });

  const size = (bytes) => (bytes < 2 ** 20 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`);

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-batch-show], [data-batch-cancel]") : null;
    if (!button) return;
    const cancels = "batchCancel" in button.dataset;
    window.rongcuo.batch.job = cancels ? button.dataset.batchCancel : button.dataset.batchShow;
    document.getElementById(cancels ? "rc-batch-cancel" : "rc-batch-show").click();
  });

  // The list is written anew while a job runs; whoever stands on one of its buttons by keyboard stays there.
  let held = null;
  const keyOf = (element) => KEYS.find((name) => element.hasAttribute(name));

  document.addEventListener("focusin", (event) => {
    const key = event.target.closest(LIST) ? keyOf(event.target) : null;
    held = key ? [key, event.target.getAttribute(key)] : null;
  });
  document.addEventListener("focusout", (event) => {
    const left = event.target;
    setTimeout(() => {
      if (left.isConnected && document.activeElement === document.body) held = null;
    });
  });
  new MutationObserver(() => {
    if (!held || document.activeElement !== document.body) return;
    const again = [...document.querySelectorAll(`${LIST} [${held[0]}]`)].find((one) => one.getAttribute(held[0]) === held[1]);
    again?.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });

  window.rongcuo.batch = {
    /** The job whose button was pressed last. */
    job: "",

    /** Upload the chosen file: its id, or what is wrong in words for the visitor. */
    async send() {
      const file = input().files[0];
      const limit = Number(input().dataset.limitMb);
      if (!file) return ["", "还没有选择文件，请先点“选择文件”。"];
      if (!/\.(xlsx|csv|jsonl)$/i.test(file.name)) return ["", `不支持 ${file.name} 的格式，请选择 .xlsx、.csv 或 .jsonl 文件。`];
      if (file.size > limit * 2 ** 20) return ["", `${file.name} 超过 ${limit} MB，请分成几个文件。`];
      if (sending) return ["", "上一个文件还在上传，请稍候。"];
      sending = true;
      try {
        return [(await window.rongcuo.upload(input())).id, ""];
      } catch (error) {
        return ["", error.message];
      } finally {
        sending = false;
      }
    },

    /** After an answer: what was taken need not be chosen any more, and the next file can be. */
    sent() {
      if (document.querySelector("#rc-batching .rc-status.rc-error")) return;
      input().value = "";
      say("还没有选择文件。");
    },
  };
})();
