// Starts a PDS, a PLC directory, the app view, bsync and Ozone in one process, on free ports and in
// a fresh database, and writes where they are to the file named by BLUESKY_STATE once they answer.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import pg from 'pg'
import { TestNetwork } from '@atproto/dev-env'

const need = (name) => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

const stateFile = need('BLUESKY_STATE')
const maintenanceUrl = new URL(need('BLUESKY_POSTGRES_URL'))
const database = `bluesky_test_${randomBytes(6).toString('hex')}`

const maintain = async (statement) => {
  const client = new pg.Client({ connectionString: maintenanceUrl.toString() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

// What a process that was killed could not drop itself.
const noteOfDatabase = `${stateFile}.database`
if (existsSync(noteOfDatabase)) {
  const left = readFileSync(noteOfDatabase, 'utf8').trim()
  if (/^bluesky_test_[0-9a-f]{12}$/.test(left)) {
    await maintain(`DROP DATABASE IF EXISTS ${left} WITH (FORCE)`)
  }
}
writeFileSync(noteOfDatabase, database)
await maintain(`CREATE DATABASE ${database}`)
const databaseUrl = new URL(maintenanceUrl)
databaseUrl.pathname = `/${database}`

let network
let closing = false
const close = async (status) => {
  if (closing) return
  closing = true
  rmSync(stateFile, { force: true })
  // Its workers may never fall idle; the database is dropped in any case.
  const patience = new Promise((resolve) => setTimeout(resolve, 8000))
  await Promise.race([network?.close().catch(() => {}), patience])
  await maintain(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
  rmSync(noteOfDatabase, { force: true })
  process.exit(status)
}
process.on('SIGTERM', () => close(0))
process.on('SIGINT', () => close(0))
process.on('uncaughtException', (error) => {
  // Dropping the database cuts connections that are still open: that is meant.
  if (closing) return
  console.error(error)
  close(1)
})

network = await TestNetwork.create({
  dbPostgresUrl: databaseUrl.toString(),
  dbPostgresSchema: 'bluesky',
  pds: { hostname: 'localhost', enableDidDocWithSession: true },
  ozone: { dbMaterializedViewRefreshIntervalMs: 30_000 },
})

writeFileSync(
  `${stateFile}.part`,
  JSON.stringify({
    pid: process.pid,
    pds: network.pds.url,
    appview: network.bsky.url,
    plc: network.plc.url,
    ozone: network.ozone.url,
    ozone_did: network.ozone.ctx.cfg.service.did,
    ozone_admin_password: network.ozone.ctx.cfg.service.adminPassword ?? 'admin-pass',
    database,
  }, null, 2),
)
renameSync(`${stateFile}.part`, stateFile)
console.log('ready')
