/* Fingerprint, face or the device's own code. Every outcome is said beside the button; the code by e-mail works without any of this. */
(() => {
  "use strict";
  const tones = { stopped: "quiet", cannot: "warn", has: "ok", unknown: "warn", network: "warn" };
  const say = (form, what) => {
    const place = form.parentElement.querySelector("[data-said]");
    place.replaceChildren(document.getElementById(`said-${what}`).content.cloneNode(true));
    place.dataset.tone = tones[what];
    place.hidden = false;
  };
  const optionsOf = async (form) => {
    if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new TypeError("no options");
    return (await answer.json()).request_options;
  };
  // What a device that stops, cannot, or has it already answers: https://www.w3.org/TR/webauthn-2/#sctn-createCredential
  const outcome = (form, error) => {
    if (error instanceof TypeError) return "network";
    if (error.name === "InvalidStateError") return "has";
    if (error.name === "NotSupportedError" || error.name === "SecurityError" || error.name === "ConstraintError") return "cannot";
    return form.dataset.passkey === "use" ? "unknown" : "stopped";
  };
  const start = (form) => {
    const button = form.querySelector("[data-needs-passkey]");
    if (!window.PublicKeyCredential || !window.webauthnJSON) {
      if (form.dataset.passkey === "add") say(form, "cannot");
      return;
    }
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.setAttribute("aria-busy", "true");
      try {
        const options = await optionsOf(form);
        const act = form.dataset.passkey === "add" ? window.webauthnJSON.create : window.webauthnJSON.get;
        form.elements.credential.value = JSON.stringify(await act(options));
        form.submit();
      } catch (error) {
        say(form, outcome(form, error));
        button.focus();
      }
      button.removeAttribute("aria-busy");
    });
  };
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("form[data-passkey]").forEach(start));
})();
