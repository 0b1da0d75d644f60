// SPDX-License-Identifier: Apache-2.0
// The share of a backend's traffic that goes to another, on a slider; what each of both does.
import { html, useState } from "./lib.js";
import { useApp } from "./hooks.js";
import { putSplit } from "./api.js";
import { count, share } from "./format.js";
import { WHOLE, withShare } from "./shares.js";

const STEP = 50;

export function Split({ split }) {
  const { state, ask } = useApp();
  const other = split.targets.findIndex((one) => one.backend !== split.key);
  const set = split.targets[other]?.weight ?? 0;
  const [moved, setMoved] = useState(null);
  const weight = moved ?? set;
  if (other < 0 || split.targets.length !== 2) return null;
  const { backend } = split.targets[other];
  const seen = state.status?.splits?.find((one) => one.key === split.key)?.targets ?? split.targets;

  return html`<fieldset class="split"><legend>Split: share of ${split.key} that goes to ${backend}</legend>
    <div class="slide">
      <input type="range" min="0" max=${WHOLE} step=${STEP} value=${weight} aria-label=${`Share of ${backend}`} aria-valuetext=${share(weight)}
        onInput=${(e) => setMoved(Number(e.currentTarget.value))} />
      <output>${share(weight)}</output>
      <button type="button" disabled=${weight === set} onClick=${() => ask(question(split, other, weight, () => setMoved(null)))}>Set</button>
      ${moved !== null && moved !== set && html`<button type="button" class="quiet" onClick=${() => setMoved(null)}>Undo</button>`}
    </div>
    <table class="tight"><thead><tr><th scope="col">Target</th><th scope="col">Share</th><th scope="col">Requests</th><th scope="col">5xx</th></tr></thead>
      <tbody>${seen.map((one) => html`<tr><th scope="row">${one.backend}</th><td class="n">${share(one.weight)}</td>
        <td class="n">${count(one.observed?.requests)}</td><td class="n">${count(one.observed?.responses5xx)}</td></tr>`)}</tbody></table>
    <p class="what">Users stay where they are (${split.sticky === "none" ? "not sticky" : `by ${split.sticky}`}); raising the share keeps everybody who was in.</p>
  </fieldset>`;
}

function question(split, other, weight, settled) {
  const { backend, weight: before } = split.targets[other], body = withShare(split, other, weight);
  return {
    title: `Send ${share(weight)} of ${split.key} to ${backend}`,
    text: `It was ${share(before)}. ${share(WHOLE - weight)} stays with ${split.targets.find((_, i) => i !== other).backend}.`,
    action: `Set ${share(weight)}`,
    danger: weight === WHOLE,
    plan: () => putSplit(split.key, body, { dryRun: true }),
    act: async () => {
      const answer = await putSplit(split.key, body);
      settled();
      return answer;
    },
    done: () => `${split.key}: ${share(weight)} goes to ${backend}`,
  };
}
