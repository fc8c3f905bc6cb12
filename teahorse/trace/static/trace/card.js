/*
 * What a log's entry vouches for beside an event's fingerprint, checked by whoever reads a page: a card of salted hashes
 * (teahorse/trace/cards.py). Fields that are shown must be on it, and the entry names the card.
 */
const GOES_IN = new Set(["input", "child"])
const HASH = /^[0-9a-f]{64}$/

const sha256 = async text => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))
  return [...digest].map(byte => byte.toString(16).padStart(2, "0")).join("")
}
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)
const inOrder = list => list.map(each => JSON.stringify(each)).sort()

/** What a written card says, by the names of its fields; null if it is not the card of this digest. */
export async function read(written, digest) {
  const { shown, hidden } = JSON.parse(written)
  if (!hidden.every(each => HASH.test(each))) return null
  const hashes = [...hidden, ...await Promise.all(shown.map(sha256))].sort()
  if (await sha256(JSON.stringify(hashes)) !== digest) return null
  const fields = shown.map(field => JSON.parse(field))
  return fields.every(field => field.length === 3) ? new Map(fields.map(([, name, value]) => [name, value])) : null
}

/** How much of what went into the event and came out of it, as [way, quantity, unit]. */
export const amountsOf = fields => [...fields]
  .filter(([name]) => name.startsWith("amount of "))
  .map(([, [role, quantity, unit]]) => [GOES_IN.has(role) ? "in" : "out", quantity, unit])

/** The names of what a page says otherwise than the log; what the page does not say is not compared. */
export function differing(said, fields) {
  const plain = ["time", "step", "place", "names", "temperature"].filter(name => name in said && !same(said[name], fields.get(name) ?? null))
  const isOther = "amounts" in said && !same(inOrder(said.amounts), inOrder(amountsOf(fields)))
  return isOther ? [...plain, "amounts"] : plain
}
