// Passkeys: a form asks the browser for one and sends what it answers. What to ask stands in the form, from the server.
(() => {
  const SENTENCES = {
    NotAllowedError: "No passkey was used. Try again when you are ready.",
    InvalidStateError: "This device holds a passkey of yours already.",
    SecurityError: "Passkeys need HTTPS and a host name; open this page under one.",
    NotSupportedError: "This device cannot make the kind of passkey that is asked for.",
  };

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };

  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const named = (keys = []) => keys.map((key) => ({ ...key, id: bytes(key.id) }));

  const asked = ({ publicKey: said }) => {
    const wish = { ...said, challenge: bytes(said.challenge) };
    if (said.user) wish.user = { ...said.user, id: bytes(said.user.id) };
    if (said.excludeCredentials) wish.excludeCredentials = named(said.excludeCredentials);
    if (said.allowCredentials) wish.allowCredentials = named(said.allowCredentials);
    return wish;
  };

  // A passkey that the device can find by itself needs no user name at the next sign-in.
  const create = (options) => {
    const publicKey = asked(options);
    const chosen = { ...publicKey.authenticatorSelection, residentKey: "preferred", requireResidentKey: false };
    return navigator.credentials.create({ publicKey: { ...publicKey, authenticatorSelection: chosen } });
  };

  const get = (options) => navigator.credentials.get({ publicKey: asked(options) });

  const written = (credential) => {
    const { response } = credential;
    const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
    const said = Object.fromEntries(parts.filter((part) => response[part]).map((part) => [part, text(response[part])]));
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: said,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };

  const optionsOf = async (form) => {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("The server did not answer. Try again in a minute.");
    return (await answer.json()).request_options;
  };

  for (const words of document.querySelectorAll("[data-without-script]")) words.remove();

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.passkey) return;
    event.preventDefault();
    const problem = form.querySelector("[role=alert]");
    problem.hidden = true;
    try {
      if (!window.PublicKeyCredential) throw new Error("Passkeys need a current browser, HTTPS and a host name.");
      const options = await optionsOf(form);
      const credential = await (form.dataset.passkey === "create" ? create(options) : get(options));
      form.elements.credential.value = written(credential);
      form.submit();
    } catch (error) {
      problem.textContent = SENTENCES[error.name] || error.message;
      problem.hidden = false;
    }
  });
})();
