/* Builds static/dist from static/src: one stylesheet, the JavaScript modules as they are served,
   and the fonts and the stylesheet of PDFs, which no page loads. */
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

// Each in regular and bold: a PDF carries its fonts with it, whatever the machine has.
const fonts = ['noto-sans/noto-sans-latin', 'noto-sans/noto-sans-latin-ext', 'noto-sans/noto-sans-greek',
  'noto-sans/noto-sans-cyrillic', 'noto-sans-arabic/noto-sans-arabic-arabic',
  'noto-sans-hebrew/noto-sans-hebrew-hebrew', 'noto-emoji/noto-emoji-emoji']

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

await mkdir(`${output}fonts`)
for (const font of fonts) {
  const [family, file] = font.split('/')
  await cp(`${packages}@fontsource/${family}/LICENSE`, `${output}fonts/${family}-licence.txt`)
  for (const weight of [400, 700]) {
    const name = `${file}-${weight}-normal.woff2`
    await cp(`${packages}@fontsource/${family}/files/${name}`, `${output}fonts/${name}`)
  }
}
await cp(`${source}pdf.css`, `${output}pdf.css`)

for (const folder of ['js', 'images']) {
  for (const name of await readdir(source + folder)) {
    await cp(`${source}${folder}/${name}`, output + name)
  }
}
