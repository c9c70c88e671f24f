/* Shows how far something is without loading the page anew: asks for it again while the server is at work.
   What is marked as watched is replaced where it has changed; the rest of the page stays as it is. */

const isWatched = '[data-watched]'

export const watch = (frame) => {
  const again = async () => {
    // Nobody looks: the next time will do.
    if (document.hidden) return true
    const response = await fetch(window.location.href)
    if (!response.ok) return false
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    for (const now of frame.querySelectorAll(isWatched)) {
      const then = page.getElementById(now.id)
      // Signed out meanwhile, for instance.
      if (!then) return false
      replace(now, then)
    }
    return page.querySelector('[data-watch-every]') !== null
  }
  const every = Number(frame.dataset.watchEvery) * 1000
  const later = () => setTimeout(() => again().catch(() => true).then((goOn) => goOn && later()), every)
  later()
}

const replace = (now, then) => {
  if (now.innerHTML === then.innerHTML) return
  // Whoever stood on a link that is still there stands on it again; else on what is there instead.
  const focused = now.contains(document.activeElement) ? document.activeElement : null
  now.replaceChildren(...then.childNodes)
  if (!focused) return
  const same = [...now.querySelectorAll('a')].find((link) => link.href === focused.href)
  const next = same ?? now.querySelector('a')
  next?.focus()
}
