// Says in words what became of an answer when the server did not confirm it; the next change sends the whole page again.
(function () {
  function failed(event) {
    var line = document.getElementById("saved");
    if (!line || !line.dataset.failed) return;
    var request = event.detail.xhr;
    line.textContent = (request && line.getAttribute("data-status-" + request.status)) || line.dataset.failed;
    line.classList.add("failed");
  }
  // Without a line the next page would be the browser's own error page, and what was typed would be gone: stay here.
  document.addEventListener("submit", function (event) {
    var keeper = navigator.serviceWorker && navigator.serviceWorker.controller;
    if (navigator.onLine || keeper || !document.getElementById("saved")) return;
    event.preventDefault();
    failed({ detail: {} });
  });
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:afterSwap", function (event) {
    event.target.classList.remove("failed");
  });
  var start = document.querySelector("[data-focus]");
  if (start) start.focus();
})();
