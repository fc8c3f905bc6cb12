/*
 * The page of proofs: each step's proof is fetched and checked here. A proof counts for a step only if the entry in it names the very
 * fingerprint that the page shows. Where the checking script lies the page says: files have other names when they are served.
 */
const EXTRA = "extra "

/** The bytes that the log holds of an event, as the proof carries them. */
const entryIn = proof => {
  const line = proof.split("\n").find(one => one.startsWith(EXTRA))
  return line ? Uint8Array.from(atob(line.slice(EXTRA.length)), each => each.charCodeAt(0)) : new Uint8Array()
}
const names = (entry, hash) => {
  try { return JSON.parse(new TextDecoder().decode(entry)).event === hash } catch { return false }
}

customElements.define("log-proofs", class extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button")
    button.parentElement.hidden = false
    button.addEventListener("click", () => this.checkAll(button))
  }

  async checkAll(button) {
    button.disabled = true
    const { verify } = await import(this.dataset.verifier)
    for (const row of this.querySelectorAll("[data-proof]")) await this.check(row, verify)
    button.disabled = false
  }

  async check(row, verify) {
    const told = row.querySelector("[data-verdict]")
    let verdict = "refused"
    try {
      const proof = await (await fetch(row.dataset.proof)).text()
      const entry = entryIn(proof)
      if (names(entry, row.querySelector("code").textContent.trim())) ({ verdict } = await verify(proof, this.dataset.key, entry))
    } catch { verdict = "unchecked" }
    const isRight = verdict === "proved"
    told.textContent = this.querySelector(isRight ? "[data-right]" : "[data-wrong]").textContent
    told.className = isRight ? "badge badge--good" : "badge badge--alarm"
    told.dataset.verdict = verdict
  }
})
