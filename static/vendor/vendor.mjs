// Copies the published front-end files into static/vendor/<name>/<version>/ and records their hashes.
// Run with: npm ci && npm run vendor
//
// The console is not on service.gov.uk, so three things that only GOV.UK may use are taken out:
// the GDS Transport font faces, the crest, and the icons. The type family becomes a custom property.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..')
const source = join(root, 'node_modules', 'govuk-frontend')
const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
const target = join(here, 'govuk-frontend', version)

const LICENCE = `The MIT License (MIT)

Copyright (c) 2017 Crown Copyright (Government Digital Service)

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS
FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

const withoutSourceMap = (text) => text.replace(/\/[/*]# sourceMappingURL=\S+(?: \*\/)?\s*$/, '').trimEnd() + '\n'

function stylesheet () {
  const css = withoutSourceMap(readFileSync(join(source, 'dist/govuk/govuk-frontend.min.css'), 'utf8'))
    .replace(/\/\*! Copyright \(c\) 2011 by Margaret Calvert[^*]*\*\//, '')
    .replace(/@font-face\{[^}]*\}/g, '')
    .replaceAll('GDS Transport,arial,sans-serif', 'var(--app-typeface,arial,sans-serif)')
    .replaceAll('url(/assets/images/govuk-crest.svg)', 'none')
  const leftover = css.match(/url\([^)]*\)|GDS Transport/)
  if (leftover) throw new Error(`The stylesheet still refers to ${leftover[0]}: teach vendor.mjs about it.`)
  return css
}

rmSync(join(here, 'govuk-frontend'), { recursive: true, force: true })
mkdirSync(target, { recursive: true })
writeFileSync(join(target, 'govuk-frontend.min.css'), stylesheet())
writeFileSync(
  join(target, 'govuk-frontend.min.js'),
  withoutSourceMap(readFileSync(join(source, 'dist/govuk/govuk-frontend.min.js'), 'utf8'))
)
writeFileSync(join(target, 'LICENCE.txt'), LICENCE)

const files = Object.fromEntries(
  readdirSync(target).sort().map((name) => {
    const path = join(target, name)
    return [relative(here, path), createHash('sha256').update(readFileSync(path)).digest('hex')]
  })
)
writeFileSync(
  join(here, 'manifest.json'),
  JSON.stringify({ packages: { 'govuk-frontend': version }, sha256: files }, null, 2) + '\n'
)
console.log(`govuk-frontend ${version}: ${Object.keys(files).length} files`)
