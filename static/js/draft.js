// Keeps what a person types in a form that carries data-draft="name" in this tab, so that a conflict, a lost session or a reload
// loses no word. The page that shows the result carries data-draft-done="name", which forgets it.

(() => {
  const key = (name) => `console.draft.${name}`
  const store = {
    read: (name) => { try { return JSON.parse(sessionStorage.getItem(key(name))) || {} } catch { return {} } },
    write: (name, fields) => { try { sessionStorage.setItem(key(name), JSON.stringify(fields)) } catch { /* full or private */ } },
    forget: (name) => { try { sessionStorage.removeItem(key(name)) } catch { /* private */ } }
  }

  document.querySelectorAll('[data-draft-done]').forEach((done) => store.forget(done.dataset.draftDone))

  document.querySelectorAll('form[data-draft]').forEach((form) => {
    const name = form.dataset.draft
    const kept = store.read(name)
    const texts = [...form.querySelectorAll('textarea')]
    let restored = false
    texts.forEach((text) => {
      if (!text.value && kept[text.name]) {
        text.value = kept[text.name]
        restored = true
      }
      text.addEventListener('input', () => store.write(name, Object.fromEntries(texts.map((one) => [one.name, one.value]))))
    })
    const note = form.querySelector('[data-draft-note]')
    if (restored && note) note.hidden = false
  })

  // Writing a reason needs no mouse: Ctrl or Command with Enter sends the form.
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.target.tagName !== 'TEXTAREA') return
    event.target.form.requestSubmit()
  })
})()
