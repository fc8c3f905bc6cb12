/*
 * A proof checked by whoever holds it (C2SP tlog-proof): the entry's hash leads to a root, and the log's key signed that root.
 * Nothing is asked of any server. Numbers, base64 and lines are read as strictly as teahorse/trace/tlog reads them.
 */

const HEADING = "c2sp.org/tlog-proof@v1"
const DASH = "— "
const ED25519 = 1
const LARGEST = Number.MAX_SAFE_INTEGER
const MOST_HASHES = 63
const MOST_SIGNATURES = 100

const utf8 = text => new TextEncoder().encode(text)
const joined = (...parts) => Uint8Array.from(parts.flatMap(part => [...part]))
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at])
const sha256 = async bytes => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
const leafHash = entry => sha256(joined([0], entry))
const nodeHash = (left, right) => sha256(joined([1], left, right))

/** Something that cannot be: `reason` is the word for it in the answer. */
class Refused extends Error {
  constructor(reason) { super(reason); this.reason = reason }
}
const must = (holds, reason) => { if (!holds) throw new Refused(reason) }

const fromBase64 = (text, reason) => {
  let raw
  try { raw = atob(text) } catch { throw new Refused(reason) }
  must(btoa(raw) === text, reason)
  return Uint8Array.from(raw, each => each.charCodeAt(0))
}
const fromDecimal = (text, reason) => {
  must(/^(0|[1-9][0-9]{0,15})$/.test(text) && Number(text) <= LARGEST, reason)
  return Number(text)
}
const hashFrom = (text, reason) => {
  const hash = fromBase64(text, reason)
  must(hash.length === 32, reason)
  return hash
}

/** "name+id+base64(type, key)" of an Ed25519 key (C2SP signed-note). */
const readKey = async written => {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(written.trim()) ?? []
  must(encoded, "key")
  const typed = fromBase64(encoded, "key")
  must(typed.length === 33 && typed[0] === ED25519, "key")
  const keyId = (await sha256(joined(utf8(`${name}\n`), typed))).slice(0, 4)
  must([...keyId].map(byte => byte.toString(16).padStart(2, "0")).join("") === id, "key")
  return { name, keyId, raw: typed.slice(1) }
}

const readSignature = line => {
  const [, name, encoded] = /^— ([^\s+]+) (\S+)$/u.exec(line) ?? []
  must(encoded, "note")
  const raw = fromBase64(encoded, "note")
  must(raw.length > 4, "note")
  return { name, keyId: raw.slice(0, 4), raw: raw.slice(4) }
}

const readNote = written => {
  const split = written.lastIndexOf("\n\n")
  must(split >= 0 && written.endsWith("\n") && !/[\0-\x09\x0b-\x1f]/.test(written), "note")
  const lines = written.slice(split + 2, -1).split("\n")
  must(lines.length <= MOST_SIGNATURES && lines.every(line => line.startsWith(DASH)), "note")
  return { text: written.slice(0, split + 1), signatures: lines.map(readSignature) }
}

const readCheckpoint = text => {
  const [origin, size, root, ...extensions] = text.slice(0, -1).split("\n")
  must(origin && size && root && extensions.every(Boolean), "checkpoint")
  return { origin, size: fromDecimal(size, "checkpoint"), root: hashFrom(root, "checkpoint") }
}

const readProof = text => {
  const split = text.indexOf("\n\n")
  must(split >= 0, "proof")
  const [heading, ...lines] = text.slice(0, split).split("\n")
  must(heading === HEADING, "proof")
  if (lines[0]?.startsWith("extra ")) fromBase64(lines.shift().slice(6), "proof")
  const index = lines.shift() ?? ""
  must(index.startsWith("index ") && lines.length <= MOST_HASHES, "proof")
  return {
    index: fromDecimal(index.slice(6), "proof"),
    path: lines.map(line => hashFrom(line, "proof")),
    note: readNote(text.slice(split + 2)),
  }
}

/** The root to which a leaf's hash leads (RFC 9162, section 2.1.3.2); numbers are above 32 bits, so they are halved, not shifted. */
const rootFrom = async (leaf, index, size, path) => {
  must(index < size, "index")
  let place = index, last = size - 1, reached = leaf
  const up = () => { place = Math.floor(place / 2); last = Math.floor(last / 2) }
  for (const sibling of path) {
    must(last > 0, "path")
    const isLeft = place % 2 === 1 || place === last
    while (isLeft && place > 0 && place % 2 === 0) up()
    reached = await (isLeft ? nodeHash(sibling, reached) : nodeHash(reached, sibling))
    up()
  }
  must(last === 0, "path")
  return reached
}

/** "valid", "wrong", "absent", or "unsupported" where this browser knows no Ed25519. */
const signatureBy = async (key, note) => {
  const signature = note.signatures.find(each => each.name === key.name && same(each.keyId, key.keyId))
  if (!signature) return "absent"
  let known
  try {
    known = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"])
  } catch (error) {
    return error.name === "NotSupportedError" || error.name === "SyntaxError" ? "unsupported" : "wrong"
  }
  return await crypto.subtle.verify({ name: "Ed25519" }, known, signature.raw, utf8(note.text)) ? "valid" : "wrong"
}

/**
 * Check that the bytes of an entry are in the log of a verifier key ("name+id+base64").
 *
 * Answers { verdict, reason, signature, origin, size, index }. The verdict is
 *   "proved": the hashes lead to the root, and the log signed it;
 *   "hashes": the hashes lead to the root, but this browser knows no Ed25519, so nobody checked here who signed it;
 *   "refused": something is wrong; the reason says what: proof, note, checkpoint, origin, key, index, path, root, signature;
 *   "unchecked": this page has no WebCrypto (it was not opened over HTTPS), so nothing was checked.
 */
export async function verify(proofText, verifierKey, leafBytes) {
  if (!globalThis.crypto?.subtle) return { verdict: "unchecked", reason: "webcrypto" }
  const told = {}
  try {
    const key = await readKey(verifierKey)
    const proof = readProof(proofText)
    const { origin, size, root } = readCheckpoint(proof.note.text)
    Object.assign(told, { origin, size, index: proof.index })
    must(origin === key.name, "origin")
    must(same(await rootFrom(await leafHash(leafBytes), proof.index, size, proof.path), root), "root")
    told.signature = await signatureBy(key, proof.note)
    must(told.signature === "valid" || told.signature === "unsupported", "signature")
    return { verdict: told.signature === "valid" ? "proved" : "hashes", ...told }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { verdict: "refused", reason: error.reason, ...told }
  }
}
