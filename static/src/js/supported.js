/* Runs before the page is drawn, so that parts which wait for JavaScript do not jump into place afterwards. */
document.body.classList.add('js-enabled', 'govuk-frontend-supported')
