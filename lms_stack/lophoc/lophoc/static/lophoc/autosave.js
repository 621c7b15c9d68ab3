// Answers are sent as they are given. Those that the server hasn't acknowledged are kept in this browser and sent
// again; nothing is forgotten before it is stored. Without this script the form works as any other.
const form = document.querySelector("form[data-autosave]");
if (form) {
  const EVERY = 15000, PAUSE = 1500, PREFIX = "lophoc-attempt-";
  const key = PREFIX + form.dataset.attempt;
  const status = document.getElementById("autosave"), countdown = document.getElementById("countdown");
  const end = performance.now() + Number(form.dataset.left) * 1000;
  let acknowledged = null, sending = false, closed = false, timer = null;

  const answers = () => new URLSearchParams([...new FormData(form)].filter(([name]) => name.startsWith("cau-"))).toString();
  const say = (name, more = "", bad = false) => {
    const text = status.dataset[name] + (more && ` ${more}`);
    if (status.textContent !== text) status.textContent = text;
    status.className = bad ? "message error" : "quiet";
  };

  function restore() {
    for (const held of Object.keys(localStorage)) if (held.startsWith(PREFIX) && held !== key) localStorage.removeItem(held);
    acknowledged = answers();
    const kept = localStorage.getItem(key);
    if (kept === null || kept === acknowledged) return;
    const values = new URLSearchParams(kept), rows = {};
    for (const field of form.elements) {
      if (!field.name.startsWith("cau-")) continue;
      const given = values.getAll(field.name), row = (rows[field.name] = (rows[field.name] ?? -1) + 1);
      if (field.type === "radio" || field.type === "checkbox") field.checked = given.includes(field.value);
      else field.value = given[row] ?? "";
    }
    save();
  }

  async function save() {
    const now = answers();
    if (sending || closed || now === acknowledged) return;
    sending = true;
    say("saving");
    try {
      const body = new URLSearchParams(now);
      body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      const answer = await fetch(form.dataset.autosave, { method: "POST", body, signal: AbortSignal.timeout(10000) });
      closed = answer.status === 409;
      const told = answer.ok && !answer.redirected && (await answer.json());
      if (told && told.saved) {
        acknowledged = now;
        if (localStorage.getItem(key) === now) localStorage.removeItem(key);
        say("saved", new Date().toLocaleTimeString());
      } else say(closed ? "closed" : "offline", "", true);
    } catch {
      say("offline", "", true);
    }
    sending = false;
  }

  function changed() {
    localStorage.setItem(key, answers());
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  }

  function tick() {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    countdown.textContent = `${countdown.dataset.text} ${two(Math.floor(left / 60))}:${two(left % 60)}`;
    if (left === 0 && navigator.onLine) {
      clearInterval(clock);
      form.requestSubmit();
    }
  }

  restore();
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  window.addEventListener("online", save);
  window.addEventListener("offline", () => say("offline", "", true));
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  setInterval(save, EVERY);
  const clock = setInterval(tick, 1000);
  countdown.hidden = false;
  tick();
}
