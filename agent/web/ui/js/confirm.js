// SPDX-License-Identifier: Apache-2.0
// The one dialog: nothing dangerous is done without it. It tells what would happen (?dryRun=true), does
// it, and shows the API's own words when that fails.
import { classes, html, useEffect, useLayoutEffect, useRef, useState } from "./lib.js";
import { plural } from "./format.js";

// `question`: { title, text, action, danger, form, plan: (form) => Promise, act: (form, force) => Promise,
//   done: (answer) => text, first: {...}, forceText }
// `form`, when given, draws fields: form(values, set).
export function Confirm({ question, onClose, say }) {
  const box = useRef(null);
  const [values, setValues] = useState(question.first ?? {});
  const [force, setForce] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);

  useLayoutEffect(() => {
    box.current.showModal();
  }, []);

  async function act(event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const answer = await question.act(values, force);
      say(question.done ? question.done(answer, values) : `${question.title}: done`);
      box.current.close();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  }

  const mayForce = question.forceText && error?.status === 409;
  return html`<dialog ref=${box} class="ask" aria-labelledby="ask-title" onClose=${onClose}>
    <form method="dialog" onSubmit=${act}>
      <h2 id="ask-title">${question.title}</h2>
      ${question.text && html`<p>${question.text}</p>`}
      ${question.form?.(values, (more) => setValues((old) => ({ ...old, ...more })))}
      ${question.plan && html`<${Consequence} load=${question.plan} values=${values} />`}
      ${error && html`<${Failure} error=${error} />`}
      ${mayForce && html`<label class="line"><input type="checkbox" checked=${force}
        onChange=${(e) => setForce(e.currentTarget.checked)} /> ${question.forceText}</label>`}
      <footer>
        <button type="button" class="quiet" autofocus onClick=${() => box.current.close()}>Cancel</button>
        <button type="submit" class=${classes(question.danger && "danger")} disabled=${busy} aria-busy=${busy}>
          ${question.action}</button>
      </footer>
    </form>
  </dialog>`;
}

export const Failure = ({ error }) => html`<div class="failure is-bad" role="alert">
  <strong>${error.message}</strong>
  ${error.field && html`<div>Field: <code>${error.field}</code></div>`}
  ${error.detail && html`<pre>${error.detail}</pre>`}
</div>`;

const SETTLE_MS = 250; // a slider that moves asks once

function Consequence({ load, values }) {
  const [plan, setPlan] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    let mine = true;
    const timer = setTimeout(() => {
      load(values).then((got) => mine && (setPlan(got), setError(null)), (failed) => mine && setError(failed));
    }, plan ? SETTLE_MS : 0);
    return () => {
      mine = false;
      clearTimeout(timer);
    };
  }, [JSON.stringify(values)]);
  if (error) return html`<p class="consequence is-warn">What it would do cannot be told: ${error.message}</p>`;
  if (!plan) return html`<p class="consequence" aria-busy="true">asking what it would do</p>`;
  return html`<${Plan} plan=${plan} />`;
}

const VERDICTS = { noop: ["off", "Nothing to do"], runtime: ["ok", "No reload"], reload: ["warn", "Reload"] };

export function verdictOf(plan) {
  const [level, word] = VERDICTS[plan.verdict] ?? ["off", plan.verdict];
  return { level, word };
}

export function Plan({ plan }) {
  const { level, word } = verdictOf(plan);
  const operations = plan.operations ?? [];
  return html`<div class=${`consequence is-${level}`}>
    <p><strong>${word}</strong>${operations.length > 0 && `, ${plural(operations.length, "command")} to the running HAProxy`}</p>
    ${plan.reasons?.length > 0 && html`<ul>${plan.reasons.map((one) => html`<li><code>${one.object}${one.field && ` ${one.field}`}</code> ${one.why}</li>`)}</ul>`}
    ${plan.warnings?.length > 0 && html`<ul>${plan.warnings.map((text) => html`<li>${text}</li>`)}</ul>`}
    ${operations.length > 0 && html`<details><summary>Commands</summary><pre>${operations.slice(0, 200).join("\n")}</pre></details>`}
  </div>`;
}
