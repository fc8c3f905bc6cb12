/*
 * A voice note that is recorded on the page itself: <voice-note for="…"> puts it into that file field, from where the form, or the outbox,
 * takes it like any other file. Where the phone cannot record, or is not let, the field stays as it was.
 */
const KINDS = { "audio/webm;codecs=opus": "webm", "audio/mp4": "m4a", "audio/ogg;codecs=opus": "ogg" }
const BITS = 32_000
const clock = seconds => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`

customElements.define("voice-note", class extends HTMLElement {
  connectedCallback() {
    this.field = document.getElementById(this.getAttribute("for"))
    this.kind = window.MediaRecorder && navigator.mediaDevices?.getUserMedia && Object.keys(KINDS).find(kind => MediaRecorder.isTypeSupported(kind))
    if (!this.field || !this.kind) return
    this.button = document.createElement("button")
    this.button.type = "button"
    this.button.className = "button"
    this.button.addEventListener("click", () => this.recorder ? this.recorder.stop() : this.record())
    this.said = document.createElement("span")
    this.said.className = "soft"
    this.said.setAttribute("role", "status")
    this.replaceChildren(this.button, " ", this.said)
    this.tell(this.dataset.record, "")
    addEventListener("submit", this, { capture: true })
    this.field.form?.addEventListener("reset", this)
  }
  disconnectedCallback() {
    removeEventListener("submit", this, { capture: true })
    this.field?.form?.removeEventListener("reset", this)
    this.hush()
  }
  /** Whoever sends the form while it records has the note end first. */
  handleEvent(event) {
    if (event.type === "reset") return this.tell(this.dataset.record, "")
    if (!this.recorder || event.target !== this.field.form) return
    event.preventDefault()
    event.stopImmediatePropagation()
    const { submitter } = event
    this.addEventListener("recorded", () => this.field.form.requestSubmit(submitter), { once: true })
    this.recorder.stop()
  }
  tell(button, words) {
    this.button.textContent = button
    this.said.textContent = words
  }
  async record() {
    if (this.isAsking) return
    this.isAsking = true
    try {
      this.sound = await navigator.mediaDevices.getUserMedia({ audio: true })
      const parts = []
      this.recorder = new MediaRecorder(this.sound, { mimeType: this.kind, audioBitsPerSecond: BITS })
      this.recorder.addEventListener("dataavailable", event => parts.push(event.data))
      this.recorder.addEventListener("stop", () => this.keep(parts), { once: true })
      this.recorder.start()
      this.begun = Date.now()
      this.ticking = setInterval(() => this.tick(), 500)
      this.tick()
    } catch {
      this.hush()
      this.tell(this.dataset.record, this.dataset.refused)
    } finally { this.isAsking = false }
  }
  tick() {
    const seconds = Math.floor((Date.now() - this.begun) / 1000)
    this.tell(this.dataset.stop, clock(seconds))
    if (seconds >= Number(this.dataset.seconds) && this.recorder?.state === "recording") this.recorder.stop()
  }
  keep(parts) {
    const seconds = Math.round((Date.now() - this.begun) / 1000)
    const type = this.kind.split(";")[0]
    const files = new DataTransfer()
    files.items.add(new File(parts, `voice.${KINDS[this.kind]}`, { type }))
    this.field.files = files.files
    this.hush()
    this.tell(this.dataset.again, `${this.dataset.done} ${clock(seconds)}`)
    this.dispatchEvent(new Event("recorded"))
  }
  hush() {
    clearInterval(this.ticking)
    this.sound?.getTracks().forEach(track => track.stop())
    this.recorder = this.sound = null
  }
})
