// The page around a package: takes what the package's frame tells and hands it to the site. The newest report is kept
// until the site has it, so that nothing is lost when the network drops.
const frame = document.querySelector("iframe[data-source]");
const state = document.getElementById("package-state");
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
const PAUSE = 1500;
const RETRY = 5000;
let waiting = null;
let sending = false;

const send = async () => {
  if (sending || !waiting) return;
  sending = true;
  const body = waiting;
  waiting = null;
  state.textContent = state.dataset.saving;
  let pause = PAUSE;
  try {
    const answer = await fetch(frame.dataset.report, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body,
      keepalive: body.length < 60000,
    });
    if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
    state.textContent = answer.ok ? state.dataset.saved : state.dataset.failed;
  } catch {
    waiting ??= body;
    pause = RETRY;
    state.textContent = state.dataset.failed;
  }
  setTimeout(() => {
    sending = false;
    send();
  }, pause);
};

if (frame) {
  window.addEventListener("message", (event) => {
    // The frame's origin is opaque ("null"), so it is known by its window alone.
    if (event.source !== frame.contentWindow || event.data?.lophoc !== "package" || !frame.dataset.report) return;
    waiting = JSON.stringify({ data: event.data.data, seconds: event.data.seconds });
    send();
  });
  window.addEventListener("pagehide", () => {
    if (waiting) fetch(frame.dataset.report, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: waiting, keepalive: true });
  });
  frame.src = frame.dataset.source;
}
