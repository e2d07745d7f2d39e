// Single-key shortcuts. A control on the page declares its own: data-key="h" data-key-label="Hide". The key does what a click does,
// so nothing is reachable by key alone. Lists move with j and k between elements that carry data-key-row.
// Off while typing, with a modifier, or when the person has turned them off in this browser.

(() => {
  const OFF = 'console.keyboard.off'
  const help = document.getElementById('keyboard-help')
  const off = help.querySelector('[data-keyboard-off]')

  const remembered = () => { try { return localStorage.getItem(OFF) === 'yes' } catch { return false } }
  const remember = (value) => { try { localStorage.setItem(OFF, value ? 'yes' : 'no') } catch { /* private browsing */ } }
  const show = () => document.body.classList.toggle('app-keys-off', off.checked)

  off.checked = remembered()
  off.addEventListener('change', () => { remember(off.checked); show() })
  show()

  const visible = (element) => element.getClientRects().length > 0
  const controls = () => [...document.querySelectorAll('[data-key]')].filter(visible)
  const rows = () => [...document.querySelectorAll('[data-key-row]')].filter(visible)

  const isTyping = (element) =>
    element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName) ||
    (element.tagName === 'INPUT' && !/^(radio|checkbox|button|submit|file)$/.test(element.type))

  function move (step) {
    const all = rows()
    if (!all.length) return false
    const at = all.indexOf(document.activeElement.closest('[data-key-row]') || document.activeElement)
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)]
    next.focus()
    next.scrollIntoView({ block: 'nearest' })
    return true
  }

  function activate (control) {
    if (control.disabled) return
    if (control.matches('input[type=radio], input[type=checkbox]')) {
      control.focus()
      control.click()
    } else if (control.matches('input, select, textarea')) {
      const fold = control.closest('details')
      if (fold) fold.open = true
      control.focus()
    } else if (control.matches('summary')) {
      // What is typed next belongs into the form that opened: on the summary every letter would be a shortcut.
      const fold = control.parentElement
      fold.open = true
      const field = fold.querySelector('textarea, select, input:not([type=hidden])')
      ;(field || control).focus()
    } else {
      control.focus()
      control.click()
    }
  }

  function describe () {
    const list = help.querySelector('[data-keyboard-list]')
    const pairs = controls().map((control) => [control.dataset.key, control.dataset.keyLabel])
    if (rows().length) pairs.unshift(['j', 'Next item'], ['k', 'Previous item'], ['o', 'Open the item'])
    pairs.push(['?', 'Show this list'])
    list.replaceChildren(...pairs.flatMap(([key, label]) => {
      const term = document.createElement('dt')
      const cap = document.createElement('kbd')
      cap.className = 'app-key'
      cap.textContent = key
      term.append(cap)
      const words = document.createElement('dd')
      words.textContent = label
      return [term, words]
    }))
  }

  function openHelp () {
    describe()
    help.showModal()
  }

  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-open-keyboard-help]')) openHelp()
    if (event.target.closest('[data-close-dialog]')) event.target.closest('dialog').close()
  })

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || help.open || isTyping(event.target)) return
    if (off.checked) return
    let handled = true
    if (event.key === '?') openHelp()
    else if (event.key === 'j') handled = move(1)
    else if (event.key === 'k') handled = move(-1)
    else if (event.key === 'o' && document.activeElement.matches('[data-key-row]')) document.activeElement.click()
    else {
      const control = controls().find((candidate) => candidate.dataset.key === event.key)
      if (control) activate(control)
      handled = Boolean(control)
    }
    if (handled) event.preventDefault()
  })
})()
