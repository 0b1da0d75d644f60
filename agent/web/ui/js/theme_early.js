// SPDX-License-Identifier: Apache-2.0
// Before the first paint, so that nobody sees the other theme flash.
{
  let theme = null;
  try {
    theme = localStorage.getItem("thalassa.theme");
  } catch {
    // storage is refused: the system's theme
  }
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
}
