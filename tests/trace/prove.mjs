// Reads cases as JSON from its input, one per line, and answers each with what the page's own script says of it.
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"

const script = readFileSync(process.argv[2]).toString("base64")
const { verify } = await import(`data:text/javascript;base64,${script}`)  // as a module, whatever node thinks of its name
const subtle = crypto.subtle
const without = {
  ed25519: { digest: (...asked) => subtle.digest(...asked), importKey: async () => { throw new DOMException("no such", "NotSupportedError") } },
  webcrypto: undefined,
}

for await (const line of createInterface({ input: process.stdin })) {
  const { proof, key, entry, lacks } = JSON.parse(line)
  Object.defineProperty(crypto, "subtle", { value: lacks ? without[lacks] : subtle, configurable: true })
  console.log(JSON.stringify(await verify(proof, key, Uint8Array.from(Buffer.from(entry, "base64")))))
}
