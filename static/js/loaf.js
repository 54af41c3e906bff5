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
  // Typing another amount takes the place of the choice, and choosing takes the place of what was typed.
  const OTHER = { other: "amount", gift_other: "gift" };
  document.addEventListener("input", (event) => {
    const { name, value, form } = event.target;
    const typed = Object.keys(OTHER).find((key) => OTHER[key] === name);
    if (OTHER[name]) {
      const radios = [...form.querySelectorAll(`input[name="${OTHER[name]}"]`)];
      radios.forEach((radio) => { radio.checked = !value && radio === radios[0]; });
    } else if (typed && form.elements[typed]) {
      form.elements[typed].value = "";
    }
  });
  // What is ticked on a slip for the bank, added up.
  const addUp = (form) => {
    const write = new Intl.NumberFormat("en-US", { style: "currency", currency: form.dataset.sum });
    const cents = [...form.querySelectorAll("[data-amount]:checked")].reduce((sum, box) => sum + Number(box.dataset.amount), 0);
    form.querySelector("output").textContent = write.format(cents / 10 ** write.resolvedOptions().maximumFractionDigits);
  };
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-script]").forEach((part) => { part.hidden = false; });
    document.querySelectorAll("form[data-sum]").forEach((form) => {
      form.addEventListener("click", (event) => {
        const { tick } = event.target.dataset;
        if (tick) form.querySelectorAll("[data-amount]").forEach((box) => { box.checked = tick === "all"; });
        addUp(form);
      });
      addUp(form);
    });
  });
  // The pay button says what is paid now and what follows; the form posts the words that stood on it.
  const priceIt = (form) => {
    const write = new Intl.NumberFormat("en-US", { style: "currency", currency: form.dataset.pay });
    const unit = 10 ** write.resolvedOptions().maximumFractionDigits;
    const value = (name) => { const field = form.elements[name]; return field ? field.value : ""; };
    const ticked = (name) => { const field = form.elements[name]; return Boolean(field && field.checked); };
    const button = form.querySelector("[data-pays]");
    const plan = form.querySelector("[data-amount] input:checked");
    const label = plan && plan.closest("[data-amount]");
    const typed = value("gift_other") || value("other");
    const chosen = Number(value("gift") || value("amount") || 0);
    const more = typed ? Math.round(Number(typed.replace(/[^0-9.]/g, "")) * unit) : chosen;
    const total = more + (label ? Number(label.dataset.amount) : 0);
    const unclear = !total || Number.isNaN(total) || ["in_parts", "is_short", "is_reduced"].some(ticked);
    const words = value("renews") === "yes" && label ? form.dataset.autoWords.replace("{then}", label.dataset.then) : form.dataset.onceWords;
    button.textContent = unclear ? "Check the sum" : words.replace("{}", write.format(total / unit));
    form.elements.seen.value = unclear ? "" : button.textContent;
    const bought = form.querySelector("[data-bought]");
    if (bought && label) bought.textContent = label.dataset.days;
  };
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("form[data-pay]").forEach((form) => {
      ["input", "change"].forEach((kind) => form.addEventListener(kind, () => priceIt(form)));
      priceIt(form);
    });
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-pay]").forEach(priceIt));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    if (navigator.clipboard) navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
  });
  // A little work while the person reads, instead of a puzzle: find a number whose hash begins with 14 zero bits.
  const doWork = async (form) => {
    const encode = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    for (let number = 0; number < 1e6; number += 1) {
      const bytes = new Uint8Array(await encode(`${form.dataset.work}.${number}`));
      if (bytes[0] === 0 && bytes[1] < 4) {
        form.elements.work.value = String(number);
        return;
      }
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-work]");
    if (form && window.crypto && crypto.subtle) doWork(form);
  });
  // One question a screen on a phone: the step's questions come one after the other; everything is sent together.
  const oneByOne = (form) => {
    const questions = [...form.querySelectorAll(":scope > .field, :scope > .choice, :scope > fieldset")];
    const actions = form.querySelector(".form-actions");
    if (questions.length < 2 || !actions) return;
    const wrong = questions.findIndex((question) => question.dataset.state === "bad");
    const say = document.createElement("p");
    say.className = "muted";
    say.setAttribute("role", "status");
    const walk = document.createElement("div");
    walk.className = "form-actions";
    walk.innerHTML = '<button class="btn" data-kind="primary" data-size="big" type="button">Next</button><button class="btn" data-kind="quiet" type="button">Back</button>';
    const [next, back] = walk.children;
    let now = Math.max(0, wrong);
    const show = (focus) => {
      questions.forEach((question, place) => { question.hidden = place !== now; });
      const last = now === questions.length - 1;
      say.textContent = `Question ${now + 1} of ${questions.length}`;
      next.hidden = last;
      back.hidden = now === 0;
      actions.hidden = !last;
      const control = questions[now].querySelector("input, textarea, select");
      if (focus && control) control.focus();
    };
    next.addEventListener("click", () => { now += 1; show(true); });
    back.addEventListener("click", () => { now -= 1; show(true); });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT" || next.hidden) return;
      event.preventDefault();
      next.click();
    });
    form.querySelectorAll(".error-summary a").forEach((link) => {
      link.addEventListener("click", () => {
        const place = questions.findIndex((question) => question.querySelector(link.hash) || `#${question.id}` === link.hash);
        if (place >= 0) { now = place; show(true); }
      });
    });
    questions[0].before(say);
    actions.before(walk);
    show(false);
  };
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-one-by-one]");
    if (form && window.matchMedia("(max-width: 30em)").matches) oneByOne(form);
  });
  // One key a decision at the desk: y, k, n and so on press the button that names them, never while somebody types.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (button) button.click();
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
  window.addEventListener("load", () => { if (window.location.hash) focusFirst(document); }); // the address of a skip link would win else
})();
