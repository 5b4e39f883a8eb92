"use strict";
// Puts the parts that the server sends in their places. It makes no markup of its own: what it is sent is what the server
// would have put into the page, and the page's policy lets none of it run or load anything.
(() => {
  const live = document.getElementById("live");
  const line = document.getElementById("line");
  const banner = document.getElementById("banner");
  const shown = new Map();
  // How far the server's clock is ahead of this one.
  const ahead = Number(live.dataset.now) - Date.now();
  let source = null;
  let over = false;

  const say = (words) => {
    if (line.textContent !== words) line.textContent = words;
    line.hidden = words === "";
  };

  // As the server writes lengths of time: the two largest units that matter.
  const length = (seconds) => {
    const two = (large, unit, small, part) => large + unit + (small > 0 ? " " + small + part : "");
    if (seconds < 60) return seconds + "s";
    if (seconds < 3600) return two(Math.floor(seconds / 60), "m", seconds % 60, "s");
    if (seconds < 86400) return two(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "m");
    return two(Math.floor(seconds / 86400), "d", Math.floor((seconds % 86400) / 3600), "h");
  };

  const tick = () => {
    const now = Date.now() + ahead;
    for (const place of document.querySelectorAll("[data-since]")) {
      const words = length(Math.max(0, Math.floor((now - Number(place.dataset.since)) / 1000)));
      if (place.textContent !== words) place.textContent = words;
    }
  };

  const put = (message) => {
    const sent = JSON.parse(message.data);
    banner.className = "banner " + sent.mark;
    for (const [id, piece] of sent.parts) {
      if (shown.get(id) === piece) continue;
      shown.set(id, piece);
      const parsed = new DOMParser().parseFromString(piece, "text/html");
      document.getElementById(id).replaceChildren(...parsed.body.childNodes);
    }
    tick();
  };

  const close = () => {
    if (source !== null) source.close();
    source = null;
  };

  const open = () => {
    if (over || source !== null) return;
    source = new EventSource(live.dataset.events);
    source.addEventListener("open", () => say(""));
    source.addEventListener("update", (message) => {
      say("");
      put(message);
    });
    source.addEventListener("trouble", (message) => say(JSON.parse(message.data).words));
    source.addEventListener("over", (message) => {
      over = true;
      close();
      say(JSON.parse(message.data).words);
    });
    source.addEventListener("end", (message) => {
      over = true;
      close();
      put(message);
      say("The run is over; this page changes no more.");
    });
    source.addEventListener("error", () => {
      if (source !== null && source.readyState === EventSource.CLOSED) {
        close();
        say("This page is not kept up to date any more: load it again to see how the run stands.");
      } else {
        say("The connection is lost; it is tried again.");
      }
    });
  };

  // A page that nobody sees holds no connection: browsers allow few of them.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  setInterval(() => (over ? null : tick()), 1000);
  open();
})();
