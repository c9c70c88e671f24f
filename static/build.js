/* Builds static/dist from static/src: one stylesheet, and the JavaScript modules as they are served. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'sass'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const source = here('src/')
const output = here('dist/')
const packages = here('../node_modules/')

const borrowed = [
  'govuk-frontend/dist/govuk/govuk-frontend.min.js',
  'accessible-autocomplete/dist/accessible-autocomplete.min.js'
]

await rm(output, { recursive: true, force: true })
await mkdir(output, { recursive: true })

const { css } = compile(`${source}hubadmin.scss`, {
  style: 'compressed',
  loadPaths: [packages],
  quietDeps: true
})
await writeFile(`${output}hubadmin.css`, css)

for (const path of borrowed) {
  const code = await readFile(packages + path, 'utf8')
  // The source maps are not served, and a manifest of static files refuses a reference that leads nowhere.
  const served = code.replace(/^\/\/# sourceMappingURL=.*$/gm, '')
  await writeFile(output + path.split('/').pop(), served)
}

for (const folder of ['js', 'images']) {
  for (const name of await readdir(source + folder)) {
    await cp(`${source}${folder}/${name}`, output + name)
  }
}
