/*
 * Type-ahead for the school field. Enhances a plain text input:
 *
 *   <input data-school-search data-url="/schools/search" data-urn-field="id_urn" …>
 *
 * The address is asked with ?q= and answers
 * {"schools": [{"urn": 900001, "label": "name, town, postcode", "hint": "Primary · Northvale"}]}, or with no schools
 * and an "error", a sentence to show.
 * Choosing a school puts its URN into the hidden field; typing on takes it out again, so that the two never disagree.
 */
import './accessible-autocomplete.min.js'

// Milliseconds: after a key until it is asked, and until an answer is waited for no longer.
const WAIT = 200
const PATIENCE = 10_000
const SHORTEST = 3

function escaped (text) {
  const element = document.createElement('span')
  element.textContent = text
  return element.innerHTML
}

const SEARCHING = 'Searching…'
const NONE_FOUND = 'No school found. Check the spelling, or try the postcode or URN.'
const FAILED = 'The search does not answer. Check your connection and type on, or press Continue to search on the next page.'

/*
 * Asks the address for schools, a moment after the last key; `stop` forgets what is under way. `whyNone` is what to
 * say while no schools are listed.
 */
function searchAt (url) {
  let timer
  let request
  let why = SEARCHING
  function stop () {
    clearTimeout(timer)
    request?.abort()
  }
  async function ask (query, show) {
    const asked = new AbortController()
    request = asked
    const patience = setTimeout(() => asked.abort(new Error('No answer in time')), PATIENCE)
    try {
      const address = new URL(url, window.location.href)
      address.searchParams.set('q', query)
      const answer = await fetch(address, { signal: asked.signal, headers: { Accept: 'application/json' } })
      const { schools, error } = await answer.json()
      why = error ?? NONE_FOUND
      show(schools)
    } catch (error) {
      // A newer query has taken this one's place.
      if (error.name === 'AbortError') return
      why = FAILED
      show([])
    } finally {
      clearTimeout(patience)
    }
  }
  function source (query, show) {
    stop()
    why = SEARCHING
    timer = setTimeout(ask, WAIT, query, show)
  }
  return { source, stop, whyNone: () => why }
}

// What stood in the field at first comes back as plain text.
const labelOf = (school) => school?.label ?? school ?? ''

// The type-ahead takes HTML, and names of schools are not.
function suggestionOf (school) {
  const hint = school?.hint ? `<span class="app-school-search__hint">${escaped(school.hint)}</span>` : ''
  return escaped(labelOf(school)) + hint
}

function textOf (ids) {
  return ids.split(' ').map((id) => document.getElementById(id)?.textContent.trim()).filter(Boolean).join('. ')
}

/* Puts the type-ahead in the place of a plain text input with [data-school-search]. */
export function enhanceSchoolSearch (input) {
  const urnField = document.getElementById(input.dataset.urnField)
  const place = document.createElement('div')
  place.className = 'app-school-search'
  const description = textOf(input.getAttribute('aria-describedby') ?? '')
  const label = document.querySelector(`label[for="${input.id}"]`)
  if (label) label.id ||= `${input.id}-label`
  const search = searchAt(input.dataset.url)
  const wasTypedIn = document.activeElement === input
  input.replaceWith(place)

  window.accessibleAutocomplete({
    element: place,
    id: input.id,
    name: input.name,
    defaultValue: input.value,
    inputClasses: input.className,
    menuAttributes: label ? { 'aria-labelledby': label.id } : {},
    minLength: SHORTEST,
    confirmOnBlur: false,
    displayMenu: 'overlay',
    source: search.source,
    templates: {
      inputValue: labelOf,
      suggestion: suggestionOf
    },
    onConfirm: (school) => {
      // A late answer would open the list again, over the button.
      search.stop()
      if (!school?.urn) return
      urnField.value = school.urn
      // A phone's field is shorter than the label, and would show its end.
      setTimeout(() => {
        typeahead.setSelectionRange(0, 0)
        typeahead.scrollLeft = 0
      })
    },
    tNoResults: search.whyNone,
    // What screen readers say.
    tStatusNoResults: search.whyNone,
    tStatusQueryTooShort: () => `Type at least ${SHORTEST} letters or digits.`,
    tStatusResults: (length, chosen) => `${length === 1 ? '1 school is' : `${length} schools are`} listed. ${chosen}`,
    tAssistiveHint: () => [description, 'When schools are listed, use the up and down arrows to look through them and Enter to choose. On a touch screen, explore by touch or swipe.'].filter(Boolean).join('. ')
  })
  const typeahead = place.querySelector('input')
  typeahead.addEventListener('input', () => { urnField.value = '' })
  if (wasTypedIn) typeahead.focus()
}
