// Plays the H5P package that this page lies in, and tells what its main activity says of the learner.
const folder = location.pathname.replace(/\/[^/]*$/, "");
const player = "/static/lophoc/vendor/h5p-standalone";
new H5PStandalone.H5P(document.getElementById("h5p"), {
  h5pJsonPath: folder,
  frameJs: `${player}/frame.bundle.js`,
  frameCss: `${player}/styles/h5p.css`,
  embedType: "div",
  icon: false,
}).then(() => {
  const began = Date.now();
  H5P.externalDispatcher.on("xAPI", ({ data: { statement } }) => {
    const verb = statement.verb.id.split("/").pop();
    const inner = statement.context?.contextActivities?.parent?.length; // a part of the activity, not the whole
    if (!statement.result || inner || !["answered", "completed", "passed", "failed"].includes(verb)) return;
    const { score = {}, success, completion } = statement.result;
    const told = { verb, raw: score.raw, max: score.max, success, completion };
    const data = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
    window.lophocTell?.(data, (Date.now() - began) / 1000);
  });
});
