// SPDX-License-Identifier: Apache-2.0
// Long lists: which items are to be drawn, of any height, in the window or in a box that scrolls.
import { useEffect, useLayoutEffect, useRef, useState } from "./lib.js";
import { visibleRange } from "./range.js";

const OVERSCAN_PX = 400;

// `body`: ref of the element whose children with data-key are the items; `scroller`: ref of the box
// that scrolls, none for the window. Returns { from, to, before, after }: the items to draw, and the
// space to keep above and below them.
export function useWindow({ keys, estimate, body, scroller }) {
  const heights = useRef(new Map());
  const [, again] = useState(0);
  const drawn = useRef({ from: 0, to: 0 });
  const heightOf = (i) => heights.current.get(keys[i]) ?? estimate;

  function edges() {
    const box = scroller?.current, list = body.current;
    if (!list) return [0, 1000];
    if (box) {
      const first = list.getBoundingClientRect().top - box.getBoundingClientRect().top;
      return [-first - OVERSCAN_PX, -first + box.clientHeight + OVERSCAN_PX];
    }
    const { top } = list.getBoundingClientRect();
    return [-top - OVERSCAN_PX, -top + window.innerHeight + OVERSCAN_PX];
  }

  const range = visibleRange(keys.length, heightOf, ...edges());
  drawn.current = range;

  function look() {
    const next = visibleRange(keys.length, heightOf, ...edges());
    if (next.from !== drawn.current.from || next.to !== drawn.current.to) again((n) => n + 1);
  }
  const latest = useRef(look);
  latest.current = look;

  useEffect(() => {
    const target = scroller?.current ?? window;
    let frame = 0;
    const moved = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        latest.current();
      });
    };
    target.addEventListener("scroll", moved, { passive: true });
    window.addEventListener("resize", moved);
    moved();
    return () => {
      cancelAnimationFrame(frame);
      target.removeEventListener("scroll", moved);
      window.removeEventListener("resize", moved);
    };
  }, [scroller?.current]);

  useLayoutEffect(() => measured(body.current, heights.current, () => again((n) => n + 1)));
  return range;
}

// Remembers the heights of what is drawn, now and when they change.
function measured(list, heights, changed) {
  if (!list) return undefined;
  const items = [...list.children].filter((item) => item.dataset.key !== undefined);
  const read = () => {
    let other = false;
    for (const item of items) {
      const { height } = item.getBoundingClientRect();
      if (height > 0 && Math.abs((heights.get(item.dataset.key) ?? -1) - height) > 0.5) {
        heights.set(item.dataset.key, height);
        other = true;
      }
    }
    if (other) changed();
  };
  const observer = new ResizeObserver(read);
  for (const item of items) observer.observe(item);
  return () => observer.disconnect();
}
