// SPDX-License-Identifier: Apache-2.0
// The version that a backend follows: a menu of those that the registry knows, the switch, its progress.
import { classes, html, useEffect, useRef, useState } from "./lib.js";
import { useApp } from "./hooks.js";
import { service, switchVersion } from "./api.js";
import { duration, plural } from "./format.js";
import { Mark } from "./marks.js";

export function VersionMenu({ backend }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null), button = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const away = (event) => box.current?.contains(event.target) || setOpen(false);
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [open]);

  function onKey(event) {
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      setOpen(false);
      button.current.focus();
    }
  }

  const left = (event) => event.relatedTarget && !box.current.contains(event.relatedTarget) && setOpen(false);
  return html`<div class="versions" ref=${box} onKeyDown=${onKey} onfocusout=${left}>
    <button type="button" class="version" ref=${button} aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}
      aria-label=${`${backend.key} follows ${backend.name} ${backend.version}: versions`}>
      <span class="what">${backend.name}</span> ${backend.version}<span class="down" aria-hidden="true"></span></button>
    ${open && html`<${Menu} backend=${backend} close=${() => setOpen(false)} />`}
  </div>`;
}

const serving = (one) => one.passing + one.warning;

function Menu({ backend, close }) {
  const { ask } = useApp();
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const list = useRef(null);

  useEffect(() => {
    let mine = true;
    service(backend.name).then((got) => mine && setFound(got.versions), (failed) => mine && setError(failed));
    return () => {
      mine = false;
    };
  }, []);
  useEffect(() => {
    list.current?.querySelector("[role^=menuitem]")?.focus();
  }, [found]);

  function onKey(event) {
    const items = [...list.current.querySelectorAll("[role^=menuitem]")];
    const at = items.indexOf(document.activeElement), last = items.length - 1;
    const to = { ArrowDown: at === last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[to]?.focus();
  }

  function choose(one) {
    close();
    if (one.version !== backend.version) ask(question(backend, one));
  }

  return html`<div class="menu" role="menu" ref=${list} aria-label=${`Versions of ${backend.name}`} onKeyDown=${onKey}>
    ${error && html`<p class="is-bad" role="alert">${error.message}</p>`}
    ${!found && !error && html`<p aria-busy="true">asking the registry</p>`}
    ${found?.length === 0 && html`<p>The registry knows no instance</p>`}
    ${found?.map((one) => html`<button type="button" role="menuitemradio" tabindex="-1" aria-checked=${one.version === backend.version} onClick=${() => choose(one)}>
      <span class="name">${one.version || "(no version)"}</span>
      <span class=${classes("n", serving(one) === 0 && "is-bad")}><${Mark} level=${levelOf(one)} /> ${serving(one)} of ${plural(one.instances, "instance")} healthy</span>
    </button>`)}
  </div>`;
}

export function levelOf(one) {
  if (serving(one) === 0) return "bad";
  return one.passing === one.instances ? "ok" : "warn";
}

const question = (backend, one) => ({
  title: `Switch ${backend.key} to ${one.version}`,
  text: `All traffic of ${backend.key} moves from ${backend.name} ${backend.version} to ${one.version} (${serving(one)} of ${plural(one.instances, "instance")} healthy). ` +
    "The new members must pass a check before the old ones are drained.",
  action: `Switch to ${one.version}`,
  danger: serving(one) === 0,
  plan: () => switchVersion(backend.key, one.version, { dryRun: true }),
  act: (_, force) => switchVersion(backend.key, one.version, { force }),
  forceText: "Switch nevertheless and wait for instances",
  done: () => `${backend.key} follows ${one.version}`,
});

const STEPS = ["waiting", "warming", "draining", "done"];
const TOLD = {
  waiting: "waits for instances of the new version", warming: "the new members come up", draining: "the old members finish",
  done: "done", refused: "refused",
};

const versionOf = (text) => String(text ?? "").split("@").at(-1);

export function Progress({ found, now }) {
  const at = STEPS.indexOf(found.state);
  const level = found.state === "refused" ? "bad" : found.state === "done" ? "ok" : "drain";
  return html`<div class=${`progress is-${level}`} role="status" aria-label=${`Switch of ${found.backend} to ${versionOf(found.to)}: ${found.state}`}>
    <span class="from-to">${versionOf(found.from)} <span aria-hidden="true">→</span> <b>${versionOf(found.to)}</b></span>
    <ol class="steps">${found.state === "refused" ? html`<li class="now"><${Mark} level="bad" /> refused</li>`
      : STEPS.map((step, i) => html`<li class=${i < at ? "past" : i === at ? "now" : ""} aria-current=${i === at ? "step" : undefined}>${step}</li>`)}</ol>
    <span class="why">${found.reason || TOLD[found.state]}, ${duration((now - found.changed) / 1000)}</span>
  </div>`;
}
