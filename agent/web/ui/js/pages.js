// SPDX-License-Identifier: Apache-2.0
// The pages, by the last part of their address. Pure.

export const PAGES = [["overview", "Overview"], ["activity", "Activity"], ["services", "Services"], ["plan", "Plan"], ["config", "Configuration"]];

export function pageOf(path) {
  const name = path.replace(/^\/+|\/+$/g, "");
  if (name === "") return "overview";
  return PAGES.some(([page]) => page === name) ? name : null;
}
