// SPDX-License-Identifier: Apache-2.0
// The members of a backend, and what an operator may say about each of them.
import { classes, html, memo, useMemo, useRef } from "./lib.js";
import { useApp, useStats, useTopics } from "./hooks.js";
import { useWindow } from "./window.js";
import { memberId, memberState } from "./health.js";
import { count, duration, milliseconds, moment } from "./format.js";
import { State } from "./marks.js";
import { stateQuestion, weightQuestion } from "./member_questions.js";

const ESTIMATE_PX = 34;
const BOXED = 30; // more of them scroll in a box of their own

const HEADS = ["State", "Member", "Version", "Registry", "Check", "Weight", "sessions", "req/s", "5xx", "response", "Do"];

export function Members({ backend }) {
  useStats(`stat/backend/${backend.key}/*`);
  const members = useMemo(() => [...backend.members].sort((a, b) => (memberId(a) < memberId(b) ? -1 : 1)), [backend]);
  const keys = useMemo(() => members.map(memberId), [members]);
  const body = useRef(null), box = useRef(null);
  const boxed = members.length > BOXED;
  const range = useWindow({ keys, estimate: ESTIMATE_PX, body, scroller: boxed ? box : undefined });
  if (members.length === 0) return html`<p class="empty">${backend.type === "dynamic"
    ? `The registry lists no instance of ${backend.name} ${backend.version}: requests get 503` : "No members: requests get 503"}</p>`;
  const space = (px) => px > 0 && html`<tr class="space" aria-hidden="true" style=${{ height: `${px}px` }}></tr>`;
  return html`<div class=${classes("members", boxed && "boxed")} ref=${box} tabindex=${boxed ? 0 : undefined} role=${boxed ? "region" : undefined}
      aria-label=${boxed ? `${members.length} members of ${backend.key}` : undefined}>
    <table class="tight" aria-rowcount=${members.length + 1} aria-label=${`Members of ${backend.key}`}>
      <thead><tr aria-rowindex="1">${HEADS.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
      <tbody ref=${body}>${space(range.before)}
        ${members.slice(range.from, range.to).map((member, i) => html`<${MemberRow} key=${memberId(member)} id=${memberId(member)} member=${member} backend=${backend.key} index=${range.from + i + 2} />`)}
        ${space(range.after)}</tbody>
    </table></div>`;
}

const MemberRow = memo(({ id, member, backend, index }) => {
  const { state, ask } = useApp();
  const topic = `stat/backend/${backend}/${id}`;
  useTopics(topic);
  const stat = state.stats.get(topic);
  const { level, word } = memberState(member), word_by = member.override;
  const cell = (name, value, more) => html`<td class=${more}><span class="k">${name}</span> <span class="v">${value}</span></td>`;
  const stating = (wish) => ask(stateQuestion(backend, member, wish));
  const is = member.observed?.state;
  return html`<tr data-key=${id} aria-rowindex=${index} class=${`at-${level}`}>
    <td class="m-state"><${State} level=${level} word=${word} /></td>
    <th scope="row" class="m-who"><span class="address">${id}</span>${member.meta?.hostname && html` <span class="what">${member.meta.hostname}</span>`}
      ${member.backup && html` <span class="what">backup</span>`}
      ${word_by && html`<div class="by" title=${moment(word_by.since)}>${overrideText(word_by)}</div>`}
      ${member.unusable && html`<div class="by is-bad">${member.unusable}</div>`}</th>
    ${cell("version", member.version || "–")}
    ${cell("registry", member.held ? "held" : member.health, member.held ? "is-warn" : healthLevel(member.health))}
    ${cell("check", checkText(stat?.check))}
    <td class="m-weight"><span class="k">weight</span> <button type="button" class="value" aria-label=${`Weight of ${id}: ${shownWeight(member)}, change`}
      onClick=${() => ask(weightQuestion(backend, member))}>${shownWeight(member)}</button></td>
    ${cell("sessions", count(stat?.connections?.current ?? member.observed?.sessions), "n")}
    ${cell("req/s", count(stat?.rate?.requests), "n")}
    ${cell("5xx", count(stat?.responses?.["5xx"]), "n")}
    ${cell("response", milliseconds(stat?.times?.response), "n")}
    <td class="m-do"><div class="buttons" role="group" aria-label=${`State of ${id}`}>
      ${[["ready", "Ready"], ["drain", "Drain"], ["maint", "Maint"]].map(([name, text]) => html`<button type="button" aria-pressed=${is === name}
        aria-label=${`${text} ${id}`} onClick=${() => stating(name)}>${text}</button>`)}</div></td>
  </tr>`;
});

const shownWeight = (member) => member.observed?.weight ?? member.weight ?? "–";
const healthLevel = (health) => ({ passing: "", warning: "is-warn", critical: "is-bad", maintenance: "is-maint" })[health] ?? "";

const overrideText = (word) =>
  `${[word.state && word.state, word.weight !== null && word.weight !== undefined && `weight ${word.weight}`].filter(Boolean).join(", ")} by ${word.by}`;

function checkText(check) {
  if (!check?.status) return "–";
  const code = check.code ? ` ${check.code}` : "";
  return `${check.status}${code}, ${milliseconds(check.duration)}${check.since !== undefined ? `, for ${duration(check.since)}` : ""}`;
}
