// Bài thực hành nói chuyện với hệ thống theo SCORM 1.2: tìm API từ cửa sổ này đi lên.
const find = (from) => {
  for (let at = from, steps = 0; at && steps < 10; at = at.parent === at ? null : at.parent, steps += 1) if (at.API) return at.API;
  return null;
};
const api = find(window);
const form = document.querySelector("form");
const result = document.getElementById("ket-qua");

const show = (score) => {
  result.textContent = `Bạn được ${score} điểm.`;
};

if (api) {
  api.LMSInitialize("");
  const chosen = JSON.parse(api.LMSGetValue("cmi.suspend_data") || "{}");
  for (const [name, value] of Object.entries(chosen)) form.elements[name].value = value;
  const before = api.LMSGetValue("cmi.core.score.raw");
  if (before) show(before);
  else api.LMSSetValue("cmi.core.lesson_status", "incomplete");
}

const answers = () => Object.fromEntries(new FormData(form));

form.addEventListener("change", () => {
  api?.LMSSetValue("cmi.suspend_data", JSON.stringify(answers()));
  api?.LMSCommit("");
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const right = Object.values(answers()).filter((value) => value === "1").length;
  const score = Math.round((100 * right) / form.querySelectorAll("fieldset").length);
  show(score);
  if (!api) return;
  api.LMSSetValue("cmi.core.score.min", "0");
  api.LMSSetValue("cmi.core.score.max", "100");
  api.LMSSetValue("cmi.core.score.raw", String(score));
  api.LMSSetValue("cmi.core.lesson_status", score >= 70 ? "passed" : "failed");
  api.LMSCommit("");
});
