"use strict";
// Local times beside UTC, and parts of a page that follow what is under way. Without this script every page is whole.
(() => {
  const local = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (time.dataset.done || Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) continue;
      time.dataset.done = "1";
      const far = at.toDateString() !== new Date(time.dateTime.slice(0, 10)).toDateString();
      const shown = at.toLocaleString([], far
        ? { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }
        : { hour: "2-digit", minute: "2-digit" });
      const span = document.createElement("span");
      span.className = "local";
      span.textContent = ` (${shown} local)`;
      time.after(span);
    }
  };
  const follow = async () => {
    const live = document.querySelector("[data-live]");
    if (!live) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("live");
      const place = document.getElementById("live");
      if (answer.ok && fresh && place) {
        place.replaceWith(document.adoptNode(fresh));
        local(document.getElementById("live"));
      }
    } catch {
      // The server is away for a moment; the next look finds it again.
    }
    setTimeout(follow, 2000);
  };
  local(document);
  setTimeout(follow, 2000);
})();
