/*
 * Signing in with, and adding, a passkey.
 *
 *   <form data-passkey="get" data-passkey-options="id-of-json">     sign in; the options stand in the page
 *   <form data-passkey="get" data-passkey-url="/…/login/">          sign in; the options are asked for when pressed
 *   <form data-passkey="create" data-passkey-options="id-of-json">  add one
 *
 * The form holds a field "credential", which gets the answer, a submit button, and an element
 * [data-passkey-problem], hidden until there is something to say. Elements [data-passkey-only] stay hidden in
 * browsers without passkeys.
 */

const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))

const toBase64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

const decodedKeys = (keys = []) => keys.map((key) => ({ ...key, id: fromBase64url(key.id) }))

function decodedOptions (options) {
  const decoded = { ...options, challenge: fromBase64url(options.challenge) }
  if (options.user) decoded.user = { ...options.user, id: fromBase64url(options.user.id) }
  if (options.allowCredentials) decoded.allowCredentials = decodedKeys(options.allowCredentials)
  if (options.excludeCredentials) decoded.excludeCredentials = decodedKeys(options.excludeCredentials)
  return decoded
}

function encodedCredential (credential) {
  const response = { clientDataJSON: toBase64url(credential.response.clientDataJSON) }
  for (const part of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (credential.response[part]) response[part] = toBase64url(credential.response[part])
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports()
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response
  }
}

async function optionsOf (form) {
  if (form.dataset.passkeyOptions) {
    return JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent)
  }
  const answer = await fetch(form.dataset.passkeyUrl, { headers: { Accept: 'application/json' } })
  if (!answer.ok) throw new Error(`The server answered ${answer.status}`)
  return answer.json()
}

async function askForPasskey (form) {
  const options = await optionsOf(form)
  if (form.dataset.passkey === 'get') {
    return navigator.credentials.get({ publicKey: decodedOptions(options.request_options.publicKey) })
  }
  const publicKey = decodedOptions(options.creation_options.publicKey)
  const passwordless = form.elements.namedItem('passwordless')?.checked ?? false
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: passwordless ? 'required' : 'discouraged',
    requireResidentKey: passwordless,
    ...(passwordless ? { userVerification: 'required' } : {})
  }
  return navigator.credentials.create({ publicKey })
}

const PROBLEMS = {
  NotAllowedError: 'Nothing was done: the passkey was cancelled or took too long. Try again, or use another way.',
  InvalidStateError: 'This device or key is already on your account. Use another one.'
}

async function send (form) {
  const problem = form.querySelector('[data-passkey-problem]')
  problem.hidden = true
  try {
    form.elements.namedItem('credential').value = JSON.stringify(encodedCredential(await askForPasskey(form)))
    form.submit()
  } catch (error) {
    problem.textContent = PROBLEMS[error.name] ?? 'The passkey did not work. Try again, or use another way.'
    problem.hidden = false
  }
}

/* Makes every passkey form of a page work; where the browser has no passkeys, leaves them hidden. */
export function enhancePasskeyForms (root) {
  if (!window.PublicKeyCredential) return
  for (const part of root.querySelectorAll('[data-passkey-only]')) part.hidden = false
  for (const form of root.querySelectorAll('form[data-passkey]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      send(form)
    })
  }
}
