// SPDX-License-Identifier: Apache-2.0
// build.mjs WORK OUT.c: fetches the packages of package-lock.json into WORK (never into the source
// tree) and writes the files of the web UI as a C table (web/assets.h), each with a gzip twin where
// that is smaller. Same input, same output.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const source = dirname(fileURLToPath(import.meta.url));
const [work, out] = process.argv.slice(2);

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

// what is taken from the packages: path below /ui/ -> path below node_modules
const VENDOR = {
  "vendor/preact.js": "htm/preact/standalone.module.js",
  "vendor/uplot.js": "uplot/dist/uPlot.esm.js",
  "vendor/uplot.css": "uplot/dist/uPlot.min.css",
  "vendor/pico.css": "@picocss/pico/css/pico.min.css",
};
const LICENCES = { Preact: "preact/LICENSE", htm: "htm/LICENSE", uPlot: "uplot/LICENSE", Pico: "@picocss/pico/LICENSE.md" };

// Once for each lock file: the mark is a copy of the one whose packages are there.
function fetchPackages() {
  const lock = readFileSync(join(source, "package-lock.json"), "utf8"), mark = join(work, "fetched.json");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  mkdirSync(work, { recursive: true });
  rmSync(mark, { force: true });
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(source, name), join(work, name));
  const words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    execFileSync("npm", words, { cwd: work, stdio: ["ignore", "ignore", "pipe"], timeout: 300000 });
  } catch (error) {
    const said = String(error.stderr ?? error.message).split("\n").find((line) => line.trim()) ?? "no reason given";
    console.error(`web UI: npm could not fetch its packages (${said.trim()}); -DTHALASSA_UI=OFF builds without the web UI`);
    process.exit(1);
  }
  writeFileSync(mark, lock);
}

const installed = (path) => readFileSync(join(work, "node_modules", path));

function ownFiles(folder) {
  return readdirSync(join(source, folder)).sort().filter((name) => TYPES[extname(name)])
    .map((name) => [`${folder}/${name}`, readFileSync(join(source, folder, name))]);
}

function licences() {
  const version = (path) => JSON.parse(installed(join(dirname(path), "package.json"))).version;
  const title = (name, path) => (name === "Preact" ? "Preact, in htm's file" : `${name} ${version(path)}`);
  return Object.entries(LICENCES)
    .map(([name, path]) => `${title(name, path)}\n\n${installed(path).toString().trim()}\n`)
    .join(`\n${"-".repeat(78)}\n\n`);
}

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

// The page names its files below /ui/REVISION/, so that a browser may keep them for good and never
// mixes modules of two builds. Modules are named ahead: no chain of imports to wait for.
function page(files, revision) {
  const preloads = files.filter(([path]) => path.endsWith(".js") && !path.includes("early"))
    .map(([path]) => `<link rel="modulepreload" href="/ui/${revision}/${path}">`).join("\n");
  return readFileSync(join(source, "index.html"), "utf8")
    .replace("<!-- preloads -->", preloads).replaceAll("REVISION", revision);
}

function bytesAsC(name, bytes) {
  const lines = [];
  for (let i = 0; i < bytes.length; i += 24) lines.push(`${[...bytes.subarray(i, i + 24)].join(",")},`);
  return `static const unsigned char ${name}[] = {\n${lines.join("\n")}\n};\n`;
}

function table(files, revision) {
  const arrays = [], rows = [];
  files.forEach(([path, bytes], i) => {
    const zipped = gzipSync(bytes, { level: 9 });
    const worth = zipped.length < bytes.length;
    arrays.push(bytesAsC(`plain_${i}`, bytes));
    if (worth) arrays.push(bytesAsC(`gzip_${i}`, zipped));
    rows.push(`    {"${path}", "${TYPES[extname(path)]}",
     {(const char *)plain_${i}, sizeof plain_${i}}, "\\"${digest(bytes)}\\"",
     ${worth ? `{(const char *)gzip_${i}, sizeof gzip_${i}}, "\\"${digest(zipped)}\\""` : '{NULL, 0}, ""'}},`);
  });
  return `/* written by agent/web/ui/build.mjs at build time */
#include "web/assets.h"

${arrays.join("\n")}
static const struct asset assets[] = {
${rows.join("\n")}
};

const struct asset *assets_table(size_t *count)
{
    *count = sizeof assets / sizeof *assets;
    return assets;
}

struct str assets_revision(void)
{
    return STR("${revision}");
}
`;
}

fetchPackages();
const files = [
  ...ownFiles("css"), ...ownFiles("js"), ["icon.svg", readFileSync(join(source, "icon.svg"))],
  ...Object.entries(VENDOR).map(([path, from]) => [path, installed(from)]),
  ["licenses.txt", Buffer.from(licences())],
];
const everything = [...files.flatMap(([path, bytes]) => [Buffer.from(path), bytes]), readFileSync(join(source, "index.html"))];
const revision = digest(Buffer.concat(everything));
files.push(["index.html", Buffer.from(page(files, revision))]);
writeFileSync(out, table(files, revision));
