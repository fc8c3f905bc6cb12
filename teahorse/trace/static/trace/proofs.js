/*
 * The page of proofs: each step's proof and card are fetched and checked here. A proof counts for a step only if the entry in it names
 * the very fingerprint that the page shows, and the card that the entry names says what the page says. What the card says is written
 * beside the step. Where the checking scripts lie the page says: files have other names when they are served.
 */
const EXTRA = "extra "
const PLACE = "Asia/Shanghai"

/** What the log holds of an event, as the proof carries it. */
const entryIn = proof => {
  const line = proof.split("\n").find(one => one.startsWith(EXTRA))
  return line ? Uint8Array.from(atob(line.slice(EXTRA.length)), each => each.charCodeAt(0)) : new Uint8Array()
}
const textOf = async address => {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(answer.status)
  return answer.text()
}

customElements.define("log-proofs", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button")
    button.parentElement.hidden = false
    button.addEventListener("click", () => this.checkAll(button))
  }

  async checkAll(button) {
    button.disabled = true
    const [{ verify }, card] = await Promise.all([import(this.dataset.verifier), import(this.dataset.cards)])
    for (const row of this.querySelectorAll("[data-proof]")) {
      let found
      try { found = await this.check(row, verify, card) } catch { found = { verdict: "unchecked" } }
      this.tell(row, found, card)
    }
    button.disabled = false
  }

  /** { verdict, fields, differing }: as proof.js says it; "old" where the log has the fingerprint alone, "other" where it says otherwise. */
  async check(row, verify, card) {
    const proof = await textOf(row.dataset.proof)
    const bytes = entryIn(proof)
    let entry
    try { entry = JSON.parse(new TextDecoder().decode(bytes)) } catch { return { verdict: "refused" } }
    if (entry.event !== row.querySelector("code").textContent.trim()) return { verdict: "refused" }
    const { verdict } = await verify(proof, this.dataset.key, bytes)
    if (verdict !== "proved") return { verdict }
    if (!entry.card) return { verdict: "old" }
    const fields = await card.read(await textOf(row.dataset.card), entry.card)
    if (!fields) return { verdict: "other", differing: [] }
    const differing = card.differing(JSON.parse(row.dataset.said), fields)
    return { verdict: differing.length ? "other" : "proved", fields, differing }
  }

  tell(row, { verdict, fields }, card) {
    const told = row.querySelector("[data-verdict]")
    const isRight = verdict === "proved"
    told.textContent = this.word(isRight ? "right" : verdict === "old" ? "old" : "wrong")
    told.className = `badge badge--${isRight ? "good" : verdict === "old" ? "plain" : "alarm"}`
    told.dataset.verdict = verdict
    const log = row.querySelector("[data-log]")
    log.hidden = !fields
    if (fields) log.textContent = `${this.word("log")} ${this.spoken(fields, card)}`
  }

  word(name) { return this.querySelector(`[data-word="${name}"]`).textContent }

  /** What the log itself says of an event, for people. */
  spoken(fields, card) {
    const language = document.documentElement.lang
    const time = new Date(fields.get("time")).toLocaleString(language, { timeZone: PLACE, dateStyle: "medium", timeStyle: "short" })
    const units = JSON.parse(this.dataset.units)
    const amounts = way => card.amountsOf(fields).filter(([its]) => its === way && its !== null)
      .map(([, quantity, unit]) => [quantity, units[unit] ?? unit].filter(Boolean).join(" ")).filter(Boolean).join(" + ")
    const degrees = fields.has("temperature") ? `${[...new Set(fields.get("temperature"))].join(" – ")} °C` : ""
    return [time, [amounts("in"), amounts("out")].filter(Boolean).join(" → "), degrees].filter(Boolean).join(" · ")
  }
})
