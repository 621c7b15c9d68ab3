// While a background job is at work, put its latest news into the page every three seconds.
"use strict";
const latest = async () => {
  const shown = document.getElementById("refresh");
  if (!shown || shown.dataset.state !== "working") return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    shown.replaceWith(page.getElementById("refresh") || shown);
  } finally {
    setTimeout(latest, 3000);
  }
};
setTimeout(latest, 3000);
