/*
 * What is told without a line waits on the phone. A form with data-outbox goes into an IndexedDB store first, and out of it only when
 * the house has answered with a receipt for its key. The header X-Outbox says what the phone's clock shows when it sends. Without this module the form posts by itself.
 */
const STORE = "unsent"
const opened = () => new Promise((resolve, reject) => {
  const asked = indexedDB.open("teahorse-outbox", 1)
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" })
  asked.onsuccess = () => resolve(asked.result)
  asked.onerror = () => reject(asked.error)
})
const inStore = async (mode, work) => {
  const database = await opened()
  try {
    return await new Promise((resolve, reject) => {
      const change = database.transaction(STORE, mode)
      const answer = work(change.objectStore(STORE))
      change.oncomplete = () => resolve(answer?.result)
      change.onerror = change.onabort = () => reject(change.error)
    })
  } finally { database.close() }
}
const keep = entry => inStore("readwrite", store => store.put(entry))
const forget = key => inStore("readwrite", store => store.delete(key))
const unsent = async person => (await inStore("readonly", store => store.getAll())).filter(entry => entry.person === person).sort((one, other) => one.at - other.at)

/** A random UUID, also where a page is not secure. */
const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("")
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}

/** The fields of a form as a store keeps them; files as their bytes, because some phones lose stored files. */
const fieldsOf = async form => Promise.all([...new FormData(form)].filter(([, value]) => typeof value === "string" || value.size).map(
  async ([name, value]) => typeof value === "string" ? { name, value } : { name, file: value.name, type: value.type, bytes: await value.arrayBuffer() }
))
const bodyOf = entry => {
  const body = new FormData()
  for (const { name, value, file, type, bytes } of entry.fields) file === undefined ? body.append(name, value) : body.append(name, new Blob([bytes], { type }), file)
  return body
}

/** Send one entry: "sent" only with the house's receipt, "refused" when it says why not, anything else leaves it waiting. */
const sendOne = async entry => {
  let answer
  try {
    answer = await fetch(entry.url, { method: "POST", body: bodyOf(entry), headers: { "X-Outbox": new Date().toISOString() }, redirect: "manual", credentials: "same-origin" })
  } catch { return { state: "waiting" } }
  if (answer.type === "opaqueredirect") return { state: "logged out" }
  const told = await answer.json().catch(() => null)
  if (answer.ok && told?.telling === entry.key) {
    await forget(entry.key)
    return { state: "sent", where: told.where }
  }
  if ([400, 404, 409, 413, 422].includes(answer.status)) {
    await keep({ ...entry, trouble: told?.message || String(answer.status) })
    return { state: "refused" }
  }
  return { state: "waiting" }
}

let isSending = false
const alone = work => navigator.locks ? navigator.locks.request("teahorse-outbox", { ifAvailable: true }, lock => lock && work()) : work()

/** <out-box person>: says what is unsent, sends it when there is a line; one tab at a time. */
customElements.define("out-box", class extends HTMLElement {
  connectedCallback() {
    this.person = this.getAttribute("person")
    addEventListener("online", this)
    this.clock = setInterval(() => this.send(), 30_000)
    document.addEventListener("submit", this, { capture: true })
    this.show().then(() => this.send())
  }
  disconnectedCallback() {
    clearInterval(this.clock)
    removeEventListener("online", this)
    document.removeEventListener("submit", this, { capture: true })
  }
  handleEvent(event) {
    if (event.type === "online") this.send()
    else if (event.target.matches("form[data-outbox]") && window.indexedDB) this.take(event)
  }
  async take(event) {
    const form = event.target
    event.preventDefault()
    event.stopPropagation()
    if (form.dataset.busy) return
    form.dataset.busy = "yes"
    try {
      form.elements.device_at.value = new Date().toISOString()
      const entry = { key: form.elements.key.value, url: form.getAttribute("action") || location.href, person: this.person, at: Date.now(), title: form.dataset.outbox, fields: await fieldsOf(form) }
      try { await keep(entry) } catch { return form.submit() }
      const { where, state } = await this.send(entry.key) || {}
      if (where) return location.assign(where)
      if (state !== "refused") {
        form.reset()
        form.elements.key.value = newKey()
        this.note = this.dataset.kept
        form.dispatchEvent(new CustomEvent("outbox:kept", { bubbles: true }))
      }
      else { await forget(entry.key); return form.submit() }
      await this.show()
      this.scrollIntoView({ block: "nearest" })
    } finally { delete form.dataset.busy }
  }
  /** Send what waits, the oldest first; return what came of the entry with a key. */
  async send(wanted) {
    if (isSending) return
    isSending = true
    let outcome
    try {
      await alone(async () => {
        for (const entry of await unsent(this.person)) {
          if (entry.trouble) continue
          const answer = await sendOne(entry)
          if (entry.key === wanted) outcome = answer
          if (answer.state === "logged out") this.note = this.dataset.logIn
          if (answer.state === "waiting" || answer.state === "logged out") break
        }
      })
    } catch { /* no store: the form posts by itself */ } finally { isSending = false }
    await this.show()
    return outcome
  }
  async show() {
    const entries = await unsent(this.person).catch(() => [])
    this.dataset.count = entries.length
    if (!entries.length) return this.replaceChildren()
    const box = document.createElement("div")
    box.className = "notice notice--warn"
    const head = document.createElement("p")
    head.className = "notice__title"
    head.textContent = `${this.dataset.waiting} ${entries.length}`
    box.append(head, this.told(), ...entries.map(entry => this.row(entry)), this.button(this.dataset.again, () => this.send()))
    this.replaceChildren(box)
  }
  told() {
    const words = document.createElement("p")
    words.textContent = this.note || ""
    return words
  }
  row(entry) {
    const row = document.createElement("p")
    row.textContent = `${entry.title} · ${new Date(entry.at).toLocaleString(document.documentElement.lang)}${entry.trouble ? ` · ${this.dataset.refused} ${entry.trouble} ` : ""}`
    if (entry.trouble) row.append(this.button(this.dataset.drop, () => confirm(this.dataset.sure) && forget(entry.key).then(() => this.show())))
    return row
  }
  button(words, act) {
    const button = document.createElement("button")
    button.type = "button"
    button.className = "button button--small"
    button.textContent = words
    button.addEventListener("click", act)
    return button
  }
})
