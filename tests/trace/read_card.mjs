// Reads cases as JSON from its input, one per line, and answers each with what the page's own script says of it.
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"

const script = readFileSync(process.argv[2]).toString("base64")
const { read, differing } = await import(`data:text/javascript;base64,${script}`)  // as a module, whatever node thinks of its name

for await (const line of createInterface({ input: process.stdin })) {
  const { card, digest, said } = JSON.parse(line)
  const fields = await read(card, digest)
  console.log(JSON.stringify(fields ? differing(said, fields) : "other card"))
}
