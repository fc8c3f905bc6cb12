/* What the workbench does beyond HTML; without it every page still works. */
/**
 * <live-part src="event stream" fragment="address">: its content is fetched anew when something changed, at most once a second.
 * While somebody is at one of its controls, has opened a part of it or typed something, it waits: what was typed stays.
 */
customElements.define("live-part", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", () => { this.isTyped = true })
    this.source = new EventSource(this.getAttribute("src"))
    this.source.addEventListener("changed", () => this.soon())
    this.source.addEventListener("hello", () => this.soon())  // what happened between the page, or a lost line, and this one
  }
  disconnectedCallback() { this.source?.close(); clearTimeout(this.timer) }
  soon(pause = 300 + Math.random() * 700) { this.timer ??= setTimeout(() => { this.timer = undefined; this.fetch() }, pause) }
  get isBusy() { return this.isTyped || this.contains(document.activeElement) || this.querySelector("details[open]") }
  async fetch() {
    if (this.isBusy) return this.soon(3000)
    try {
      const answer = await fetch(this.getAttribute("fragment"), { headers: { "X-Fragment": "1" } })
      if (!answer.ok) return
      const text = await answer.text()
      if (this.isBusy) return this.soon(3000)
      this.replaceChildren(document.createRange().createContextualFragment(text))
    } catch { /* the next change brings it */ }
  }
})

const boxes = all => [...all.closest("form, table").querySelectorAll("tbody input[type=checkbox]")]
const counted = form => {
  const chosen = form.querySelectorAll("tbody input[type=checkbox]:checked").length
  for (const place of form.querySelectorAll("[data-chosen]")) place.textContent = chosen || ""
}
document.addEventListener("change", event => {
  const { target } = event
  if (target.matches("[data-all]")) for (const box of boxes(target)) box.checked = target.checked
  if (target.matches("input[type=checkbox]") && target.form) counted(target.form)
  const presses = target.dataset?.presses
  if (presses) document.getElementById(presses)?.click()
})
document.addEventListener("click", event => {
  if (event.target.closest("[data-print]")) print()
  const asks = event.target.closest("button[data-sure]")
  if (asks && !confirm(asks.dataset.sure)) event.preventDefault()
})

/* The keyboard at the desk: "/" to the search field, j and k through the rows, x chooses a row, Enter opens it. */
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return
  if (event.key === "/") {
    const field = document.querySelector("[data-search]")
    if (field) { event.preventDefault(); field.focus(); field.select() }
  }
  if (!["j", "k", "x"].includes(event.key)) return
  const rows = [...document.querySelectorAll(".table tbody tr")].filter(row => row.querySelector("a, input, button"))
  const here = rows.indexOf(document.activeElement?.closest("tr"))
  if (event.key === "x") rows[here]?.querySelector("input[type=checkbox]")?.click()
  else rows[Math.max(0, Math.min(rows.length - 1, here + (event.key === "j" ? 1 : -1)))]?.querySelector("a, input, button")?.focus()
})
