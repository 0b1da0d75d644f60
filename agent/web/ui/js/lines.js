// SPDX-License-Identifier: Apache-2.0
// Texts of HAProxy and what is in a line of them. Pure.

// How a line of a unified diff is meant.
export function diffKind(line) {
  if (line.startsWith("@@")) return "place";
  if (line.startsWith("+++") || line.startsWith("---")) return "file";
  return { "+": "added", "-": "removed" }[line[0]] ?? "";
}

// [number, line] of the lines that have all words; null without a word.
export function linesWith(text, words) {
  if (words.length === 0) return null;
  return text.split("\n").map((line, i) => [i + 1, line]).filter(([, line]) => words.every((word) => line.toLowerCase().includes(word)));
}

// Parameters stand behind the last address; a comma inside of them is theirs (alpn h2,http/1.1).
export function binds(text) {
  const blank = text.search(/\s/);
  const addresses = (blank < 0 ? text : text.slice(0, blank)).split(",").filter(Boolean);
  const parameters = blank < 0 ? "" : text.slice(blank);
  return addresses.map((one) => one + parameters);
}
