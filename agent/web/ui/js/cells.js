// SPDX-License-Identifier: Apache-2.0
// Parts of rows.
import { classes, html } from "./lib.js";

// A figure with its name: the name is seen where there are no column heads, and heard everywhere.
export const Cell = ({ label, level, children }) => html`<div class=${classes("cell", level && `is-${level}`)}>
  <span class="k">${label}</span> <span class="v">${children}</span></div>`;

export const Toggle = ({ open, onToggle, controls, children }) => html`<button type="button" class="toggle" aria-expanded=${open}
  aria-controls=${open ? controls : undefined} onClick=${() => onToggle(!open)}><span class="chevron" aria-hidden="true"></span>${children}</button>`;
