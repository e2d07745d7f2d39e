// What htmx needs from us: the CSRF token, silence in hidden tabs, and a clean end when the session is over.

(() => {
  const token = document.querySelector('meta[name="csrf-token"]')

  document.addEventListener('htmx:configRequest', (event) => {
    if (token) event.detail.headers['X-CSRFToken'] = token.content
    // A page that asks for news by itself does not keep anybody signed in.
    if (event.detail.elt.hasAttribute('data-live')) event.detail.headers['X-Background'] = 'true'
  })

  // A tab nobody looks at asks for nothing.
  document.addEventListener('htmx:beforeRequest', (event) => {
    if (document.hidden && event.target.hasAttribute('data-live')) event.preventDefault()
  })

  // Signed out meanwhile: the answer comes from another page, so show that page whole instead of inside this one.
  document.addEventListener('htmx:beforeSwap', (event) => {
    const answered = event.detail.xhr.responseURL
    const asked = event.detail.pathInfo.requestPath
    if (answered && new URL(answered).pathname !== new URL(asked, location.href).pathname) {
      event.detail.shouldSwap = false
      if (!event.target.hasAttribute('data-live')) location.reload()
    }
  })

  // A fragment that carries data-announce is read out once, politely.
  document.addEventListener('htmx:afterSwap', (event) => {
    const words = event.target.querySelector('[data-announce]') || event.target.closest('[data-announce]')
    const region = document.getElementById('announcements')
    if (words && region && words.dataset.announce !== region.textContent) region.textContent = words.dataset.announce
  })
})()
