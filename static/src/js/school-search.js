/*
 * Type-ahead for the school field. Enhances a plain text input:
 *
 *   <input data-school-search data-url="/schools/search" data-urn-field="id_urn" …>
 *
 * The address is asked with ?q= and answers {"schools": [{"urn": 900001, "label": "name, town, postcode", "hint": "…"}]}. Choosing a school
 * puts its URN into the hidden field; typing on takes it out again, so that the two never disagree.
 */
import './accessible-autocomplete.min.js'

const WAIT = 200
const SHORTEST = 3

function escaped (text) {
  const element = document.createElement('span')
  element.textContent = text
  return element.innerHTML
}

function schoolsFrom (url) {
  let timer
  let request
  return (query, show) => {
    clearTimeout(timer)
    request?.abort()
    timer = setTimeout(async () => {
      request = new AbortController()
      try {
        const address = new URL(url, window.location.href)
        address.searchParams.set('q', query)
        const answer = await fetch(address, { signal: request.signal, headers: { Accept: 'application/json' } })
        show(answer.ok ? (await answer.json()).schools : [])
      } catch (error) {
        // A newer query has taken this one's place; a lost connection leaves the plain search to the button.
        if (error.name !== 'AbortError') show([])
      }
    }, WAIT)
  }
}

// What stood in the field at first comes back as plain text.
const labelOf = (school) => school?.label ?? school ?? ''

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
    source: schoolsFrom(input.dataset.url),
    templates: {
      inputValue: labelOf,
      suggestion: (school) => escaped(labelOf(school))
    },
    onConfirm: (school) => {
      if (school?.urn) urnField.value = school.urn
    },
    tNoResults: () => 'No school found. Check the spelling, or try the postcode or URN.',
    tAssistiveHint: () => [description, 'When schools are listed, use the up and down arrows to look through them and Enter to choose. On a touch screen, explore by touch or swipe.'].filter(Boolean).join('. ')
  })
  const typeahead = place.querySelector('input')
  typeahead.addEventListener('input', () => { urnField.value = '' })
  if (wasTypedIn) typeahead.focus()
}
