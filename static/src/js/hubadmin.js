/* Starts the components that a page holds. Every page works without this file. */
import {
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner,
  PasswordInput, Radios, ServiceNavigation, SkipLink, createAll
} from './govuk-frontend.min.js'

const components = [
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner,
  PasswordInput, Radios, ServiceNavigation, SkipLink
]
for (const component of components) createAll(component)

const schoolSearches = document.querySelectorAll('[data-school-search]')
if (schoolSearches.length > 0) {
  const { enhanceSchoolSearch } = await import('./school-search.js')
  for (const field of schoolSearches) enhanceSchoolSearch(field)
}

if (document.querySelector('[data-passkey]')) {
  const { enhancePasskeyForms } = await import('./passkeys.js')
  enhancePasskeyForms(document)
}

const savedForms = document.querySelectorAll('form[data-autosave-url]')
if (savedForms.length > 0) {
  const { enhanceAutosave } = await import('./autosave.js')
  for (const form of savedForms) enhanceAutosave(form)
}

for (const button of document.querySelectorAll('[data-everybody]')) {
  const { enhanceEverybody } = await import('./attendance.js')
  enhanceEverybody(button)
}

const watchedFrames = document.querySelectorAll('[data-watch-every]')
if (watchedFrames.length > 0) {
  const { watch } = await import('./watch.js')
  for (const frame of watchedFrames) watch(frame)
}
