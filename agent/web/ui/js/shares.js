// SPDX-License-Identifier: Apache-2.0
// Shares of a split, in 1/100 %. Pure.

export const WHOLE = 10000;

// The split with so much for the target at `other`, the rest for the one at its side.
export function withShare(split, other, weight) {
  const targets = split.targets.map((one, i) => ({ backend: one.backend, weight: i === other ? weight : WHOLE - weight }));
  return { targets, sticky: split.sticky };
}
