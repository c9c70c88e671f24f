/*
 * Saves a form while somebody writes:
 *
 *   <form data-autosave-url="/…/draft/" data-autosave-seen="what the page shows of the draft, if anything">
 *     … <p data-autosave-status role="status"></p> …
 *
 * The whole form is posted, with the names of what has `changed` in this window since it was last saved and with what
 * was last `seen` of the draft. The address answers {"said": "Saved at 1:32pm", "seen": "…"} or, with an error's
 * status, {"said": "why not"}: then there is nothing more to save. Without this file a button of the form saves it.
 */

// Milliseconds: after the last key until it is saved, and until it is tried once more.
const WAIT = 1500
const AGAIN = 10_000

const REFUSED = 'This is not being saved any more. Send the form: if you have been signed out you sign in first, and what you typed is kept.'
const FAILED = 'Not saved: there is no connection. It is tried again; keep this page open.'

/* Saves a form with [data-autosave-url] whenever something in it has changed. */
export function enhanceAutosave (form) {
  const status = form.querySelector('[data-autosave-status]')
  const changed = new Set()
  let seen = form.dataset.autosaveSeen ?? ''
  let timer
  let isSaving = false
  let isOver = false

  function say (words) {
    // Said once: a screen reader repeats what is written anew.
    if (status && status.textContent !== words) status.textContent = words
  }

  function soon (wait) {
    clearTimeout(timer)
    if (!isOver && changed.size > 0) timer = setTimeout(save, wait)
  }

  async function save () {
    clearTimeout(timer)
    if (isOver || isSaving || changed.size === 0) return
    isSaving = true
    const names = [...changed]
    changed.clear()
    const body = new FormData(form)
    for (const name of names) body.append('changed', name)
    body.append('seen', seen)
    let wait = WAIT
    try {
      const answer = await fetch(form.dataset.autosaveUrl, {
        method: 'POST',
        body,
        headers: { Accept: 'application/json' },
        redirect: 'manual',
        // A larger form than is allowed then is saved by the next change, or by its button.
        keepalive: document.visibilityState === 'hidden'
      })
      if (answer.status >= 500) throw new Error('The service does not answer')
      if (answer.ok) {
        const saved = await answer.json()
        seen = saved.seen
        say(saved.said)
      } else {
        isOver = true
        const isSaid = answer.headers.get('Content-Type')?.startsWith('application/json')
        say(isSaid ? (await answer.json()).said : REFUSED)
      }
    } catch {
      for (const name of names) changed.add(name)
      wait = AGAIN
      say(FAILED)
    } finally {
      isSaving = false
      soon(wait)
    }
  }

  function note (event) {
    if (!event.target.name) return
    changed.add(event.target.name)
    soon(WAIT)
  }

  form.addEventListener('input', note)
  form.addEventListener('change', note)
  // What is sent needs no saving any more.
  form.addEventListener('submit', () => {
    isOver = true
    clearTimeout(timer)
  })
  window.addEventListener('online', save)
  // A phone puts the page away without a word: what is not saved yet is saved at once.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') save()
  })
  // Come back to from the next page, it is written in again.
  window.addEventListener('pageshow', () => { isOver = false })
}
