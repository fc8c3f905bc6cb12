/* A driver's page beyond HTML: signatures are drawn, and a stop whose form waits in the outbox says so. Without it the page works. */
const INK = 3

/** <draw-signature for="…">: what is drawn on it goes into that file field as a picture, from where the form or the outbox takes it. */
customElements.define("draw-signature", class extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.getAttribute("for"))
    this.field.hidden = true
    this.paper = document.createElement("canvas")
    this.paper.width = 600
    this.paper.height = 240
    const again = document.createElement("button")
    again.type = "button"
    again.className = "button button--small"
    again.textContent = this.dataset.clear
    again.addEventListener("click", () => this.clear())
    this.replaceChildren(this.paper, again)
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) this.paper.addEventListener(name, this)
    this.field.form.addEventListener("reset", this)
    this.clear()
  }
  clear() {
    const ink = this.paper.getContext("2d")
    ink.fillStyle = "#fff"
    ink.fillRect(0, 0, this.paper.width, this.paper.height)
    this.field.value = ""
  }
  handleEvent(event) {
    if (event.type === "reset") return this.clear()
    if (event.type === "pointerdown") {
      this.paper.setPointerCapture(event.pointerId)
      this.from = this.at(event)
    } else if (event.type === "pointermove" && this.from) {
      const [ink, here] = [this.paper.getContext("2d"), this.at(event)]
      ink.lineWidth = INK
      ink.lineCap = "round"
      ink.strokeStyle = "#221B16"
      ink.beginPath()
      ink.moveTo(...this.from)
      ink.lineTo(...here)
      ink.stroke()
      this.from = here
    } else if (event.type !== "pointermove" && this.from) {
      this.from = undefined
      this.keep()
    }
  }
  at(event) {
    const box = this.paper.getBoundingClientRect()
    return [(event.clientX - box.left) * this.paper.width / box.width, (event.clientY - box.top) * this.paper.height / box.height]
  }
  keep() {
    this.paper.toBlob(picture => {
      const files = new DataTransfer()
      files.items.add(new File([picture], "signature.png", { type: "image/png" }))
      this.field.files = files.files
    }, "image/png")
  }
})

/** A stop that was told without a line is closed, the next one opens. */
document.addEventListener("outbox:kept", event => {
  const stop = event.target.closest("[data-stop]")
  if (!stop) return
  stop.classList.add("is-kept")
  const words = document.createElement("span")
  words.className = "badge badge--warn"
  words.textContent = stop.dataset.keptWords
  stop.querySelector("summary").append(" ", words)
  stop.querySelector("form").hidden = true
  stop.querySelector("details").open = false
  const next = [...document.querySelectorAll("[data-stop]:not(.is-done, .is-kept) details")][0]
  if (next) next.open = true
})
