// SPDX-License-Identifier: Apache-2.0
// What is asked before a member's state or weight is changed.
import { html } from "./lib.js";
import { setMember } from "./api.js";
import { memberId } from "./health.js";

const TOLD = {
  drain: "No new sessions go to it; those that it has end by themselves.",
  maint: "No sessions go to it and it is not checked. Sessions that it has are not cut.",
};

const lasting = " This word counts over the registry's, over reloads and restarts, until it is taken back.";

// `wish`: ready, drain, maint. Ready takes the operator's word back, unless it is meant whatever the
// registry says.
export function stateQuestion(backend, member, wish) {
  const id = memberId(member), path = [backend, id];
  if (wish === "ready") return readyQuestion(id, member, path);
  return {
    title: `${wish === "drain" ? "Drain" : "Maintenance of"} ${id} of ${backend}`,
    text: TOLD[wish] + lasting,
    action: wish === "drain" ? "Drain" : "Set in maintenance",
    danger: true,
    plan: () => setMember(...path, { state: wish }, { dryRun: true }),
    act: () => setMember(...path, { state: wish }),
    done: () => `${id} of ${backend}: ${wish}`,
  };
}

function readyQuestion(id, member, path) {
  const wish = (values) => ({ state: values.always ? "ready" : null });
  return {
    title: `Ready: ${id} of ${path[0]}`,
    text: `It serves again if the registry wants it to (now: ${member.health ?? "unknown"}).`,
    action: "Ready",
    first: { always: false },
    form: (values, set) => html`<label class="line"><input type="checkbox" checked=${values.always}
      onChange=${(e) => set({ always: e.currentTarget.checked })} /> Whatever the registry says</label>`,
    plan: (values) => setMember(...path, wish(values), { dryRun: true }),
    act: (values) => setMember(...path, wish(values)),
    done: () => `${id} of ${path[0]}: ready`,
  };
}

export const WEIGHT_MAX = 256;

export function weightQuestion(backend, member) {
  const id = memberId(member), path = [backend, id];
  const wish = (values) => ({ weight: values.own ? Number(values.weight) : null });
  return {
    title: `Weight of ${id} of ${backend}`,
    text: "Its share of the requests is its weight by the sum of all weights; 0 gives it no new ones.",
    action: "Set weight",
    first: { own: true, weight: member.observed?.weight ?? member.weight ?? 1 },
    form: (values, set) => html`
      <label>Weight, 0 to ${WEIGHT_MAX}<input type="number" min="0" max=${WEIGHT_MAX} step="1" required disabled=${!values.own}
        value=${values.weight} onInput=${(e) => set({ weight: e.currentTarget.value })} /></label>
      <label class="line"><input type="checkbox" checked=${!values.own} onChange=${(e) => set({ own: !e.currentTarget.checked })} /> As the registry says</label>`,
    plan: (values) => setMember(...path, wish(values), { dryRun: true }),
    act: (values) => setMember(...path, wish(values)),
    done: (_, values) => `${id} of ${backend}: weight ${values.own ? values.weight : "as the registry says"}`,
  };
}
