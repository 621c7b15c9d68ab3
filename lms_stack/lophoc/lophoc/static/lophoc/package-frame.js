// Our part inside a package's page, which runs in an origin of its own. It gives the package the API that it looks
// for, and tells the page around it what came of it. What such an origin lacks is stood in for.
(() => {
  const memory = () => {
    const kept = new Map();
    return {
      getItem: (name) => kept.get(String(name)) ?? null,
      setItem: (name, value) => void kept.set(String(name), String(value)),
      removeItem: (name) => void kept.delete(String(name)),
      clear: () => kept.clear(),
      key: (at) => [...kept.keys()][at] ?? null,
      get length() {
        return kept.size;
      },
    };
  };
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      window[name].length;
    } catch {
      Object.defineProperty(window, name, { value: memory(), configurable: true });
    }
  }
  try {
    document.cookie;
  } catch {
    const jar = new Map();
    Object.defineProperty(document, "cookie", {
      configurable: true,
      get: () => [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
      set: (text) => {
        const [pair] = String(text).split(";");
        const at = pair.indexOf("=");
        jar.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
      },
    });
  }

  const MARK = "lophoc:";
  if (!window.name.startsWith(MARK)) return; // a frame that the package made itself
  const given = JSON.parse(window.name.slice(MARK.length));
  const around = window.parent;
  // Packages look for the API from here upwards; upwards is another origin, which they may not look into.
  Object.defineProperty(window, "parent", { value: window, configurable: true });

  const tell = (data, seconds) => {
    given.data = data;
    given.seconds = seconds;
    window.name = MARK + JSON.stringify(given); // for the next page of the package in this frame
    around.postMessage({ lophoc: "package", data, seconds }, "*");
  };

  const PLAYERS = {
    scorm12: {
      api: "API",
      make: (settings) => new Scorm12API(settings),
      kept: ["core.lesson_status", "core.lesson_location", "core.exit", "core.score.raw", "core.score.min", "core.score.max", "suspend_data"],
      begin: (api, resumed) => ({
        "core.student_id": given.learner.id,
        "core.student_name": given.learner.name,
        "core.credit": given.credit ? "credit" : "no-credit",
        "core.lesson_mode": given.credit ? "normal" : "browse",
        "core.entry": resumed ? "resume" : given.data["cmi.core.lesson_status"] ? "" : "ab-initio",
        "core.total_time": clock(given.seconds),
        "launch_data": given.launch_data || "",
        ...(given.mastery === null ? {} : { "student_data.mastery_score": String(100 * given.mastery) }),
      }),
      exit: "cmi.core.exit",
      session: "cmi.core.session_time",
      events: ["LMSSetValue.cmi.*", "LMSCommit", "LMSFinish"],
    },
    scorm2004: {
      api: "API_1484_11",
      make: (settings) => new Scorm2004API(settings),
      kept: ["completion_status", "success_status", "location", "exit", "score.scaled", "score.raw", "score.min", "score.max", "progress_measure", "suspend_data"],
      begin: (api, resumed) => ({
        "learner_id": given.learner.id,
        "learner_name": given.learner.name,
        "credit": given.credit ? "credit" : "no-credit",
        "mode": given.credit ? "normal" : "browse",
        "entry": resumed ? "resume" : given.data["cmi.completion_status"] ? "" : "ab-initio",
        "total_time": `PT${Math.round(given.seconds)}S`,
        "launch_data": given.launch_data || "",
        ...(given.mastery === null ? {} : { "scaled_passing_score": String(given.mastery) }),
      }),
      exit: "cmi.exit",
      session: "cmi.session_time",
      events: ["SetValue.cmi.*", "Commit", "Terminate"],
    },
  };

  const clock = (seconds) => {
    const whole = Math.round(seconds);
    const two = (number) => String(number).padStart(2, "0");
    return `${String(Math.floor(whole / 3600)).padStart(4, "0")}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  };

  const player = PLAYERS[given.kind];
  if (!player) {
    const earlier = given.seconds;
    window.lophocTell = (data, seconds) => tell(data, earlier + seconds); // H5P: package-h5p.js
    return;
  }
  const api = player.make({ autocommit: false, logLevel: 5, mastery_override: given.mastery !== null });
  window[player.api] = api;
  const before = given.seconds;
  const began = Date.now();
  const resumed = given.data[player.exit] === "suspend";
  const state = Object.fromEntries(
    Object.entries(given.data).filter(([name]) => name !== player.exit).map(([name, value]) => [name.slice(4), value]),
  );
  const start = { ...player.begin(api, resumed), ...state };
  // One by one: an element that this version of a package's data can't have must not cost the others.
  for (const [name, value] of Object.entries(start)) {
    try {
      api.loadFromFlattenedJSON({ [name]: value }, "cmi");
    } catch (error) {
      console.warn(`lophoc: ${name} could not be restored`, error);
    }
  }

  const read = (name) => name.split(".").reduce((value, part) => value?.[part], api.cmi);
  const report = () => {
    const data = {};
    for (const name of player.kept) {
      let value;
      try {
        value = read(name);
      } catch {
        value = exited; // write-only in SCORM
      }
      if (value !== undefined && value !== null && value !== "") data[`cmi.${name}`] = String(value);
    }
    if (exited) data[player.exit] = exited;
    tell(data, before + (Date.now() - began) / 1000);
  };
  let exited = "";
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(report, 300);
  };
  api.on(player.events[0], (element, value) => {
    if (element === player.exit) exited = String(value);
    soon();
  });
  for (const name of player.events.slice(1)) api.on(name, report);
})();
