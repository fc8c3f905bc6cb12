/* What a page does by itself beyond HTML. Everything here is a convenience: without it every page still reads, buys and scans. */
const root = document.documentElement
root.classList.add("js")
const on = (kind, act, options) => document.addEventListener(kind, act, options)
const cookie = name => document.cookie.split("; ").find(pair => pair.startsWith(name + "="))?.slice(name.length + 1)

/** Say something briefly at the foot of the page. */
export function toast(words) {
  document.querySelector(".toast:not(.toast--still)")?.remove()
  const box = document.createElement("output")
  box.className = "toast"
  document.body.append(box)
  box.textContent = words
  setTimeout(() => box.remove(), 3200)
}

/** <cart-count>: pages are kept for all guests, so the number comes from the readable cookie cart_count. */
customElements.define("cart-count", class extends HTMLElement {
  connectedCallback() { this.show(); on("cart-changed", this); addEventListener("pageshow", this) }
  disconnectedCallback() { document.removeEventListener("cart-changed", this); removeEventListener("pageshow", this) }
  handleEvent(event) { this.show(event.detail?.count) }
  show(count = cookie("cart_count")) {
    if (count !== undefined) this.textContent = Number(count) > 0 ? (Number(count) > 99 ? "99+" : Number(count)) : ""
  }
})

/** <quantity-stepper>: plus and minus beside a number field. */
customElements.define("quantity-stepper", class extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input")
    this.addEventListener("click", event => {
      const button = event.target.closest("[data-step]")
      if (!button) return
      button.dataset.step > 0 ? this.input.stepUp() : this.input.stepDown()
      this.input.dispatchEvent(new Event("change", { bubbles: true }))
      this.mind()
    })
    this.addEventListener("input", () => this.mind())
    this.mind()
  }
  mind() {
    const { value, min, max } = this.input
    for (const button of this.querySelectorAll("[data-step]"))
      button.disabled = button.dataset.step > 0 ? max !== "" && +value >= +max : min !== "" && +value <= +min
  }
})

/**
 * <live-order src="event stream" fragment="address of the region" version="number shown">: the region is fetched anew
 * when an event with a higher number arrives. A lost line is taken up again after a random, growing pause.
 */
customElements.define("live-order", class extends HTMLElement {
  connectedCallback() {
    this.version = Number(this.getAttribute("version") || 0)
    this.losses = this.failures = 0
    this.open()
    on("visibilitychange", this)
  }
  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this)
    clearTimeout(this.pause)
    clearTimeout(this.again)
    this.source?.close()
  }
  handleEvent() { if (!document.hidden && !this.source) this.open() }
  open() {
    clearTimeout(this.pause)
    const source = this.source = new EventSource(this.getAttribute("src"))
    source.onopen = () => { this.losses = 0 }
    source.onmessage = event => this.heard(event)
    source.addEventListener("changed", event => this.heard(event))
    source.addEventListener("hello", () => this.catchUp())  // what happened between the page and this line
    source.onerror = () => {
      source.close()
      this.source = null
      const most = Math.min(60, 2 * 2 ** this.losses++)
      this.pause = setTimeout(() => this.open(), (0.5 + Math.random()) * most * 1000)
    }
  }
  catchUp() {
    this.wanted = Math.max(this.version + 0.5, this.wanted || 0)
    if (!this.fetching) this.fetch()
  }
  heard(event) {
    const version = Number(event.lastEventId || event.data)
    if (!(version > this.version)) return
    this.wanted = Math.max(version, this.wanted || 0)
    if (!this.fetching) this.fetch()
  }
  async fetch() {
    clearTimeout(this.again)
    this.fetching = true
    try {
      while (this.wanted > this.version) {
        const version = this.wanted
        const answer = await fetch(this.getAttribute("fragment"), { headers: { "X-Fragment": "1" } })
        if (answer.status >= 500) throw answer
        if (!answer.ok) break
        const target = this.hasAttribute("target") ? document.querySelector(this.getAttribute("target")) : this
        target?.replaceChildren(document.createRange().createContextualFragment(await answer.text()))
        this.version = version
        this.failures = 0
        this.dispatchEvent(new CustomEvent("live-order", { bubbles: true, detail: { version } }))
      }
    } catch { // the line or the house is gone for a moment
      const most = Math.min(60, 2 * 2 ** this.failures++)
      if (this.isConnected) this.again = setTimeout(() => this.fetch(), (0.5 + Math.random()) * most * 1000)
    } finally { this.fetching = false }
  }
})

/** <area-picker src="/api/v1/areas">: its selects, from the largest area to the smallest, each filled from the one before. */
customElements.define("area-picker", class extends HTMLElement {
  connectedCallback() {
    this.selects = [...this.querySelectorAll("select")]
    this.addEventListener("change", event => {
      const at = this.selects.indexOf(event.target)
      if (at >= 0) this.fill(at + 1, event.target.value)
    })
    this.selects.forEach((select, at) => {
      if (at && !select.value && this.selects[at - 1].value && select.options.length < 2) this.fill(at, this.selects[at - 1].value)
    })
  }
  async fill(at, parent) {
    for (const select of this.selects.slice(at)) {
      while (select.options.length > 1) select.remove(1)
      select.disabled = true
    }
    const select = this.selects[at]
    if (!select || !parent) return
    const asked = this.asked = {}
    try {
      const answer = await fetch(`${this.getAttribute("src") || "/api/v1/areas"}?parent=${encodeURIComponent(parent)}`)
      if (!answer.ok) throw answer
      const areas = await answer.json()
      if (asked !== this.asked) return
      select.append(...areas.map(area => new Option(area.name, area.code)))
      select.disabled = areas.length === 0
      select.required = select.hasAttribute("data-required") && areas.length > 0
    } catch { select.disabled = false }
  }
})

/** <copy-button value="…" said="Copied"> and <share-button url title said>: around a button. */
const copy = async (text, said) => {
  try { await navigator.clipboard.writeText(text) } catch {
    const box = document.createElement("textarea")
    box.value = text
    document.body.append(box)
    box.select()
    document.execCommand("copy")
    box.remove()
  }
  if (said) toast(said)
}
customElements.define("copy-button", class extends HTMLElement {
  connectedCallback() { this.addEventListener("click", () => copy(this.getAttribute("value"), this.getAttribute("said"))) }
})
customElements.define("share-button", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", async () => {
      const url = new URL(this.getAttribute("url") || location.href, location.href).href
      if (!navigator.share) return copy(url, this.getAttribute("said"))
      try { await navigator.share({ url, title: this.getAttribute("title") || document.title }) } catch { /* not shared after all */ }
    })
  }
})

/** form[data-once]: a second tap does nothing. The buttons stay enabled until the form data are gathered. */
on("submit", event => {
  const form = event.target
  if (event.defaultPrevented || !form.matches("[data-once]")) return
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = "yes"
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true
    event.submitter?.setAttribute("aria-busy", "true")
  })
})
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.disabled = false
      button.removeAttribute("aria-busy")
    }
  }
})

/** form[data-keep="name"]: what was typed survives a reload or a lost line; secrets and files are not kept. */
const kept = form => `kept:${form.dataset.keep || location.pathname}`
const fields = form => [...form.elements].filter(field => field.name && !/^(password|file|hidden|submit|button)$/.test(field.type) && !field.closest("[data-secret]"))
for (const form of document.querySelectorAll("form[data-keep]")) {
  try {
    const draft = JSON.parse(sessionStorage.getItem(kept(form)) || "null")
    if (draft && !form.querySelector("[aria-invalid=true]"))
      for (const field of fields(form)) {
        const value = draft[field.name]
        if (value === undefined) continue
        if (/^(checkbox|radio)$/.test(field.type)) field.checked = value.includes(field.value)
        else if (value.length === 1) field.value = value[0]
      }
  } catch { /* no room to keep drafts: nothing is lost but the convenience */ }
}
on("input", event => {
  const form = event.target.form
  if (!form?.matches("[data-keep]")) return
  form.dataset.changed = "yes"
  const draft = {}
  for (const field of fields(form)) {
    draft[field.name] ??= []
    if (!/^(checkbox|radio)$/.test(field.type) || field.checked) draft[field.name].push(field.value)
  }
  try { sessionStorage.setItem(kept(form), JSON.stringify(draft)) } catch { /* as above */ }
})
on("submit", event => {
  if (!event.target.matches("[data-keep]") || event.defaultPrevented) return
  delete event.target.dataset.changed
  if (navigator.onLine) sessionStorage.removeItem(kept(event.target))
})
addEventListener("beforeunload", event => { if (document.querySelector("form[data-keep][data-changed]")) event.preventDefault() })

/** [data-open="id"] opens a dialog, [data-close] closes the one it stands in, a tap outside closes it too; .spoken shows the exact number. */
on("click", event => {
  const { target } = event
  const opener = target.closest("[data-open]")
  if (opener) {
    const dialog = document.getElementById(opener.dataset.open)
    if (dialog?.showModal) { event.preventDefault(); dialog.showModal() }
  }
  if (target.closest("[data-close]")) target.closest("dialog")?.close()
  if (target.matches("dialog.dialog")) target.close()
  const number = target.closest("data.spoken")
  if (number) [number.textContent, number.title] = [number.title, number.textContent]
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false
})
on("keydown", event => {
  if (event.key !== "Escape") return
  const open = document.activeElement?.closest("details.menu[open], details.sheet[open]") || document.querySelector("details.sheet[open]")
  if (open) { open.open = false; open.querySelector("summary").focus() }
})
on("change", event => { event.target.form?.matches("[data-submit-on-change]") && event.target.form.requestSubmit() })

/* An older browser cannot show the closed side navigation at the desk: open it there. */
if (!CSS.supports("selector(::details-content)") && matchMedia("(min-width: 900px)").matches)
  for (const side of document.querySelectorAll(".console__side, .sheet--side")) side.open = true
