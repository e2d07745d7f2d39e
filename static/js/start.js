// Marks the page as scripted and starts the GOV.UK components on it. Everything works without this.

document.body.classList.add('js-enabled', 'govuk-frontend-supported')

const source = document.getElementById('govuk-frontend').href
import(source).then((govuk) => govuk.initAll())

// Filters stand open beside the list and folded above it.
const wide = window.matchMedia('(min-width: 58em)')
const unfold = () => document.querySelectorAll('details[data-open-wide]').forEach((fold) => { fold.open = wide.matches })
unfold()
wide.addEventListener('change', unfold)
