// The page's part of answering without a connection: lends the key, says the state in words, fills in what waits.
(function () {
  var SOON = 2000, LATE = 60000; // milliseconds between two tries; browsers do not always tell that the line is back
  var line = document.getElementById("offline");
  if (!line) return;
  var box = navigator.serviceWorker, kept = document.documentElement.dataset.kept === "yes", noLine = !!document.getElementById("no-line"), waiting = 0, pause = SOON, timer;
  if (!box || !window.isSecureContext || !window.crypto || !crypto.subtle) return show(line.dataset.impossible);

  function show(words, path) {
    line.textContent = words;
    if (!path || path === location.pathname) return;
    var link = document.createElement("a");
    link.href = path;
    link.textContent = line.dataset.look;
    line.append(" ", link);
  }

  function hear(said) {
    if (said.state === "hand-in") return handIn();
    if (said.waiting !== waiting) pause = SOON;
    waiting = said.waiting;
    line.className = ["saved", "sent"].includes(said.state) ? "quiet" : "note warn";
    var words = (line.dataset[said.state] || "").replace("{n}", waiting);
    if (kept && said.state !== "late") words += " " + line.dataset.kept;
    show(words, said.path);
    clearTimeout(timer);
    if (waiting) later(again);
  }

  function handIn() {
    var form = document.createElement("form");
    form.method = "post";
    form.action = "/answer/hand-in";
    document.body.append(form);
    form.submit();
  }

  function later(what) {
    clearTimeout(timer);
    timer = setTimeout(what, pause);
    pause = Math.min(2 * pause, LATE);
  }

  function again() {
    return tell({ act: "flush" });
  }

  function begin() {
    haveKey().then(start).then(again).catch(function () {
      line.className = "note warn";
      show(line.dataset.locked);
      later(begin);
    });
  }

  function tell(message, onProgress) {
    return box.ready.then(function (registration) {
      return new Promise(function (done) {
        var channel = new MessageChannel();
        channel.port1.onmessage = function (event) {
          if (event.data.end) done(event.data);
          else if (onProgress) onProgress(event.data);
        };
        if (registration.active) registration.active.postMessage(message, [channel.port2]); // gone where its data were cleared
      });
    });
  }

  function haveKey() {
    var held = sessionStorage.getItem("key");
    if (held) return Promise.resolve(held);
    return fetch("/offline/key", { method: "POST" }).then(function (answer) {
      if (answer.status === 410) {
        tell({ act: "forget" });
        line.dataset.locked = line.dataset.late;
      }
      if (!answer.ok) throw new Error("no link here");
      return answer.text().then(function (text) {
        sessionStorage.setItem("key", text);
        return text;
      });
    });
  }

  function statics() {
    var used = performance.getEntriesByType("resource").map(function (one) { return one.name; });
    document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]").forEach(function (one) { used.push(one.href || one.src); });
    return used.filter(function (url) { return url.startsWith(location.origin + "/static/"); });
  }

  function fill(typed) {
    var form = document.getElementById("answers"), given = new URLSearchParams(typed);
    if (!form || !typed) return;
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.type === "radio") field.checked = given.get(field.name) === field.value;
      else if (field.name && field.type !== "submit" && given.has(field.name)) field.value = given.get(field.name);
    });
  }

  function report(words) {
    (document.getElementById("keeping") || line).textContent = words;
  }

  function start(held) {
    var keyed = tell({ act: "key", key: held });
    if (noLine) return keyed.then(comeBack);
    return keyed
      .then(function () {
        return tell({ act: "form", path: location.pathname, kept: kept });
      })
      .then(function (answer) {
        if (answer) fill(answer.found);
        if (kept) return;
        var wanted = { act: "keep", language: document.documentElement.lang, waiting: line.dataset.short, statics: statics() };
        return tell(wanted, function (how) {
          report(line.dataset.progress.replace("{n}", how.done).replace("{all}", how.all));
        }).then(function (end) {
          if (end.failed) report(line.dataset.unready);
          else if (document.getElementById("keeping")) report(line.dataset.ready);
        });
      });
  }

  // The tab was brought back by the browser, with its key: the page asked for can be read after all.
  function comeBack() {
    if (!location.pathname.startsWith("/answer") || sessionStorage.getItem("tried") === location.pathname) return null;
    sessionStorage.setItem("tried", location.pathname);
    location.reload();
  }

  // Leaving while answers wait would destroy them: say so first, in words, and let the person choose.
  function warn(form) {
    var note = document.createElement("div"), words = document.createElement("p"), go = document.createElement("button"), stay = document.createElement("button");
    note.className = "note warn";
    note.setAttribute("role", "alert");
    note.tabIndex = -1;
    words.textContent = line.dataset.leaving.replace("{n}", waiting);
    go.textContent = line.dataset.leave;
    stay.textContent = line.dataset.stay;
    go.className = "button quiet";
    stay.className = "button";
    go.onclick = function () { waiting = 0; form.requestSubmit(); };
    stay.onclick = function () { note.remove(); };
    note.append(words, stay, " ", go);
    form.closest("footer, main").before(note);
    note.focus();
  }

  addEventListener("submit", function (event) {
    if (event.submitter && event.submitter.value === "off") tell({ act: "forget" });
    if (event.target.getAttribute("action") !== "/finish") return; // handing in may still wait, and needs the key
    if (waiting) {
      event.preventDefault();
      warn(event.target);
    } else sessionStorage.removeItem("key");
  }, true);
  box.addEventListener("message", function (event) {
    if (event.data.ask === "key") event.ports[0].postMessage(sessionStorage.getItem("key"));
    else hear(event.data);
  });
  box.startMessages();
  addEventListener("online", function () {
    pause = SOON;
    sessionStorage.removeItem("tried");
    begin();
  });
  if (document.getElementById("left")) sessionStorage.removeItem("key");
  if (!document.getElementById("left")) {
    if (!noLine) sessionStorage.removeItem("tried");
    box.register("/worker.js", { scope: "/" }).catch(function () { return null; });
    begin();
  }
})();
