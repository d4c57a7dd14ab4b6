// A personal link carries its secret behind "#", which browsers never send. Post it, and clear it from the address bar.
(function () {
  var form = document.getElementById("enter");
  if (!form) return;
  function enter() {
    if (location.hash.length < 2) return;
    form.elements.secret.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    form.submit();
  }
  addEventListener("hashchange", enter); // the link was opened in a tab that shows this page already
  enter();
})();
