// SPDX-License-Identifier: Apache-2.0
// Which items of a long list are seen. Pure.

// Items between these edges, in px from the first item's top. `heightOf(i)`.
export function visibleRange(count, heightOf, top, bottom) {
  let y = 0, from = 0, before = 0, to = 0;
  for (let i = 0; i < count; i++) {
    const height = heightOf(i);
    if (y + height <= top) {
      from = i + 1;
      before = y + height;
    }
    if (y < bottom) to = i + 1;
    y += height;
  }
  from = Math.min(from, count);
  to = Math.max(to, from);
  let after = 0;
  for (let i = to; i < count; i++) after += heightOf(i);
  return { from, to, before, after };
}
