// Passkeys: the server says what to sign, the browser signs, the form carries it
// back. Without this script the forms stay hidden.
import { $, $$ } from "./dom.js";

const able = () => isSecureContext && Boolean(globalThis.PublicKeyCredential && navigator.credentials);

export function passkeys() {
  for (const form of $$("form[data-passkey]")) {
    form.hidden = !able();
    form.addEventListener("submit", (e) => { e.preventDefault(); sign(form); });
  }
  for (const box of $$("[data-no-passkey]")) box.hidden = able();
}

async function sign(form) {
  const button = $("button:not([type])", form), problem = $("[role=alert]", form);
  button.disabled = true;
  problem.hidden = true;
  try {
    const options = await wanted(form.dataset.ask);
    form.elements.credential.value = JSON.stringify(form.dataset.passkey === "create"
      ? registered(await navigator.credentials.create(options)) : shown(await navigator.credentials.get(options)));
    form.submit();
  } catch (error) {
    problem.textContent = words(error);
    problem.hidden = false;
    button.disabled = false;
  }
}

// wanted asks the server for the options and turns their texts into bytes.
async function wanted(url) {
  const answer = await fetch(url, { method: "POST", headers: { "X-CSRF-Token": $('meta[name="csrf"]').content } });
  const body = await answer.json();
  if (!answer.ok) throw new Refusal(body.detail);
  const key = body.publicKey;
  key.challenge = bytes(key.challenge);
  if (key.user) key.user.id = bytes(key.user.id);
  for (const list of [key.allowCredentials, key.excludeCredentials]) for (const c of list ?? []) c.id = bytes(c.id);
  return { publicKey: key };
}

const registered = (c) => ({ ...common(c), response: { clientDataJSON: text(c.response.clientDataJSON),
  attestationObject: text(c.response.attestationObject), transports: c.response.getTransports?.() ?? [] } });

const shown = (c) => ({ ...common(c), response: { clientDataJSON: text(c.response.clientDataJSON),
  authenticatorData: text(c.response.authenticatorData), signature: text(c.response.signature),
  userHandle: c.response.userHandle ? text(c.response.userHandle) : undefined } });

const common = (c) => ({ id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: c.getClientExtensionResults(),
  authenticatorAttachment: c.authenticatorAttachment ?? undefined });

const bytes = (base64url) => Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

class Refusal extends Error {}

function words(error) {
  if (error instanceof Refusal) return error.message;
  if (error.name === "NotAllowedError") return "Nothing was signed: it was cancelled, took too long, or no passkey here fits.";
  if (error.name === "InvalidStateError") return "This device has a passkey of yours already.";
  if (error.name === "SecurityError") return "Passkeys work only at the hub's own address.";
  return "That did not work. Try again, or sign in another way.";
}
