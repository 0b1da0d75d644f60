// SPDX-License-Identifier: Apache-2.0
// openapi.mjs FILE: says what is wrong and exits 1.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv/dist/2020.js";

const text = readFileSync(process.argv[2], "utf8");
const validate = async (change) => {
  const document = JSON.parse(text);
  change(document);
  return new Validator().validate(document);
};

const whole = await validate(() => {});
assert.ok(whole.valid, JSON.stringify(whole.errors, null, 1));
// the validator does notice
assert.ok(!(await validate((d) => delete d.info.title)).valid);
assert.ok(!(await validate((d) => (d.paths["/status"].get.responses["200"] = 1))).valid);

const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(JSON.parse(text), "api");
const fits = (schema, value) => ajv.validate({ $ref: `api#/components/schemas/${schema}` }, value);

const frontend = { bind: "10.2.2.2:80,*:8080", backend: "live", natives: [] };
const backend = { type: "dynamic", name: "api", version: "1.0.0", host: null, health: { interval: "2000" } };
const good = [
  ["Frontend", frontend],
  ["Frontend", { ...frontend, id: "frontend/web", _type: "frontend", key: "web", name: "web", mode: "tcp" }],
  ["Frontend", { ...frontend, rules: [{ type: "header", operation: "hdr_dom", header: "host", value: "a b", backend: "x" }] }],
  ["StoredFrontend", { ...frontend, key: "web", warnings: ["no backend"] }],
  ["Backend", backend],
  ["Backend", { type: "static", members: [{ host: "::1", port: "80", weight: 7, backup: true }] }],
  ["Config", { version: 1, frontends: [{ ...frontend, key: "web" }], backends: [{ ...backend, key: "live" }] }],
  ["Switch", { key: "live", version: "2.0.0" }],
  ["Error", { error: "no", field: "rules[1].value" }],
  ["StreamMessage", { type: "backend", op: "del", seq: 7, id: "backend/live" }],
  ["StreamRequest", ["statSubscribe", "stat/backend/*"]],
  ["StreamRequest", ["updateAqueductBackendVersion", "backend/live", "live", "2.0.0"]],
  ["StreamRequest", { resume: 7, epoch: "0123456789abcdef" }],
];
const bad = [
  ["Frontend", { backend: "live" }],
  ["Frontend", { ...frontend, odd: 1 }],
  ["Frontend", { ...frontend, mode: "udp" }],
  ["Frontend", { ...frontend, key: "a b" }],
  ["Frontend", { ...frontend, natives: ["a\nb"] }],
  ["Frontend", { ...frontend, warnings: [] }],
  ["Backend", { name: "api" }],
  ["Backend", { ...backend, balance: "odd" }],
  ["Backend", { type: "static", members: [{ host: "::1" }] }],
  ["Config", { backends: [{ type: "static" }] }],
  ["Switch", {}],
  ["Error", { message: "no" }],
  ["StreamMessage", { type: "backend", op: "put", seq: 7 }],
  ["StreamRequest", ["statSubscribe"]],
  ["StreamRequest", { seq: 7 }],
];
for (const [schema, value] of good) assert.ok(fits(schema, value), `${schema} refuses ${JSON.stringify(value)}`);
for (const [schema, value] of bad) assert.ok(!fits(schema, value), `${schema} takes ${JSON.stringify(value)}`);
console.log(`openapi.json: valid, ${good.length + bad.length} objects told apart`);
