/* Small comforts; nothing depends on them. */
(() => {
  "use strict";
  const focusFirst = (root) => {
    const target = root.querySelector("[data-focus]");
    if (target) target.focus();
  };
  document.addEventListener("click", (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest(".toast").remove();
    if (event.target.closest("[data-print]")) window.print();
  });
  // A second press on a button that goes on to another page does nothing; the server guards as well.
  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("button[data-once]");
    if (!button) return;
    if (button.getAttribute("aria-busy") === "true") event.preventDefault();
    button.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("button[data-once]").forEach((button) => button.removeAttribute("aria-busy"));
  });
  // Typing another amount takes the place of the choice.
  document.addEventListener("input", (event) => {
    const chosen = { other: "amount", gift_other: "gift" }[event.target.name];
    if (chosen && event.target.value) {
      event.target.form.querySelectorAll(`input[name="${chosen}"]`).forEach((radio) => { radio.checked = false; });
    }
  });
  // Esc three times leaves quickly.
  let presses = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    presses = presses.filter((at) => event.timeStamp - at < 1500).concat(event.timeStamp);
    const leave = document.querySelector('form[action="/leave/"]');
    if (presses.length >= 3 && leave) leave.submit();
  });
  document.addEventListener("htmx:afterSwap", (event) => focusFirst(event.target.parentElement || document));
  document.addEventListener("DOMContentLoaded", () => focusFirst(document));
})();
