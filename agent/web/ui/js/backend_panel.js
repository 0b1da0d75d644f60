// SPDX-License-Identifier: Apache-2.0
// What is behind a backend's row: members, history, split, settings.
import { html } from "./lib.js";
import { useApp, useTopics } from "./hooks.js";
import { acceptLoss } from "./api.js";
import { heldOf } from "./health.js";
import { count, milliseconds, moment, plural } from "./format.js";
import { Mark } from "./marks.js";
import { History } from "./history.js";
import { Members } from "./members.js";
import { Split } from "./split.js";

export function BackendPanel({ backend, stat }) {
  const { state } = useApp();
  useTopics("splits", "frontends");
  const split = state.splits.get(backend.key);
  return html`
    <${Held} name=${backend.key} />
    <${Members} backend=${backend} />
    <div class="columns">
      <div>
        ${split && html`<${Split} split=${split} />`}
        <${Facts} backend=${backend} stat=${stat} />
      </div>
      <${History} id=${`stat/backend/${backend.key}`} title=${`Backend ${backend.key}`} column=${backend.mode === "tcp" ? "sessions" : "requests"} />
    </div>`;
}

function Held({ name }) {
  const { state, ask } = useApp();
  const held = heldOf(state.status, name);
  return held && html`<div class="notice is-warn"><${Mark} level="warn" />
    <div><b>${plural(held.members, "member")} held</b> since ${moment(held.since)}: ${held.reason}</div>
    <button type="button" onClick=${() => ask(acceptQuestion(held))}>Accept the loss</button></div>`;
}

export const acceptQuestion = (held) => ({
  title: `Accept the loss of ${plural(held.members, "member")} of ${held.backend}`,
  text: `The registry does not list them any more (${held.reason}). They serve as long as they are held; accepted, they are drained and taken out of ${held.backend}.`,
  action: "Accept the loss",
  danger: true,
  act: () => acceptLoss(held.backend),
  done: (answer) => `${held.backend}: ${plural(answer.removed ?? 0, "held member")} taken out`,
});

function usedBy(state, key) {
  const by = [];
  for (const frontend of state.frontends.values()) {
    if (frontend.backend === key) by.push(`${frontend.key} (default)`);
    const rules = frontend.rules.filter((rule) => rule.backend === key).length;
    if (rules) by.push(`${frontend.key} (${plural(rules, "rule")})`);
  }
  for (const split of state.splits.values())
    if (split.key !== key && split.targets.some((one) => one.backend === key)) by.push(`split of ${split.key}`);
  for (const policy of state.policies.values()) if (policy.action?.backend === key) by.push(`policy ${policy.key}`);
  return by;
}

const checkOf = ({ health, host, mode }) => (health
  ? `${health.method} ${health.uri} ${health.httpVersion}${host ? `, Host ${host}` : ""}, each ${milliseconds(health.interval)}`
  : `connection${mode === "tcp" ? "" : " only"}, each 2 s`);

function Facts({ backend, stat }) {
  const { state } = useApp();
  const by = usedBy(state, backend.key), errors = stat?.errors;
  const fact = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<dl class="facts">
    ${fact("Used by", by.length ? by.join(", ") : "nobody")}
    ${fact("Mode, balance", `${backend.mode}, ${backend.balance}`)}
    ${fact("Check", checkOf(backend))}
    ${backend.cookie && fact("Cookie", backend.cookie)}
    ${backend.server.length > 0 && fact("Server options", html`<code>${backend.server.join(" ")}</code>`)}
    ${fact("Requests", `${count(stat?.requests)} in all, ${count(stat?.responses?.["5xx"])} answered with 5xx`)}
    ${fact("Errors", `${count(errors?.connection)} connection, ${count(errors?.response)} response, ${count(errors?.retries)} retries, ${count(errors?.redispatches)} redispatches`)}
    ${fact("Times", `${milliseconds(stat?.times?.queue)} queue, ${milliseconds(stat?.times?.connect)} connect, ${milliseconds(stat?.times?.response)} response, ${milliseconds(stat?.times?.total)} in all`)}
  </dl>
  ${backend.natives.length > 0 && html`<h3>Natives</h3><pre tabindex="0">${backend.natives.join("\n")}</pre>`}`;
}
