/*
 * "Everybody was there" without a round trip: chooses Present wherever nothing is chosen yet.
 *
 *   <button name="everybody" data-everybody="Done. …">     in the form, and an element [data-everybody-said] that then
 *                                                         says so; without this file the server does the same
 */
export function enhanceEverybody (button) {
  button.addEventListener('click', (event) => {
    event.preventDefault()
    for (const radio of button.form.querySelectorAll('input[type="radio"][value="present"]')) {
      const group = button.form.elements.namedItem(radio.name)
      if (group.value === '') radio.checked = true
    }
    button.form.querySelector('[data-everybody-said]').textContent = button.dataset.everybody
  })
}
