/* The mall's conveniences; every page reads, buys and scans without them. */

/** Say something briefly (as the frame's script does; importing it would load it twice under its two names). */
const toast = words => {
  document.querySelector(".toast")?.remove()
  const box = document.createElement("output")
  box.className = "toast"
  document.body.append(box)
  box.textContent = words
  setTimeout(() => box.remove(), 3200)
}

/** form[data-cart]: "into the cart" without leaving the page; the chosen form's price is shown large. */
for (const form of document.querySelectorAll("form[data-cart]")) {
  form.addEventListener("submit", async event => {
    if (event.submitter?.value !== "cart") return
    event.preventDefault()
    event.stopImmediatePropagation()
    const button = event.submitter
    button.setAttribute("aria-busy", "true")
    try {
      const data = new FormData(form, button)
      const answer = await fetch(location.href, { method: "POST", body: data, headers: { "X-Fragment": "1" } })
      const told = await answer.json()
      toast(told.said)
      if (answer.ok) document.dispatchEvent(new CustomEvent("cart-changed", { detail: { count: told.count } }))
    } catch { form.removeAttribute("data-cart"); form.requestSubmit(button) } finally { button.removeAttribute("aria-busy") }
  }, { capture: true })
  form.addEventListener("change", event => {
    const price = event.target.dataset.price
    const place = form.querySelector("[data-live-price]")
    if (price && place) place.innerHTML = price
  })
}

/** form[data-checkout]: another area, way or point is priced at once; what was typed stays where it is. */
for (const form of document.querySelectorAll("form[data-checkout]")) {
  let asked
  const look = async () => {
    const own = asked = {}
    form.setAttribute("aria-busy", "true")
    const data = new FormData(form)
    data.set("do", "look")
    try {
      const answer = await fetch(form.action, { method: "POST", body: data })
      const page = new DOMParser().parseFromString(await answer.text(), "text/html")
      if (own !== asked) return
      for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`)
        if (fresh && !part.contains(document.activeElement)) part.replaceChildren(...fresh.childNodes)
        else if (fresh && part.dataset.live === "way" && document.activeElement?.name !== "line") {
          const name = document.activeElement?.value
          part.replaceChildren(...fresh.childNodes)
          part.querySelector(`[value="${CSS.escape(name || "")}"]`)?.focus()
        }
      }
    } catch { /* the line is gone; ordering prices it again */ } finally { if (own === asked) form.removeAttribute("aria-busy") }
  }
  form.addEventListener("change", event => {
    if (event.target.closest("area-picker") || ["way", "point"].includes(event.target.name)) look()
  })
}

/**
 * <live-order data-poll="seconds">: where no event comes, the page looks by itself, and leaves alone what is being filled in;
 * [data-go] in the answer is where to go on. What was opened, chosen or typed in the region is so again after an event replaced it.
 */
for (const live of document.querySelectorAll("live-order[data-poll]")) {
  let last
  const opened = new Set(), chosen = new Map()
  let focused = ""
  live.addEventListener("toggle", ({ target }) => { if (target.id) opened[target.open ? "add" : "delete"](target.id) }, { capture: true })
  live.addEventListener("input", ({ target }) => { if (target.id) chosen.set(target.id, target.value) })
  live.addEventListener("focusin", ({ target }) => { focused = target.id })
  live.addEventListener("focusout", ({ relatedTarget }) => { if (relatedTarget) focused = "" })
  live.addEventListener("live-order", () => {
    for (const id of opened) { const part = document.getElementById(id); if (part) part.open = true }
    for (const [id, value] of chosen) { const control = document.getElementById(id); if (control) control.value = value }
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true })
  })
  const goOn = () => { const to = live.querySelector("[data-go]"); if (to) location.replace(to.href) }
  live.addEventListener("live-order", goOn)
  setInterval(async () => {
    if (document.hidden || live.contains(document.activeElement) || live.querySelector("details[open]")) return
    try {
      const answer = await fetch(live.getAttribute("fragment"), { headers: { "X-Fragment": "1" } })
      if (!answer.ok) return
      const text = await answer.text()
      if (text !== last) live.replaceChildren(document.createRange().createContextualFragment(text))
      last = text
      goOn()
    } catch { /* next time */ }
  }, Number(live.dataset.poll) * 1000)
}

/** <wechat-pay prompt="id of JSON">: inside WeChat the payment opens over the page. */
customElements.define("wechat-pay", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => {
      const prompt = JSON.parse(document.getElementById(this.getAttribute("prompt")).textContent)
      const pay = () => window.WeixinJSBridge.invoke("getBrandWCPayRequest", prompt, () => location.reload())
      if (window.WeixinJSBridge) pay()
      else document.addEventListener("WeixinJSBridgeReady", pay, { once: true })
    })
  }
})

/** <code-scanner>: the browser's own detector, where there is one; else the typed form stands alone. */
customElements.define("code-scanner", class extends HTMLElement {
  async connectedCallback() {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return
    this.hidden = false
    this.querySelector("button").addEventListener("click", () => this.start())
  }
  async start() {
    const video = this.querySelector("video")
    try {
      const wished = ["qr_code", "ean_13", "ean_8", "code_128", "data_matrix"]
      const known = await BarcodeDetector.getSupportedFormats()
      const detector = new BarcodeDetector({ formats: wished.filter(format => known.includes(format)) })
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } })
      await video.play()
      this.dataset.on = "yes"
      this.querySelector("button").hidden = true
      const look = async () => {
        const [found] = await detector.detect(video).catch(() => [])
        if (!found) return setTimeout(look, 160)
        for (const track of video.srcObject.getTracks()) track.stop()
        location.href = `/scan/?code=${encodeURIComponent(found.rawValue)}`
      }
      look()
    } catch { this.querySelector("[data-told]").hidden = false }
  }
})

customElements.define("print-button", class extends HTMLElement {
  connectedCallback() { this.addEventListener("click", () => print()) }
})

/** The search box: what may be meant by what was typed so far, as the browser's own list. */
for (const input of document.querySelectorAll("form[role=search] input[name=q]")) {
  const list = document.createElement("datalist")
  list.id = "search-suggestions"
  input.after(list)
  input.setAttribute("list", list.id)
  let waiting
  input.addEventListener("input", () => {
    clearTimeout(waiting)
    waiting = setTimeout(async () => {
      const words = input.value.trim()
      if (words.length < 2) return list.replaceChildren()
      try {
        const answer = await fetch(`/search/suggest/?q=${encodeURIComponent(words)}`)
        const found = answer.ok ? await answer.json() : []
        if (input.value.trim() === words) list.replaceChildren(...found.map(one => new Option(one.text, one.text)))
      } catch { /* the line is gone; searching works without */ }
    }, 250)
  })
}

/** Tells the maker where somebody scans, if she presses the button; the server rounds it to ten kilometres. */
customElements.define("where-am-i", class extends HTMLElement {
  connectedCallback() {
    if (!navigator.geolocation) return
    this.hidden = false
    const button = this.querySelector("button")
    button.addEventListener("click", () => navigator.geolocation.getCurrentPosition(async ({ coords }) => {
      const sent = new FormData()
      const round = degrees => degrees.toFixed(1)
      sent.set("latitude", round(coords.latitude))
      sent.set("longitude", round(coords.longitude))
      button.disabled = (await fetch(this.dataset.to, { method: "POST", body: sent })).ok
    }))
  }
})
