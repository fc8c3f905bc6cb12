/* What the workbench does beyond HTML; without it every page still works. */
/** <live-part src="event stream" fragment="address">: its content is fetched anew when something changed, at most once a second. */
customElements.define("live-part", class extends HTMLElement {
  connectedCallback() { this.open() }
  disconnectedCallback() { this.source?.close(); clearTimeout(this.timer) }
  open() {
    this.source = new EventSource(this.getAttribute("src"))
    this.source.addEventListener("changed", () => { this.timer ??= setTimeout(() => this.fetch(), 300 + Math.random() * 700) })
  }
  async fetch() {
    try {
      const answer = await fetch(this.getAttribute("fragment"), { headers: { "X-Fragment": "1" } })
      if (answer.ok && !this.contains(document.activeElement)) this.replaceChildren(document.createRange().createContextualFragment(await answer.text()))
    } catch { /* the next change brings it */ } finally { this.timer = undefined }
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
